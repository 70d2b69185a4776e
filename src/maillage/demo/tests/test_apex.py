from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from maillage.core.calendar import add_months, full_years, is_working_day
from maillage.demo.apex import stage_of
from maillage.demo.population import apex
from maillage.demo.published import margin
from maillage.demo.tests.contract import faults

TODAY = date(2026, 11, 23)
END_OF_2023, END_OF_2024 = date(2023, 12, 31), date(2024, 12, 31)


@pytest.fixture(scope="module")
def rows():
    return apex(TODAY)


@pytest.fixture(scope="module")
def referred_2024(rows):
    return [row for row in rows if row.date_orientation.year == 2024]


@pytest.fixture(scope="module")
def done_from_2023(rows):
    """Referred in 2023, stage in 2024."""
    return [
        row
        for row in rows
        if row.date_orientation.year == 2023
        and row.module == "stage"
        and row.date_entree
        and row.date_entree.year == 2024
    ]


def waiting(rows, day):
    """Referred by that day, and neither entered nor closed by then."""
    return [
        row
        for row in rows
        if row.date_orientation <= day
        and (row.date_entree is None or row.date_entree > day)
        and (row.closed_on is None or row.closed_on > day)
    ]


def age_class(row):
    if row.date_naissance is None:
        return "non_precise"
    age = full_years(row.date_naissance, row.date_orientation)
    for top, code in ((17, "lt18"), (25, "18to25"), (39, "26to39"), (64, "40to64")):
        if age <= top:
            return code
    return "ge65"


def family(row):
    return (
        "marie_pacse" if row.situation_conjugale in ("marie", "pacse") else row.situation_conjugale
    )


def without_zeros(counts):
    return {code: n for code, n in counts.items() if n}


class TestTheReferralsOf2024:
    def test_by_kind(self, referred_2024):
        kinds = Counter("stage" if r.module == "stage" else "autre" for r in referred_2024)

        assert kinds == margin("apex-orientations-type") == {"stage": 171, "autre": 27}

    def test_of_stages_by_referrer(self, referred_2024):
        found = Counter(
            row.referrer if row.prescripteur == "tribunal" else row.prescripteur
            for row in referred_2024
            if row.module == "stage"
        )

        assert found == margin("apex-orientations-stage-prescripteur")
        assert found == {
            "spip": 30,
            "tj-perpignan": 25,
            "tj-exterieur": 11,
            "delegue_procureur": 104,
            "jap": 1,
        }

    def test_by_sex_the_women_all_sent_by_delegates(self, referred_2024):
        sexes = Counter(row.sexe for row in referred_2024)
        delegates = Counter(
            row.sexe for row in referred_2024 if row.prescripteur == "delegue_procureur"
        )

        assert sexes == margin("apex-orientations-sexe") == {"H": 178, "F": 20}
        assert delegates == margin("focus-femmes-apex") == {"H": 84, "F": 20}

    def test_by_age_at_the_referral(self, referred_2024):
        found = Counter(map(age_class, referred_2024))

        assert found == margin("apex-age", "2024")
        assert found == {"18to25": 18, "26to39": 58, "40to64": 80, "ge65": 5, "non_precise": 37}

    def test_by_employment(self, referred_2024):
        found = Counter(row.situation_professionnelle for row in referred_2024)

        assert found == margin("apex-situation-professionnelle", "2024")
        assert found == {
            "en_emploi": 57,
            "sans_activite": 15,
            "formation": 1,
            "retraite": 6,
            "non_precise": 119,
        }

    def test_by_family(self, referred_2024):
        found = Counter(map(family, referred_2024))

        assert found == margin("apex-situation-familiale", "2024")
        assert found == {
            "marie_pacse": 40,
            "union_libre": 9,
            "divorce_separe": 52,
            "celibataire": 7,
            "non_precise": 90,
        }

    def test_are_of_as_many_persons(self, referred_2024):
        assert len({row.dossier for row in referred_2024}) == 198

    @pytest.mark.parametrize("today", [date(2025, 6, 1), date(2027, 3, 7)])
    def test_whatever_the_day_they_are_looked_at(self, rows, today):
        def as_of_2024(some):
            return [
                row
                if not row.date_sortie or row.date_sortie <= END_OF_2024
                else replace(row, date_sortie=None, motif_sortie=None)
                for row in some
                if row.date_entree and row.date_entree <= END_OF_2024
            ]

        later = apex(today)

        assert as_of_2024(later) == as_of_2024(rows)
        assert waiting_references(later) == waiting_references(rows)


def waiting_references(rows):
    return [row.dossier for row in waiting(rows, END_OF_2024)]


class TestTheReferralsOf2023:
    def test_in_number(self, rows):
        referred = [row for row in rows if row.date_orientation.year == 2023]
        published = margin("apex-orientations-evolution", "2023")

        assert len(referred) == published["referrals"] == 146
        assert sum(row.module == "stage" for row in referred) == published["stage_referrals"] == 109

    def test_waiting_for_a_stage_at_the_end_of_the_year_and_what_became_of_them(self, rows):
        left_over = [row for row in waiting(rows, END_OF_2023) if row.module == "stage"]
        became = Counter(
            "stage_effectue"
            if row.date_entree
            else "annule"
            if row.return_reason == "hors_criteres"
            else "non_presente"
            for row in left_over
        )

        assert became == margin("apex-attente-fin-2023")
        assert became == {"stage_effectue": 34, "annule": 2, "non_presente": 18}
        moved = [row for row in left_over if row.return_reason == "hors_territoire"]
        assert len(moved) == 2
        assert {row.sexe for row in left_over if row.return_reason == "hors_criteres"} == {"F"}

    def test_of_whom_34_did_their_stage_in_2024_with_these_facts(self, done_from_2023):
        ages = Counter(map(age_class, done_from_2023))
        employments = Counter(row.situation_professionnelle for row in done_from_2023)
        families = Counter(map(family, done_from_2023))

        assert ages == without_zeros(margin("apex-age", "2023"))
        assert employments == without_zeros(margin("apex-situation-professionnelle", "2023"))
        assert families == without_zeros(margin("apex-situation-familiale", "2023"))
        assert ages == {"18to25": 6, "26to39": 15, "40to64": 13}
        assert employments == {"en_emploi": 25, "sans_activite": 7, "formation": 2}
        assert families == {
            "marie_pacse": 9,
            "union_libre": 1,
            "divorce_separe": 19,
            "celibataire": 5,
        }


