"""The private calendar: neutral, revocable, and over with the membership."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from maillage.accounts.tests.signing import sign_in
from maillage.core.calendar import short_date
from maillage.core.errors import Refused
from maillage.core.models import TrailEntry
from maillage.network.models import CalendarFeed
from maillage.network.tests.factories import SiteFactory
from maillage.programme.groups.actions import feeds, planning
from maillage.programme.groups.models import Speaker
from maillage.programme.groups.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(house):
    return factories.group(
        house.branch, house.site, starts_on=timezone.localdate() + timedelta(days=20)
    )


def read(token: str):
    return Client().get(reverse("calendar_feed", args=[token]))


def events(token: str) -> list:
    answer = read(token)
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_an_agenda_gets_the_hour_and_the_number_and_nothing_else(house, run):
    token = feeds.open_feed(by=house.practitioner, is_mine=False)

    found = events(token)

    assert [str(one["summary"]) for one in found] == [f"Séance {run.number}"] * run.sessions.count()
    first = run.sessions.first()
    assert found[0]["dtstart"].dt == first.starts_at
    assert found[0]["dtend"].dt == first.ends_at
    told = read(token).content.decode().casefold()
    for word in (run.template.offer.name, str(house.site), str(house.branch), "violence", "stage"):
        assert word.casefold() not in told


def test_it_is_kept_by_nobody_on_the_way(house, run):
    token = feeds.open_feed(by=house.practitioner, is_mine=False)

    answer = read(token)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert not answer.cookies
    kept = CalendarFeed.objects.get()
    assert token not in (kept.digest, str(kept))


def test_ones_own_sessions_alone(house, run):
    Speaker.objects.create(
        session=run.sessions.first(), user=house.practitioner.user, function="other"
    )
    token = feeds.open_feed(by=house.practitioner, is_mine=True)

    assert [one["dtstart"].dt for one in events(token)] == [run.sessions.first().starts_at]


def test_never_those_of_another_branch(house, run):
    theirs = factories.group(
        house.stranger.organisation,
        SiteFactory(organisation=house.stranger.organisation),
        starts_on=timezone.localdate() + timedelta(days=20),
        number="2031-01",
    )
    token = feeds.open_feed(by=house.stranger, is_mine=False)

    assert {str(one["summary"]) for one in events(token)} == {f"Séance {theirs.number}"}


def test_a_session_that_is_cancelled_is_taken_away_and_one_that_moved_moves(house, run):
    token = feeds.open_feed(by=house.practitioner, is_mine=False)
    before = events(token)[0]
    session = run.sessions.first()
    planning.move_session(
        by=house.manager,
        session=session,
        starts_at=session.starts_at + timedelta(days=1),
    )
    moved = events(token)[0]
    assert moved["uid"] == before["uid"]
    assert moved["sequence"] > before["sequence"]
    assert moved["dtstart"].dt - before["dtstart"].dt == timedelta(days=1)

    planning.cancel_group(by=house.manager, group=run, reason="Trop peu de monde")

    assert {str(one["status"]) for one in events(token)} == {"CANCELLED"}


def test_an_address_that_is_closed_or_made_up_is_one_that_never_was(house, run):
    token = feeds.open_feed(by=house.practitioner, is_mine=False)
    feeds.close_feed(by=house.practitioner, feed=CalendarFeed.objects.get())

    assert read(token).status_code == read("inconnue").status_code == 404
    assert read(token).content == read("inconnue").content
    assert [e.verb for e in TrailEntry.objects.filter(verb__startswith="calendar")] == [
        "calendar_opened",
        "calendar_closed",
    ]


def test_it_ends_with_the_membership_and_with_the_account(house, run):
    token = feeds.open_feed(by=house.practitioner, is_mine=False)
    house.practitioner.ends_on = timezone.localdate() - timedelta(days=1)
    house.practitioner.starts_on = timezone.localdate() - timedelta(days=90)
    house.practitioner.save()
    assert read(token).status_code == 404

    other = feeds.open_feed(by=house.manager, is_mine=False)
    house.manager.user.is_active = False
    house.manager.user.save()
    assert read(other).status_code == 404


def test_a_colleague_closes_only_their_own(house):
    feeds.open_feed(by=house.practitioner, is_mine=False)
    feed = CalendarFeed.objects.get()

    feeds.close_feed(by=house.manager, feed=feed)

    feed.refresh_from_db()
    assert feed.closed_at is None


def test_five_are_open_at_most(house):
    for _ in range(5):
        feeds.open_feed(by=house.practitioner, is_mine=True)

    with pytest.raises(Refused, match="fermez-en une"):
        feeds.open_feed(by=house.practitioner, is_mine=True)


def test_the_page_shows_the_address_once_and_the_day_it_was_read(house, run):
    client = Client()
    sign_in(client, house.practitioner)

    shown = client.post(reverse("calendar_open"), {"mine": "0"})
    address = shown.context["address"]
    assert address in shown.content.decode()
    assert Client().get(address).status_code == 200

    again = client.get(reverse("calendar")).content.decode()
    assert address not in again
    assert f"lue le {short_date(timezone.localdate())}" in again
