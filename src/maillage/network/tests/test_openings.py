from datetime import date

import pytest

from maillage.network.load import load
from maillage.network.models import Organisation
from maillage.network.openings import department_of, held_by, week_of
from maillage.network.tests.factories import (
    OpeningFactory,
    OrganisationFactory,
    SiteAddressFactory,
    SiteFactory,
)

MONDAY = date(2026, 11, 23)


def held_of(slug, today=MONDAY):
    organisation = Organisation.objects.get(slug=slug)
    openings = organisation.openings.select_related("site", "address")
    return held_by(organisation, openings, today)


@pytest.fixture
def directory(db):
    load()


class TestWhatTheSourcesSay:
    @pytest.mark.parametrize(
        ("place", "told"),
        [
            ("Montpellier, Siège", "lundi, mardi, jeudi et vendredi"),  # R24
            ("Clermont-l’Hérault, Centre hospitalier", "mercredi matin"),  # R25
            ("Lunel, Espace santé, Centre hospitalier", "mercredi matin"),  # R26
            ("Béziers, Locaux de l’antenne", "mardi et vendredi, l’après-midi"),  # R27
            ("Béziers, Maison René Cassin", "vendredi après-midi"),  # R27
            ("Sète, Espace Victor Meyer", "vendredi matin"),  # R28
            ("Agde, Maison de la Justice et du Droit", "vendredi matin"),  # R29
            (
                "Pézenas, Antenne de la Maison de la Justice et du Droit",
                "1er vendredi après-midi\u202f; 3e et 4e mardis matin",  # R30
            ),
            ("Accueil téléphonique", "tous les jours, 9\u00a0h–18\u00a0h"),  # R32
        ],
    )
    def test_of_via_voltaire(self, directory, place, told):
        sentences = {held.place: held.sentence for held in held_of("via-voltaire")}

        assert sorted(sentences[place].split("\u202f; ")) == sorted(told.split("\u202f; "))

    def test_of_the_line_of_the_aude(self, directory):
        [line] = held_of("udaf-11")

        # R33
        assert line.sentence == "du lundi au vendredi, 9\u00a0h–12\u00a0h et 14\u00a0h–17\u00a0h"

    def test_of_apex(self, directory):
        sentences = {held.purpose: held.sentence for held in held_of("apex")}

        assert sentences == {
            "Permanence (premier entretien)": "lundi\u202f; mardi matin",  # R35
            "Groupe de parole": "lundi, 18\u00a0h\u00a015–19\u00a0h\u00a045",  # R36
        }


class TestNextDates:
    def test_of_a_monthly_rank(self, directory):
        [pezenas] = [held for held in held_of("via-voltaire") if held.town == "Pézenas"]

        assert pezenas.next_dates(MONDAY, 4) == [
            (date(2026, 11, 24), "matin"),  # the 4th Tuesday of November
            (date(2026, 12, 4), "après-midi"),  # the 1st Friday of December
            (date(2026, 12, 15), "matin"),  # the 3rd Tuesday
            (date(2026, 12, 22), "matin"),  # the 4th Tuesday
        ]

    def test_leave_out_public_holidays(self, directory):
        [agde] = [held for held in held_of("via-voltaire") if held.town == "Agde"]

        # Friday 25 December 2026 and Friday 1 January 2027 are holidays.
        assert [day for day, _ in agde.next_dates(date(2026, 12, 19), 2)] == [
            date(2027, 1, 8),
            date(2027, 1, 15),
        ]

    def test_leave_out_the_holidays_of_the_department(self, db):
        moselle = OrganisationFactory(territory="Moselle (57)")
        site = SiteFactory(organisation=moselle)
        OpeningFactory(site=site, weekday=4)
        [held] = held_by(moselle, moselle.openings.select_related("site", "address"), MONDAY)

        # Good Friday, 26 March 2027, is a holiday in Moselle.
        assert [day for day, _ in held.next_dates(date(2027, 3, 20), 1)] == [date(2027, 4, 2)]


@pytest.mark.parametrize(
    ("territory", "department"),
    [
        ("Hérault (34)", "34"),
        ("Hérault (34) – Montpellier et Béziers", "34"),
        ("Corse (2A)", "2A"),
        ("Réunion (974)", "974"),
        ("Lozère (48), Gard (30)", None),
        ("Aude, Hérault", None),
        ("", None),
    ],
)
def test_the_department_is_the_one_that_the_territory_names(territory, department):
    assert department_of(Organisation(territory=territory)) == department


@pytest.mark.django_db
class TestGrouping:
    def test_an_opening_that_ceased_is_not_told(self):
        opening = OpeningFactory(valid_until=date(2026, 11, 22))

        assert held_by(opening.organisation, [opening], MONDAY) == []

    def test_one_that_ceases_today_still_is(self):
        opening = OpeningFactory(valid_until=MONDAY)

        assert len(held_by(opening.organisation, [opening], MONDAY)) == 1

    def test_a_protected_site_tells_its_town_alone(self):
        site = SiteFactory(name="Narbonne", is_protected=True)
        opening = OpeningFactory(
            site=site, address=SiteAddressFactory(site=site, label="12 rue du Secret")
        )

        [held] = held_by(site.organisation, [opening], MONDAY)

        assert held.place == "Narbonne"

    def test_the_week_names_each_day_once_in_order(self):
        site = SiteFactory(name="Arles")
        openings = [
            OpeningFactory(site=site, weekday=3, half_day="afternoon"),
            OpeningFactory(site=site, weekday=0),
            OpeningFactory(site=site, weekday=0, purpose="Groupe", half_day="afternoon"),
        ]

        week = week_of(held_by(site.organisation, openings, MONDAY))

        assert [(day, [(h.purpose, at) for h, at in entries]) for day, entries in week] == [
            ("lundi", [("Groupe", "après-midi"), ("Permanence", "matin")]),
            ("jeudi", [("Permanence", "après-midi")]),
        ]