class TestTheStages:
    def test_of_2024(self, rows, referred_2024):
        published = margin("apex-stages-flux")
        stages = [row for row in referred_2024 if row.module == "stage"]
        done = [r for r in rows if r.module == "stage" and r.date_entree and r.entry.year == 2024]
        sessions = Counter(row.date_entree for row in done)
        since_october = [n for day, n in sessions.items() if day >= date(2024, 10, 15)]

        assert len(sessions) == published["sessions"] == 11
        assert sum(r.date_orientation.year == 2024 for r in done) == published["done_2024"] == 67
        from_2023 = sum(row.date_orientation.year == 2023 for row in done)
        assert from_2023 == published["done_from_2023"] == 34
        moved = [row for row in stages if row.return_reason == "hors_territoire"]
        assert sum(r.closed_on.year == 2024 for r in moved) == published["moved_away"] == 5
        at_end = [row for row in waiting(rows, END_OF_2024) if row.module == "stage"]
        assert len(at_end) == published["waiting_at_end"] == 87
        assert min(sessions.values()) == published["smallest_session"] == 4
        mean = sum(since_october) / len(since_october)
        assert round(mean) == published["mean_since_october"] == 10

    def test_last_two_worked_days_in_a_row(self, rows):
        done = [row for row in rows if row.module == "stage" and row.date_entree]

        assert all(row.date_sortie == row.date_entree + timedelta(days=1) for row in done)
        assert all(is_working_day(d) for r in done for d in (r.date_entree, r.date_sortie))

    @pytest.mark.parametrize(
        ("year", "month", "first_day"),
        [
            (2026, 1, date(2026, 1, 15)),
            (2026, 2, date(2026, 2, 19)),
            (2025, 5, date(2025, 5, 15)),
            (2023, 5, date(2023, 5, 25)),
        ],
    )
    def test_are_held_each_month_never_on_ascension_day(self, year, month, first_day):
        assert stage_of(year, month) == first_day

    def test_convene_in_the_order_of_the_referrals(self, rows):
        since = [r for r in rows if r.module == "stage" and r.date_entree and r.entry.year == 2026]
        since.sort(key=lambda row: (row.date_entree, row.date_orientation))

        referrals = [row.date_orientation for row in since]
        assert referrals == sorted(referrals)

    def test_keep_people_waiting_today_some_for_more_than_four_months(self, rows):
        still = [row for row in rows if row.is_waiting]

        assert 40 <= len(still) <= 110
        assert any(add_months(row.date_orientation, 4) < TODAY for row in still)
        assert any((TODAY - row.date_orientation).days <= 6 for row in still)


class TestTheFollowUpsOf2024:
    def test_of_the_talk_group_end_as_printed_with_thirteen_men(self, rows):
        group = active_in_2024(rows, "groupe_parole")
        became = Counter(
            row.motif_sortie if row.date_sortie and row.date_sortie <= END_OF_2024 else "poursuite"
            for row in group
        )

        assert became == margin("apex-groupe-devenir")
        assert became.total() == 13
        assert {row.sexe for row in group} == {"H"}

    def test_of_single_persons_are_nine_two_of_them_sent_elsewhere(self, rows):
        single = active_in_2024(rows, "suivi_socio_educatif")

        published = margin("apex-orientations-evolution", "2024")["individual_follow_ups"]
        assert len(single) == published == 9
        sent_on = sum(row.motif_sortie == "reorientation" for row in single)
        assert sent_on == margin("apex-suivis-individuels")["profil_victime"] == 2

    def test_of_single_persons_were_four_the_year_before(self, rows):
        single = [r for r in rows if r.module == "suivi_socio_educatif" and r.date_entree]
        published = margin("apex-orientations-evolution", "2023")["individual_follow_ups"]

        assert sum(row.date_entree.year == 2023 for row in single) == published == 4


def active_in_2024(rows, module):
    return [
        row
        for row in rows
        if row.module == module
        and row.date_entree
        and row.date_entree <= END_OF_2024
        and (row.date_sortie is None or row.date_sortie > END_OF_2023)
    ]


class TestTheRows:
    @pytest.mark.parametrize("today", [date(2025, 6, 1), date(2026, 5, 14), TODAY])
    def test_keep_the_contract_and_nothing_lies_ahead(self, today):
        assert faults(apex(today), {"perpignan"}, today) == []

    def test_are_the_same_every_time(self, rows):
        assert apex(TODAY) == rows

    def test_enter_a_follow_up_on_a_monday_or_tuesday(self, rows):
        entries = [r.date_entree for r in rows if r.date_entree and r.module != "stage"]

        assert {day.weekday() for day in entries} == {0, 1}
        assert all(map(is_working_day, entries))
