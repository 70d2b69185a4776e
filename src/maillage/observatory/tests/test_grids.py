"""A grid is a file anybody may write: each fault in one is told with the file and the code."""

import pytest

from maillage.observatory.grids import OWN_GRIDS, GridError, load_grid, read_grid
from maillage.observatory.tests.people import fact

DEFAULT = (OWN_GRIDS / "default.toml").read_text(encoding="utf-8")
UNKNOWN = '{ code = "non_precise", label = "Non précisé", unknown = true }'
YOUNG = '{ code = "18to25", label = "18 à 25 ans", min = 18, max = 25 }'
SPIP = '{ code = "spip", label = "SPIP", codes = ["spip"] }'
JOBS = """
employment = [
    { code = "actif", label = "Actif", codes = ["en_emploi", "formation", "sans_activite"] },
    { code = "retraite", label = "Retraite", codes = ["retraite"] },
    { code = "non_precise", label = "Non précisé", codes = ["non_precise"] },
]
"""
LUMPED = """
employment = [
    { code = "actif", label = "Actif", codes = ["en_emploi", "formation", "sans_activite"] },
    { code = "autre", label = "Autre", codes = ["retraite", "non_precise"] },
]
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('id = "default"', 'id = "other"', "« other »"),
        ("valid_from = 2000-01-01", "", "« valid_from » manque"),
        ("valid_from = 2000-01-01", 'valid_from = "2000"', "« valid_from »"),
        ("threshold = 0.10", "threshold = 10.0", "« non_response_threshold »"),
        ("title =", "titel =", "« titel »"),
        ('"spontane", "proche"', '"spontane"', "« proche » n’est dans aucun groupe"),
        ('"spontane", "proche"', '"spontane", "proche", "spip"', "« spip » figure deux fois"),
        ('codes = ["spip"]', 'codes = ["spipp"]', "« spipp »"),
        (', codes = ["spip"]', "", "« spip » n’a pas de « codes »"),
        ('codes = ["spip"]', 'codes = ["spip"], colour = "red"', "« colour »"),
        ('code = "spontanee"', 'code = "spip"', "« spip » figure deux fois"),
        ("min = 18, max = 25", "min = 19, max = 25", "« 18to25 » commence à 19"),
        ("min = 18, max = 25", "min = 17, max = 25", "« 18to25 » commence à 17"),
        ("min = 18, max = 25", "min = 18, max = 12", "« 18to25 » finit avant de commencer"),
        ("max = 17", "min = 3, max = 17", "« lt18 » commence à 3"),
        ("min = 55 }", "min = 55, max = 90 }", "à partir de 91 ans"),
        (", max = 54", "", "« ge55 »"),
        (f"    {UNKNOWN},\n", "", "une classe et une seule"),
        (UNKNOWN, f"{UNKNOWN}, {UNKNOWN}", "« non_precise » figure deux fois"),
        (YOUNG, f"{YOUNG}, {YOUNG}", "« 18to25 » figure deux fois"),
        ('id = "default"', 'id = "default"\nextra_tables = ["by-shoe"]', "« by-shoe »"),
        ('id = "default"', f'id = "default"{JOBS.replace("formation", "stage")}', "« stage »"),
        (
            'id = "default"',
            f'id = "default"{LUMPED}',
            "« non_precise » se compte seul",
        ),
        (
            'id = "default"',
            'id = "default"' + JOBS.replace('["retraite"]', '["retraite"], referrers = ["tj"]'),
            "seuls les prescripteurs",
        ),
        (
            SPIP,
            SPIP.replace('["spip"]', '["spip"], referrers = ["tj"]'),
            "« spip » n’est dans aucun groupe",
        ),
        ("[\n", "", "default.toml"),
    ],
)
def test_a_fault_in_a_grid_file_is_told(tmp_path, old, new, told):
    assert old in DEFAULT
    path = tmp_path / "default.toml"
    path.write_text(DEFAULT.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(GridError) as fault:
        read_grid(path)

    message = str(fault.value).replace("\u202f", " ").replace("\xa0", " ")
    assert message.startswith("default.toml : ")
    assert told in message


def test_a_grid_of_the_network_itself_can_be_replaced_by_a_folder_s(tmp_path):
    text = DEFAULT.replace("Grille commune du réseau", "La nôtre")
    (tmp_path / "default.toml").write_text(text, encoding="utf-8")

    assert load_grid("default", tmp_path).title == "La nôtre"
    assert load_grid("apex", tmp_path).id == "apex"


@pytest.mark.parametrize("name", ["nowhere", "../grids/default", "", "default.toml"])
def test_a_grid_that_does_not_exist_is_an_error(name):
    with pytest.raises(GridError, match="Aucune grille"):
        load_grid(name)


@pytest.mark.parametrize("path", sorted(OWN_GRIDS.glob("*.toml")), ids=lambda path: path.stem)
def test_our_own_grids_are_whole_and_close(report_on, path):
    facts = [
        fact(
            n,
            n,
            age_at_entry=age,
            age_at_referral=age,
            referrer_category=category,
            referrer=referrer,
            marital_status=marital,
            module=module,
        )
        for n, (age, category, referrer, marital, module) in enumerate(
            [
                (16, "spip", None, "veuf", "stage"),
                (18, "tribunal", "tj-perpignan", "pacse", "stage"),
                (40, "tribunal", "tribunal-judiciaire-de-mende", "marie", "stage"),
                (65, "tribunal", None, "", None),
                (None, "spontane", None, "non_precise", "hebergement"),
            ]
        )
    ]

    report = report_on(facts, grid=path.stem)

    assert len(report.tables) == 12 + len(load_grid(path.stem).extra_tables)
    assert report.table("received-by-marital-status").total == 5


class TestTheClassesOfApex:
    def test_tell_one_court_from_another_and_from_one_not_named(self, report_on):
        facts = [
            fact(1, 1, referrer_category="parquet", referrer="tj-perpignan"),
            fact(2, 2, referrer_category="tribunal", referrer="tribunal-judiciaire-de-mende"),
            fact(3, 3, referrer_category="tribunal"),
            fact(4, 4, referrer_category="spip", referrer="tj-perpignan"),
        ]

        table = report_on(facts, grid="apex").table("received-by-prescriber-and-site")

        assert {row.code: n for row, n in zip(table.rows, table.row_totals, strict=True)} == {
            "spip": 1,
            "tj_perpignan": 1,
            "tj_exterieurs": 1,
            "tj_non_precise": 1,
            "delegues_procureur": 0,
            "jap": 0,
            "autres": 0,
        }

    def test_count_referrals_apart_from_persons(self, report_on):
        facts = [
            fact(1, 1, module="stage", referrer_category="jap"),
            fact(2, 1, seq=2, module="stage", referrer_category="delegue_procureur"),
            fact(3, 2, entered_on=None, module="groupe_parole"),
        ]

        report = report_on(facts, grid="apex")

        assert report.table("flow").value("received") == 1
        assert report.table("referrals-by-module").row_totals == (2, 1)
        assert report.table("referrals-by-module").unit == "orientations"
        stage = report.table("stage-referrals-by-prescriber")
        assert (stage.base, stage.total) == ("stage-referrals", 2)
        assert report.table("referrals-by-age").total == 3


class TestAGridIsDated:
    def test_a_year_that_it_does_not_cover_is_refused(self, report_on):
        with pytest.raises(GridError, match="2019"):
            report_on([fact()], year=2019, grid="apex")

    def test_the_year_before_is_not_compared_by_classes_that_did_not_hold(self, report_on):
        facts = [fact(seq=1, entered_on=None), fact(2, 2)]
        facts[0] = fact(1, 1, entered_on=facts[1].entered_on.replace(year=2022))

        assert report_on(facts, year=2023, grid="apex").previous is None
        assert report_on(facts, year=2023).previous is not None
