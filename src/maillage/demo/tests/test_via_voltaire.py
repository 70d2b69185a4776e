from dataclasses import replace
from datetime import date

import pytest
from tests.independent_count import count

from maillage.core.calendar import add_months, full_years, is_working_day
from maillage.demo.people import data
from maillage.demo.population import via_voltaire
from maillage.demo.published import published_table
from maillage.demo.tests.contract import VIA_VOLTAIRE, faults
from maillage.network.vocabularies import EXIT_REASONS

TODAY = date(2026, 11, 23)
SITES = {slug for slug, _ in VIA_VOLTAIRE}


@pytest.fixture(scope="module")
def rows():
    return via_voltaire(TODAY)


@pytest.fixture(scope="module")
def tables(rows):
    return counted(rows, 2024)


def flow(rows, year):
    table = counted(rows, year)["flow"]
    return dict(zip(table["rows"], table["row_totals"], strict=True))


def cells(table):
    return {
        (row, column): n
        for row, line in zip(table["rows"], table["cells"], strict=True)
        for column, n in zip(table["columns"], line, strict=True)
    }


class TestTheReportOf2024IsRebuilt:
    @pytest.mark.parametrize(
        "published",
        [
            "vv-accueils-prescripteur-lieu",
            "vv-nouveaux-prescripteur-lieu",
            "vv-nouveaux-age-lieu",
            "vv-ressources",
            "vv-situation-professionnelle",
            "vv-situation-conjugale",
            "vv-motifs-sortie-lieu",
            "vv-duree-sortis",
            "vv-duree-en-cours",
            "vv-en-cours-lieu",
            "focus-femmes-via-voltaire",
        ],
    )
    def test_cell_by_cell(self, tables, published):
        printed = published_table(published)
        table = tables[printed["counted_as"]]

        not_printed = dict.fromkeys(cells(table), 0)
        assert cells(table) == not_printed | cells(printed)
        assert table["total"] == printed["total"]

    @pytest.mark.parametrize(
        ("table", "by_row", "by_column"),
        [
            ("received-by-sex", [8, 538, 0], [546]),
            (
                "received-by-prescriber-and-site",
                [401, 19, 126],
                [36, 117, 23, 38, 273, 16, 43],
            ),
            ("new-by-prescriber-and-site", [162, 9, 87], [18, 41, 11, 17, 136, 10, 25]),
            ("new-by-age-and-site", [2, 14, 83, 97, 43, 19, 0], [18, 41, 11, 17, 136, 10, 25]),
            ("received-by-resources", [332, 51, 78, 22, 16, 34, 7, 6, 0], [546]),
            ("received-by-employment", [332, 12, 16, 186, 0], [546]),
            ("received-by-marital-status", [211, 152, 111, 52, 3, 1, 16], [546]),
            (
                "exited-by-reason-and-site",
                [87, 26, 30, 62, 4, 0, 0, 0, 0, 0],
                [9, 49, 9, 20, 120, 1, 1],
            ),
            ("exited-by-duration", [14, 35, 65, 95], [209]),
            ("followed-by-site", [337], [27, 68, 14, 18, 153, 15, 42]),
            ("followed-by-duration", [47, 56, 111, 123], [337]),
        ],
    )
    def test_in_its_totals_read_from_the_page(self, tables, table, by_row, by_column):
        assert tables[table]["row_totals"] == by_row
        assert tables[table]["column_totals"] == by_column

    def test_every_published_table_that_the_contract_counts_is_compared(self):
        compared = self.test_cell_by_cell.pytestmark[0].args[1]

        assert sorted(compared) == sorted(
            table["id"] for table in data("published")["tables"] if table["counted_as"]
        )

    def test_in_its_flow(self, rows):
        assert flow(rows, 2024) == {
            "received": 546,
            "new": 258,
            "resumed": 27,
            "continuing": 261,
            "exited": 209,
            "followed": 337,
            "waiting_at_end": 15,
        }
        assert cells(published_table("vv-origine-accueils")) == {
            ("new", "total"): 258,
            ("resumed", "total"): 27,
            ("continuing", "total"): 261,
        }
        assert cells(published_table("vv-liste-attente")) == {("waiting_at_end", "total"): 15}

    def test_in_the_seniority_of_who_left(self, rows):
        first_entry = {}
        for row in rows:
            if row.date_entree:
                first_entry.setdefault(row.dossier, row.date_entree)
        new = [first_entry[row.dossier].year == 2024 for row in latest_of_2024(rows) if out(row)]

        assert (sum(new), len(new) - sum(new)) == (60, 149)
        assert cells(published_table("vv-sorties-anciennete")) == {
            ("new", "total"): 60,
            ("resumed_or_continuing", "total"): 149,
        }

    def test_in_the_resumed_who_left_and_the_resumed_who_stay(self, rows):
        resumed = [row for row in latest_of_2024(rows) if row.date_entree.year == 2024]
        resumed = [row for row in resumed if row.episode > 1]

        assert len(resumed) == 27
        assert sum(map(out, resumed)) == 11
        earlier = [r for r in rows if r.episode == 1 and r.dossier in {x.dossier for x in resumed}]
        assert all(row.date_sortie < date(2024, 1, 1) for row in earlier)

    def test_in_the_new_by_sex(self, rows):
        new = [r for r in latest_of_2024(rows) if r.episode == 1 and r.date_entree.year == 2024]
        sexes = [row.sexe for row in new]

        assert cells(published_table("vv-nouveaux-sexe")) == {
            ("H", "total"): sexes.count("H"),
            ("F", "total"): sexes.count("F"),
        }
        assert (sexes.count("H"), sexes.count("F")) == (252, 6)

    def test_in_the_flow_of_each_site(self, tables):
        printed = cells(published_table("vv-flux-par-lieu"))

        found = {
            "received": tables["received-by-prescriber-and-site"],
            "new": tables["new-by-prescriber-and-site"],
            "exited": tables["exited-by-reason-and-site"],
            "followed": tables["followed-by-site"],
        }
        for column, table in found.items():
            by_site = dict(zip(table["columns"], table["column_totals"], strict=True))
            by_site["total"] = table["total"]
            assert by_site == {place: n for (place, of), n in printed.items() if of == column}, (
                column
            )

    def test_in_the_talk_group(self, rows):
        group = [row for row in latest_of_2024(rows) if row.module == "groupe_parole"]

        assert len(group) == 21
        assert {row.lieu for row in group} == {"montpellier"}

    def test_in_jobs_and_wages_that_go_together(self, rows):
        pairs = {(r.situation_professionnelle, r.ressources) for r in latest_of_2024(rows)}

        assert {r for e, r in pairs if e == "en_emploi"} == {"salaires"}
        assert {e for e, r in pairs if r == "salaires"} == {"en_emploi"}
        assert {r for e, r in pairs if e == "retraite"} == {"retraite"}
        assert {e for e, r in pairs if r == "retraite"} == {"retraite"}

    @pytest.mark.parametrize("today", [date(2025, 6, 1), date(2026, 2, 15), date(2029, 8, 15)])
    def test_whatever_the_day_it_is_looked_at(self, rows, today):
        later = via_voltaire(today)

        for year in (2021, 2022, 2023, 2024):
            assert counted(later, year) == counted(rows, year)
        assert as_of_2024(later) == as_of_2024(rows)


