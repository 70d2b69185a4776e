from datetime import date, datetime
from itertools import pairwise

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from maillage.core.tables import TableError, write_csv, write_xlsx
from maillage.programme.episodes.followups.parse import Row, RowError, overlaps, parse

TODAY = date(2026, 2, 3)
SITES = {"beziers": "beziers", "Béziers": "beziers", "Montpellier (siège)": "montpellier"}
LEAST = {
    "dossier": "A1",
    "sexe": "H",
    "prescripteur": "spip",
    "cadre": "presentenciel",
    "date_orientation": "05/01/2024",
}
FOLLOWED = LEAST | {"date_entree": "01/02/2024", "lieu": "beziers"}
OUT = FOLLOWED | {"date_sortie": "01/08/2024", "motif_sortie": "concertee"}


@pytest.fixture
def read(tmp_path):
    """Parses rows given as dictionaries; the columns are those of all the rows together."""

    def parsed(*rows, headers=None):
        headers = headers or list(dict.fromkeys(name for row in rows for name in row))
        with (tmp_path / "suivi.csv").open("wb") as file:
            write_csv(file, headers, [[row.get(name) for name in headers] for row in rows])
        return parse(tmp_path / "suivi.csv", sites=SITES, today=TODAY)

    return parsed


@pytest.fixture
def refused(read):
    """The place and value of each error of these rows."""

    def places(*rows, **options):
        return [(e.row, e.column, e.value) for e in read(*rows, **options).errors]

    return places


class TestAnAcceptedRow:
    def test_the_least_row_waits_and_its_situations_are_not_recorded(self, read):
        parsed = read(LEAST)

        assert parsed.errors == []
        assert parsed.rows == [
            Row(
                number=2,
                dossier="A1",
                episode=1,
                nom="",
                prenom="",
                sexe="H",
                date_naissance=None,
                commune="",
                situation_conjugale="non_precise",
                situation_professionnelle="non_precise",
                ressources="non_precise",
                prescripteur="spip",
                cadre="presentenciel",
                obligation_soins=None,
                date_orientation=date(2024, 1, 5),
                date_entree=None,
                lieu="",
                module="",
                date_sortie=None,
                motif_sortie="",
            )
        ]

    def test_a_full_row_is_read_by_codes_or_labels(self, read):
        parsed = read(
            {
                "Dossier": " 2024-17 ",
                "ÉPISODE": "2",
                "nom": "Éloïse-Marie",
                "Prénom": "Anne",
                "SEXE": "femme",
                "Date de naissance": "",
                "date-naissance": "1990-06-30",
                "Commune": "Béziers",
                "Situation conjugale": "Marié·e",
                "situation professionnelle": "EN_EMPLOI",
                "Ressources": "Salaires",
                "Prescripteur": "Juge de l’application des peines",
                "Cadre": "Post-sentenciel",
                "Obligation soins": "Oui",
                "Date orientation": "05/01/2024",
                "DATE_ENTRÉE": "2024-02-01",
                "Lieu": "MONTPELLIER (siege)",
                "Module": "Groupe de parole",
                "date_sortie": "01/08/2024",
                "Motif sortie": "Relais vers la santé",
            }
        )

        assert parsed.errors == []
        assert parsed.unknown_columns == ["Date de naissance"]
        assert parsed.rows == [
            Row(
                number=2,
                dossier="2024-17",
                episode=2,
                nom="Éloïse-Marie",
                prenom="Anne",
                sexe="F",
                date_naissance=date(1990, 6, 30),
                commune="Béziers",
                situation_conjugale="marie",
                situation_professionnelle="en_emploi",
                ressources="salaires",
                prescripteur="jap",
                cadre="postsentenciel",
                obligation_soins=True,
                date_orientation=date(2024, 1, 5),
                date_entree=date(2024, 2, 1),
                lieu="montpellier",
                module="groupe_parole",
                date_sortie=date(2024, 8, 1),
                motif_sortie="relais_sante",
            )
        ]

    def test_unknown_columns_are_left_out_and_reported_in_their_order(self, read):
        parsed = read(LEAST | {"Remarques": "x", "Téléphone": "", "nom": "Martin-Exemple"})

        assert parsed.unknown_columns == ["Remarques", "Téléphone"]
        assert parsed.rows[0].nom == "Martin-Exemple"

    def test_rows_keep_the_numbers_of_the_file(self, read):
        blank = dict.fromkeys(LEAST, "")

        assert [r.number for r in read(LEAST, blank, LEAST | {"dossier": "A2"}).rows] == [2, 4]

    def test_an_entry_on_the_day_of_the_referral_and_an_exit_on_that_of_the_entry(self, refused):
        assert refused(OUT | dict.fromkeys(("date_entree", "date_sortie"), "05/01/2024")) == []

    def test_a_person_born_on_the_day_of_the_referral_or_110_years_old(self, refused):
        assert refused(LEAST | {"date_naissance": "05/01/2024"}) == []
        assert refused(LEAST | {"date_naissance": "06/01/1913"}) == []

    def test_a_site_may_be_given_while_waiting(self, read):
        assert read(LEAST | {"lieu": "béziers"}).rows[0].lieu == "beziers"

    def test_sites_may_be_a_function(self, tmp_path):
        with (tmp_path / "t.csv").open("wb") as file:
            write_csv(file, list(FOLLOWED), [list(FOLLOWED.values())])

        parsed = parse(tmp_path / "t.csv", sites=lambda text: f"{text}!", today=TODAY)

        assert parsed.rows[0].lieu == "beziers!"


