"""Whoever tries the public site of the demonstration finds somebody for each need."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from maillage.demo.neighbours import load_neighbours
from maillage.network.load import load as load_directory
from maillage.network.models import Organisation
from maillage.portal import places
from maillage.portal.finding import find
from maillage.portal.models import Service
from maillage.portal.needs import needs

TUESDAY = datetime(2026, 11, 24, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def neighbours():
    load_directory()
    load_neighbours(TUESDAY.date())


@pytest.mark.parametrize("need", needs())
def test_each_need_finds_a_place_near_beziers_this_week(need):
    found = find(needs()[need], places.commune("34032"), "week", TUESDAY)

    assert found.places
    assert found.places[0].kilometres < 40


@pytest.mark.parametrize("need", ["talk", "complaint", "health"])
def test_somebody_is_open_now_in_the_morning_of_a_working_day(need):
    [first, *_] = find(needs()[need], places.commune("34032"), "now", TUESDAY).places

    assert first.hours.is_open


def test_the_entries_of_real_organisations_say_that_nobody_vouches_for_them_yet():
    real = Service.objects.filter(organisation__is_invented=False)

    assert real.count() == 14
    assert not real.filter(verified_on__isnull=False).exists()


def test_invented_places_say_so_in_their_name():
    invented = Organisation.objects.filter(slug__startswith="exemple-")

    assert invented.count() == 4
    assert all(each.is_invented and each.name.endswith("(exemple)") for each in invented)


def test_one_of_them_is_overdue():
    late = Service.objects.filter(due_on__lt=date(2026, 11, 24))

    assert {each.name for each in late} == {"Budget, dettes et droits"}
