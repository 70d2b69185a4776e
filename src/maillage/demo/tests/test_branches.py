from datetime import date

import pytest

from maillage.demo.population import small_branch
from maillage.demo.tests.contract import faults

SITES = {
    "aers": {"montpellier", "beziers"},
    "la-clede": {"ales", "nimes"},
    "la-traverse": {"mende"},
    "udaf-11": {"carcassonne", "narbonne", "castelnaudary"},
}
MODULES = {
    "aers": {"controle_judiciaire", "stage", "groupe_socio_judiciaire"},
    "la-clede": {"stage", "groupe_parole", "suivi_psychologique", "hebergement"},
    "la-traverse": {"stage", "controle_judiciaire", "atelier_emotions"},
    "udaf-11": {"hebergement", "suivi_socio_educatif", "groupe_parole"},
}
TODAYS = [date(2025, 6, 1), date(2026, 3, 1), date(2026, 11, 23)]


@pytest.mark.parametrize("slug", SITES)
class TestASmallBranch:
    @pytest.mark.parametrize("today", TODAYS)
    def test_has_twenty_to_forty_five_rows_beside_courses_that_keep_the_contract(self, slug, today):
        rows = small_branch(slug, today)

        assert 20 <= sum(row.module != "stage" for row in rows) <= 45
        assert faults(rows, SITES[slug], today) == []

    def test_has_people_followed_waiting_gone_and_never_entered(self, slug):
        rows = small_branch(slug, date(2026, 11, 23))

        assert any(row.is_open for row in rows)
        assert any(row.is_waiting for row in rows)
        assert any(row.date_sortie for row in rows)
        assert any(row.closed_on for row in rows)

    def test_does_what_that_branch_does(self, slug):
        rows = small_branch(slug, date(2026, 11, 23))

        assert {row.module for row in rows} <= MODULES[slug]
        assert {row.lieu for row in rows} == SITES[slug]

    def test_is_the_same_every_time_and_only_grows_with_time(self, slug):
        before, after = small_branch(slug, TODAYS[0]), small_branch(slug, TODAYS[2])

        assert small_branch(slug, TODAYS[0]) == before
        assert [r.dossier for r in after[: len(before)]] == [r.dossier for r in before]
        assert [r.nom for r in after[: len(before)]] == [r.nom for r in before]


def test_a_branch_whose_figures_are_published_is_not_a_small_one():
    with pytest.raises(KeyError):
        small_branch("apex", TODAYS[0])