class TestWorkbookCells:
    @pytest.fixture
    def one_row(self, tmp_path):
        def parsed(**cells):
            path = tmp_path / "t.xlsx"
            row = LEAST | cells
            with xlsxwriter.Workbook(str(path)) as book:
                sheet, plain = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
                clock = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
                for column, (name, value) in enumerate(row.items()):
                    sheet.write_string(0, column, name)
                    if isinstance(value, datetime):
                        sheet.write_datetime(1, column, value, clock)
                    elif isinstance(value, date):
                        sheet.write_datetime(1, column, value, plain)
                    else:
                        sheet.write(1, column, value)
            return parse(path, sites=SITES, today=TODAY)

        return parsed

    def test_date_cells_and_midnights_are_dates(self, one_row):
        (row,) = one_row(
            date_orientation=date(2024, 1, 5),
            date_entree=datetime(2024, 2, 1),
            lieu="beziers",
        ).rows

        assert (row.date_orientation, row.date_entree) == (date(2024, 1, 5), date(2024, 2, 1))

    def test_an_hour_or_a_bare_number_is_not_a_date(self, one_row):
        (error,) = one_row(date_orientation=datetime(2024, 1, 5, 14, 30)).errors
        assert (error.row, error.column, error.value) == (2, "date_orientation", "05/01/2024 14:30")

        (error,) = one_row(date_orientation=45296).errors
        assert (error.row, error.column, error.value) == (2, "date_orientation", "45296")

    def test_a_numeric_reference_or_episode_has_no_decimals(self, one_row):
        (row,) = one_row(dossier=123.0, episode=2.0).rows

        assert (row.dossier, row.episode) == ("123", 2)

    def test_a_numeric_insee_code_gets_its_zero_back(self, one_row):
        assert one_row(commune=1004).rows[0].commune == "01004"
        assert one_row(commune=34032).rows[0].commune == "34032"

    def test_a_checkbox_answers_yes_or_no(self, one_row):
        assert one_row(obligation_soins=True).rows[0].obligation_soins is True
        assert one_row(obligation_soins=False).rows[0].obligation_soins is False

    def test_a_reference_that_became_a_date_is_refused(self, one_row):
        (error,) = one_row(dossier=date(2024, 3, 1)).errors

        assert (error.row, error.column, error.value) == (2, "dossier", "01/03/2024")

    def test_a_formula_is_refused_once_and_only_in_a_known_column(self, one_row):
        parsed = one_row(date_orientation="=TODAY()", remarque="=1+1")

        assert [(e.row, e.column, e.value) for e in parsed.errors] == [
            (2, "date_orientation", "=TODAY()")
        ]
        assert "la cellule E2 contient une formule, collez la valeur" in str(parsed.errors[0])
        assert parsed.unknown_columns == ["remarque"]
        assert parsed.rows == []