class TestTheRows:
    @pytest.mark.parametrize("today", [date(2025, 6, 1), date(2026, 8, 15), TODAY])
    def test_keep_the_contract_and_nothing_lies_ahead(self, today):
        assert faults(via_voltaire(today), SITES, today) == []

    def test_are_the_same_every_time(self, rows):
        assert via_voltaire(TODAY) == rows

    def test_are_not_asked_of_a_day_before_the_life_since_begins(self):
        with pytest.raises(ValueError, match="2025-06-01"):
            via_voltaire(date(2025, 5, 31))

    def test_wait_one_to_twenty_weeks_between_referral_and_entry(self, rows):
        waits = [(r.date_entree - r.date_orientation).days for r in rows if r.date_entree]

        assert min(waits) >= 7
        assert max(waits) <= 140

    def test_enter_on_a_working_day_on_which_the_site_receives(self, rows):
        entered = [row for row in rows if row.date_entree]
        weekdays = {site: set() for site in SITES}
        for row in entered:
            weekdays[row.lieu].add(row.date_entree.weekday())

        assert all(is_working_day(row.date_entree) for row in entered)
        assert weekdays == {
            "agde": {4},
            "beziers": {1, 4},
            "clermont-l-herault": {2},
            "lunel": {2},
            "montpellier": {0, 1, 3, 4},
            "pezenas": {1, 4},
            "sete": {4},
        }

    def test_refer_and_exit_on_working_days(self, rows):
        days = [d for r in rows for d in (r.date_orientation, r.date_sortie, r.closed_on) if d]

        assert all(is_working_day(day) for day in days)

    def test_are_adults_but_for_the_two_minors_of_2024(self, rows):
        minors = [
            row
            for row in rows
            if full_years(row.date_naissance, row.date_entree or row.date_orientation) < 18
        ]

        assert {(r.lieu, r.prescripteur, r.situation_conjugale) for r in minors} == {
            ("montpellier", "pjj", "celibataire")
        }
        assert len(minors) == 2

    def test_retire_in_old_age_and_study_in_youth(self, rows):
        ages = {"retraite": [], "formation": []}
        for row in latest_of_2024(rows):
            if row.situation_professionnelle in ages:
                age = full_years(row.date_naissance, row.date_entree)
                ages[row.situation_professionnelle].append(age)

        assert min(ages["retraite"]) >= 60
        assert max(ages["formation"]) <= 26


