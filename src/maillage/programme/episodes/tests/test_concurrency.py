"""Two people act at once, really: two threads, two connections."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from maillage.core.errors import Refused
from maillage.programme.episodes.actions import appointments, follow
from maillage.programme.episodes.models import Appointment, Episode

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts) -> list[Exception | None]:
    """Runs each act in its own thread, all from the same moment; gives what each raised."""
    ready, raised = threading.Barrier(len(acts)), [None] * len(acts)

    def run(rank, act):
        try:
            ready.wait(10)
            act()
        except Exception as error:
            raised[rank] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


def test_two_acceptances_of_one_person_open_one_follow_up(house):
    first = house.referral()
    second = house.referral(participant=first.participant)

    def accept(referral):
        return lambda: follow.accept(
            by=house.practitioner,
            referral=referral,
            version=1,
            entered_on=date(2025, 11, 3),
            site=house.site,
        )

    raised = at_once(accept(first), accept(second))

    assert sorted(type(error).__name__ for error in raised) == ["NoneType", "Refused"]
    assert Episode.objects.open().count() == 1


def test_two_meetings_of_one_practitioner_do_not_share_an_hour(house):
    at = timezone.now() + timedelta(days=7)

    def plan(referral, minutes):
        return lambda: appointments.plan(
            by=house.reception,
            referral=referral,
            practitioner=house.practitioner.user,
            starts_at=at + timedelta(minutes=minutes),
        )

    raised = at_once(plan(house.referral(), 0), plan(house.referral(), 15))

    assert sorted(type(error).__name__ for error in raised) == ["NoneType", "Refused"]
    assert Appointment.objects.count() == 1


def test_two_exits_of_one_follow_up_leave_one(house):
    episode = house.episode()

    def leave(reason):
        return lambda: follow.record_exit(
            by=house.practitioner, episode=episode, version=1, on=date(2026, 2, 3), reason=reason
        )

    raised = at_once(leave("concertee"), leave("autre"))

    assert [error for error in raised if error is None] == [None]
    assert not isinstance(next(error for error in raised if error), Refused)
    episode.refresh_from_db()
    assert episode.version == 2