class TestEachBadCell:
    @pytest.mark.parametrize("column", list(LEAST))
    def test_a_missing_required_column_is_told_in_the_header_row(self, read, column):
        parsed = read({name: value for name, value in LEAST.items() if name != column})

        (error,) = parsed.errors
        assert (error.row, error.column, error.value) == (1, column, "")
        assert str(error) == (
            f"ligne 1, colonne {column}\u00a0: la colonne manque\u202f; "
            "attendu\u00a0: cette colonne obligatoire"
        )
        assert parsed.rows == []

    @pytest.mark.parametrize("column", list(LEAST))
    def test_an_empty_required_cell(self, refused, column):
        other = LEAST | {"dossier": "A2", "remarque": "x"}

        assert refused(other | {column: "  "}) == [(2, column, "  ".strip())]

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("episode", "0"),
            ("episode", "-1"),
            ("episode", "1,5"),
            ("episode", "un"),
            ("episode", "99999999999"),
            ("sexe", "G"),
            ("situation_conjugale", "compliquée"),
            ("situation_professionnelle", "astronaute"),
            ("ressources", "loto"),
            ("prescripteur", "facteur"),
            ("cadre", "photo"),
            ("obligation_soins", "peut-être"),
            ("module", "poterie"),
            ("lieu", "lyon"),
            ("dossier", "a" * 61),
            ("date_orientation", "31/02/2024"),
            ("date_orientation", "5/1/2024"),
            ("date_orientation", "05/01/24"),
            ("date_orientation", "05-01-2024"),
            ("date_orientation", "2024-13-01"),
            ("date_orientation", "hier"),
            ("date_orientation", "05/01/2204"),
            ("date_orientation", "05/01/1824"),
        ],
    )
    def test_a_value_that_the_column_does_not_know(self, refused, column, value):
        assert refused(LEAST | {column: value}) == [(2, column, value)]

    @pytest.mark.parametrize(
        ("row", "place"),
        [
            (LEAST | {"date_naissance": "06/01/2024"}, ("date_naissance", "06/01/2024")),
            (LEAST | {"date_naissance": "05/01/1913"}, ("date_naissance", "05/01/1913")),
            (FOLLOWED | {"date_naissance": "01/02/1913"}, ("date_naissance", "01/02/1913")),
            (FOLLOWED | {"date_entree": "04/01/2024"}, ("date_entree", "04/01/2024")),
            (FOLLOWED | {"lieu": ""}, ("lieu", "")),
            (FOLLOWED | {"lieu": "lyon"}, ("lieu", "lyon")),
            (OUT | {"date_sortie": "31/01/2024"}, ("date_sortie", "31/01/2024")),
            (OUT | {"date_entree": ""}, ("date_sortie", "01/08/2024")),
            (OUT | {"motif_sortie": ""}, ("motif_sortie", "")),
            (OUT | {"motif_sortie": "ennui"}, ("motif_sortie", "ennui")),
            (OUT | {"date_sortie": ""}, ("motif_sortie", "concertee")),
        ],
    )
    def test_what_contradicts_the_rest_of_the_row(self, refused, row, place):
        assert refused(row) == [(2, *place)]

    def test_columns_that_an_entry_or_an_exit_needs_may_be_missing_altogether(self, refused):
        no_site = {k: v for k, v in FOLLOWED.items() if k != "lieu"}
        no_reason = {k: v for k, v in OUT.items() if k != "motif_sortie"}

        assert refused(no_site) == [(2, "lieu", "")]
        assert refused(no_reason) == [(2, "motif_sortie", "")]

    def test_a_wrong_date_is_told_once_not_by_its_consequences(self, refused):
        assert refused(OUT | {"date_entree": "32/01/2024"}) == [(2, "date_entree", "32/01/2024")]
        assert refused(OUT | {"date_sortie": "32/01/2024"}) == [(2, "date_sortie", "32/01/2024")]

    def test_a_formula_in_a_csv(self, tmp_path):
        (tmp_path / "t.csv").write_text(
            ";".join(LEAST) + "\nA1;H;spip;=1+1;05/01/2024\n", encoding="utf-8"
        )

        (error,) = parse(tmp_path / "t.csv", sites=SITES, today=TODAY).errors

        assert (error.row, error.column, error.value) == (2, "cadre", "=1+1")

    def test_a_file_that_cannot_be_read_at_all_raises(self, tmp_path):
        with pytest.raises(TableError, match="introuvable"):
            parse(tmp_path / "absent.xlsx", sites=SITES, today=TODAY)