class TestTheLifeSince:
    def test_leaves_about_seventy_of_the_337_still_followed(self, rows):
        followed = [row for row in latest_of_2024(rows) if not out(row)]

        assert len(followed) == 337
        assert 60 <= sum(row.is_open for row in followed) <= 70

    def test_uses_every_reason_for_leaving(self, rows):
        reasons = {row.motif_sortie for row in rows if row.date_sortie and not out(row)}

        assert reasons == set(EXIT_REASONS.codes)

    def test_brings_sixty_newcomers_and_a_few_who_come_back(self, rows):
        since = [r for r in rows if r.date_entree and r.date_orientation >= date(2025, 1, 1)]

        assert sum(row.episode == 1 for row in since) == 60
        assert sum(row.episode > 1 for row in since) == 6

    def test_keeps_a_waiting_list_at_every_site_with_some_over_four_and_six_months(self, rows):
        waiting = [row for row in rows if row.is_waiting]
        since = sorted((TODAY - row.date_orientation).days for row in waiting)

        assert len(waiting) == 28
        assert {row.lieu for row in waiting} == SITES
        assert sum(days <= 6 for days in since) == 10
        assert sum(add_months(r.date_orientation, 4) < TODAY for r in waiting) == 4
        assert sum(add_months(r.date_orientation, 6) < TODAY for r in waiting) == 2

    def test_closes_some_referrals_without_entry(self, rows):
        closed = [row for row in rows if row.closed_on]

        assert sum(row.date_orientation.year == 2024 for row in closed) == 3
        assert len(closed) == 11
        assert all(row.closed_on > date(2025, 1, 1) for row in closed)


def counted(rows, year):
    return count([row.contract_row() for row in rows], VIA_VOLTAIRE, year)


def as_of_2024(rows):
    """What was known on 31 December 2024, row by row."""
    end = date(2024, 12, 31)
    known = []
    for row in rows:
        if row.date_orientation <= end:
            gone = row.date_sortie and row.date_sortie <= end
            known.append(row if gone else replace(row, date_sortie=None, motif_sortie=None))
    return known


def latest_of_2024(rows):
    """The episode by which each person received in 2024 counts."""
    latest = {}
    for row in rows:
        if row.date_entree and row.date_entree <= date(2024, 12, 31):
            latest[row.dossier] = row
    return [r for r in latest.values() if not r.date_sortie or r.date_sortie.year >= 2024]


def out(row):
    return row.date_sortie is not None and row.date_sortie <= date(2024, 12, 31)
