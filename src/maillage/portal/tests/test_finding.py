"""The nearest places, when they receive, and what a protected place tells of itself."""

from datetime import date, datetime, timedelta

import pytest

from maillage.network.tests.factories import OrganisationFactory
from maillage.portal import actions, places
from maillage.portal.actions import LinkHolder
from maillage.portal.finding import find
from maillage.portal.models import Closure
from maillage.portal.needs import needs
from maillage.portal.tests.conftest import PARIS, TUESDAY

pytestmark = pytest.mark.django_db
BEZIERS = "34032"


def asked(when: str = "week", need: str = "talk", code: str = BEZIERS, now: datetime = TUESDAY):
    commune = places.commune(code)
    assert commune is not None
    return find(needs()[need], commune, when, now)


def names(found) -> list[str]:
    return [place.service.name for place in found]


class TestTheNearest:
    def test_come_first(self, publish, opens):
        for town, name in [("Montpellier", "Loin"), ("Béziers", "Ici"), ("Agde", "Près")]:
            opens(publish(town, name=name).site, weekday=1)

        found = asked("now")

        assert names(found.places) == ["Ici", "Près", "Loin"]
        assert [place.how_far for place in found.places] == [
            "dans cette commune ou tout près",
            "à environ 22\u00a0km",
            "à environ 62\u00a0km",
        ]

    def test_answer_the_need_that_was_asked(self, publish, opens):
        opens(publish(needs=["housing"]).site, weekday=1)

        assert asked("now").all == []

    def test_are_not_looked_for_beyond_an_hour_or_two_of_road(self, publish, opens):
        opens(publish("Paris", "75").site, weekday=1)

        assert asked("now").all == []

    def test_are_of_organisations_shown_to_the_public(self, publish, opens):
        hidden = OrganisationFactory(is_public=False)
        opens(publish(organisation=hidden).site, weekday=1)

        assert asked("now").all == []

    def test_are_published_still(self, publish, opens, organisation):
        service = publish()
        opens(service.site, weekday=1)
        actions.withdraw(service=service, by=LinkHolder(organisation), version=0)

        assert asked("now").all == []

    def test_that_nobody_vouches_for_fall_in_rank(self, publish, opens, organisation):
        near, far = publish("Béziers", name="Oublié"), publish("Agde", name="Vérifié")
        for service in (near, far):
            opens(service.site, weekday=1)
        actions.vouch(
            service=far,
            by=LinkHolder(organisation),
            version=0,
            verifier="La maison",
            today=TUESDAY.date() - timedelta(days=180),
        )

        assert names(asked("now").places) == ["Vérifié", "Oublié"]
        later = asked("now", now=TUESDAY + timedelta(days=7))  # 187 days after
        assert names(later.places) == ["Oublié", "Vérifié"]


class TestWhen:
    @pytest.mark.parametrize(
        ("hour", "minute", "expected"),
        [(8, 59, False), (9, 0, True), (11, 59, True), (12, 0, False)],
    )
    def test_now_is_between_the_hours(self, publish, opens, hour, minute, expected):
        opens(publish().site, weekday=1)
        now = TUESDAY.replace(hour=hour, minute=minute)

        assert bool(asked("now", now=now).places) is expected

    def test_hours_that_were_never_published_are_not_said_to_be_open(self, publish, opens):
        opens(publish().site, weekday=1, starts="", ends="", half_day="morning")

        assert asked("now").places == []
        [place] = asked("today").places
        assert place.hours.told.startswith("Permanence aujourd’hui, sans heures publiées")

    def test_today_is_over_when_its_last_hour_is(self, publish, opens):
        opens(publish().site, weekday=1)

        assert asked("today", now=TUESDAY.replace(hour=8)).places
        assert not asked("today", now=TUESDAY.replace(hour=13)).places

    @pytest.mark.parametrize(
        ("rank", "expected"), [([1], True), ([2, 4], False), ([-1], False), ([1, 3], True)]
    )
    def test_a_rank_in_the_month_is_kept(self, publish, opens, rank, expected):
        opens(publish().site, weekday=1, ranks=rank)

        assert bool(asked("today").places) is expected

    def test_this_week_ends_after_seven_days(self, publish, opens):
        opens(publish().site, weekday=1, ranks=[2])

        assert not asked("week", now=TUESDAY.replace(hour=13)).places  # the 10th is the eighth day
        assert asked("week", now=TUESDAY + timedelta(days=1)).places

    def test_a_public_holiday_is_closed(self, publish, opens):
        opens(publish().site, weekday=0)
        easter_monday = datetime(2026, 4, 6, 10, tzinfo=PARIS)

        assert not asked("now", now=easter_monday).places

    def test_a_holiday_of_one_department_is_open_elsewhere(self, publish, opens):
        opens(publish("Strasbourg", "67").site, weekday=4)
        opens(publish("Béziers").site, weekday=4)
        good_friday = datetime(2026, 4, 3, 10, tzinfo=PARIS)

        assert asked("now", now=good_friday).places
        assert not asked("now", code="67482", now=good_friday).places

    def test_a_closure_is_closed_and_says_until_when(self, publish, opens, organisation):
        service = publish()
        opens(service.site, weekday=1)
        Closure.objects.create(
            organisation=organisation, starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 9)
        )

        assert not asked("week").places
        [place] = asked("week").later
        assert place.hours.closed_until == date(2026, 3, 9)
        assert (
            place.hours.told == "Prochaine permanence\u00a0: mardi 10 mars 2026, 9\u00a0h–12\u00a0h"
        )

    def test_the_closure_of_another_site_closes_nothing_here(self, publish, opens, organisation):
        here, there = publish("Béziers"), publish("Agde")
        opens(here.site, weekday=1)
        Closure.objects.create(
            organisation=organisation,
            site=there.site,
            starts_on=date(2026, 3, 1),
            ends_on=date(2026, 3, 31),
        )

        assert asked("now").places

    def test_places_without_an_answer_are_told_after(self, publish):
        publish(name="Sans horaires")

        found = asked("now")

        assert found.places == []
        assert names(found.later) == ["Sans horaires"]
        assert found.later[0].hours.told == "Horaires non publiés\u00a0: appelez avant de venir"

    def test_only_the_openings_of_its_purpose_count(self, publish, opens):
        service = publish(purpose="Écoute")
        opens(service.site, weekday=1, purpose="Stage")

        assert not asked("now").places


class TestAProtectedPlace:
    def test_has_neither_town_nor_point_nor_door(self, publish):
        service = publish("Narbonne", "11", protected=True, phone="01 99 00 12 34")

        assert (service.town, service.latitude, service.longitude) == ("", None, None)
        [row] = service.needs.all()
        assert (row.latitude, row.longitude) == places.middle_of("11")

    def test_is_found_in_its_department_without_a_distance(self, publish):
        service = publish("Narbonne", "11", protected=True)
        service.site.addresses.create(label="12 rue des Lilas", town="Narbonne")

        [place] = asked("now", code="11069").later
        assert place.how_far == "dans le département 11"
        assert place.doors == []


def test_the_answer_costs_the_same_questions_for_one_place_as_for_forty(
    publish, opens, django_assert_max_num_queries
):
    opens(publish().site, weekday=1)
    asked("now")
    for _ in range(39):
        opens(publish().site, weekday=1)

    with django_assert_max_num_queries(8):
        assert len(asked("now").places) == 10