class TestRowsOfOneDossier:
    def test_an_episode_stands_once(self, refused):
        assert refused(LEAST, LEAST | {"dossier": "A2"}, LEAST) == [(4, "episode", "1")]

    def test_the_same_reference_typed_with_other_spaces_is_the_same_dossier(self, refused):
        assert refused(LEAST, LEAST | {"dossier": " A1 "}) == [(3, "episode", "1")]

    def test_one_sex(self, read):
        (error,) = read(LEAST, LEAST | {"episode": 2, "sexe": "X"}).errors

        assert str(error) == (
            "ligne 3, colonne sexe\u00a0: «\u202fX\u202f» contredit la ligne 2\u202f; "
            "attendu\u00a0: «\u202fH\u202f», comme en ligne 2 du même dossier"
        )

    def test_one_birth_date(self, read):
        (error,) = read(
            LEAST,
            LEAST | {"episode": 2, "date_naissance": "01/02/1980"},
            LEAST | {"episode": 3, "date_naissance": "02/02/1980"},
        ).errors

        assert (error.row, error.column, error.value) == (4, "date_naissance", "02/02/1980")
        assert error.expected == "«\u202f01/02/1980\u202f», comme en ligne 3 du même dossier"

    def test_a_birth_date_given_once_is_that_of_all_the_rows(self, read):
        rows = read(
            LEAST,
            LEAST | {"episode": 2, "date_naissance": "01/02/1980"},
            LEAST | {"dossier": "B1"},
        ).rows

        assert [row.date_naissance for row in rows] == [date(1980, 2, 1), date(1980, 2, 1), None]

    def test_a_birth_date_given_once_is_checked_against_every_row(self, refused):
        assert refused(
            LEAST | {"date_orientation": "05/01/2004"},
            LEAST | {"episode": 2, "date_naissance": "01/06/2004"},
        ) == [(2, "date_naissance", "01/06/2004")]

    def test_episodes_do_not_overlap(self, read):
        again = FOLLOWED | {"episode": 2, "date_entree": "31/07/2024"}

        (error,) = read(OUT, again).errors

        assert (error.row, error.column, error.value) == (3, "date_entree", "31/07/2024")
        assert str(error) == (
            "ligne 3, colonne date_entree\u00a0: «\u202f31/07/2024\u202f» chevauche l’épisode de "
            "la ligne 2\u202f; attendu\u00a0: au plus tôt le 01/08/2024, sortie de la ligne 2 du "
            "même dossier"
        )

    def test_an_entry_on_the_day_of_the_previous_exit_is_allowed(self, refused):
        assert refused(OUT, FOLLOWED | {"episode": 2, "date_entree": "01/08/2024"}) == []

    def test_an_episode_without_exit_overlaps_all_that_follow_in_any_order_of_rows(self, read):
        parsed = read(
            OUT | {"episode": 2, "date_entree": "01/03/2024"}, FOLLOWED, LEAST | {"episode": 3}
        )

        (error,) = parsed.errors
        assert (error.row, error.column, error.value) == (2, "date_entree", "01/03/2024")
        assert error.expected == "une date_sortie en ligne 3 du même dossier, encore ouverte"

    def test_dossiers_do_not_overlap_with_each_other(self, refused):
        assert refused(OUT, OUT | {"dossier": "A2"}) == []


def test_all_errors_are_told_in_one_pass_in_the_order_of_the_file(refused):
    assert refused(
        OUT | {"sexe": "G", "date_sortie": "01/01/2024", "remarque": "x"},
        LEAST,
        OUT | {"episode": 2, "cadre": "", "lieu": "lyon", "date_entree": "31/02/2024"},
        OUT | {"episode": 2, "dossier": ""},
    ) == [
        (2, "sexe", "G"),
        (2, "date_sortie", "01/01/2024"),
        (3, "episode", "1"),
        (4, "cadre", ""),
        (4, "date_entree", "31/02/2024"),
        (4, "lieu", "lyon"),
        (5, "dossier", ""),
    ]


def test_an_error_reads_as_a_sentence_with_its_place_value_and_expectation():
    error = RowError(12, "date_entree", "31/02/2024", "JJ/MM/AAAA", "n’est pas une date")

    assert str(error) == (
        "ligne 12, colonne date_entree\u00a0: «\u202f31/02/2024\u202f» n’est pas une date\u202f; "
        "attendu\u00a0: JJ/MM/AAAA"
    )
    assert "«\u202f" + "a" * 60 + "…\u202f»" in str(RowError(2, "nom", "a" * 61, "moins"))
    assert "la cellule est vide" in str(RowError(2, "nom", "", "un nom"))


class TestOverlaps:
    DAYS = [date(2024, 1, day) for day in range(1, 12)]

    @pytest.mark.parametrize(
        ("intervals", "expected"),
        [
            ([], []),
            ([(1, 3)], []),
            ([(1, 3), (3, 5)], []),
            ([(1, 4), (3, 5)], [(0, 1)]),
            ([(3, 5), (1, 4)], [(1, 0)]),
            ([(1, None), (3, 5)], [(0, 1)]),
            ([(1, 3), (3, None)], []),
            ([(1, None), (1, None)], [(0, 1)]),
            ([(1, 9), (2, 3), (4, 5)], [(0, 1), (0, 2)]),
            ([(2, 2), (2, 2), (2, 5), (1, 2)], []),
            ([(1, 5), (3, 3)], [(0, 1)]),
        ],
    )
    def test_each_late_starter_is_paired_with_the_one_still_open(self, intervals, expected):
        days = [(self.DAYS[a], b and self.DAYS[b]) for a, b in intervals]

        assert overlaps(days) == expected

    @given(st.lists(st.tuples(st.integers(0, 10), st.none() | st.integers(0, 10)), max_size=6))
    def test_there_is_one_exactly_when_two_cannot_be_put_one_after_the_other(self, pairs):
        valid = [(a, b) for a, b in pairs if b is None or b >= a]
        days = [(self.DAYS[a], None if b is None else self.DAYS[b]) for a, b in valid]

        def follows(one, other):
            return one[1] is not None and one[1] <= other[0]

        clash = any(
            not follows(one, other) and not follows(other, one)
            for i, one in enumerate(days)
            for other in days[i + 1 :]
        )

        assert bool(overlaps(days)) == clash

    @given(st.lists(st.integers(0, 10), min_size=2, max_size=9))
    def test_a_chain_never_overlaps_in_any_order(self, ends):
        days = [self.DAYS[n] for n in sorted(ends)]

        assert overlaps(list(reversed(list(pairwise(days))))) == []


@pytest.mark.slow
def test_fifty_thousand_rows_are_parsed(tmp_path):
    rows = [list((OUT | {"dossier": f"D-{n}"}).values()) for n in range(50_000)]
    write_xlsx(tmp_path / "t.xlsx", [("S", list(OUT), rows)])

    parsed = parse(tmp_path / "t.xlsx", sites=SITES, today=TODAY)

    assert (len(parsed.rows), parsed.errors) == (50_000, [])
