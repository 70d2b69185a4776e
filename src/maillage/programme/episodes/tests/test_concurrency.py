"""Two people act at once, really: two threads, two connections."""

import threading
import time
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from maillage.core.errors import Refused
from maillage.programme.episodes.actions import appointments, follow
from maillage.programme.episodes.models import Appointment, Episode
from maillage.programme.intake.actions import register_referral
from maillage.programme.intake.models import Referral

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


def test_who_registers_and_who_plans_do_not_wait_for_each_other_in_a_ring(house):
    """One holds the trail and will check its foreign keys at the end, the other holds the
    organisation and wants the trail."""
    planned, referral = threading.Event(), house.referral()

    def plan():
        with transaction.atomic():
            appointments.plan(
                by=house.reception,
                referral=referral,
                practitioner=house.practitioner.user,
                starts_at=timezone.now() + timedelta(days=7),
            )
            planned.set()
            time.sleep(0.5)  # the other has come to the trail by then

    def register():
        planned.wait(10)
        register_referral(
            by=house.reception,
            identity={"sex": "H"},
            referral={
                "received_on": date(2025, 9, 1),
                "referrer_category": "spip",
                "legal_framework": "postsentenciel",
            },
        )

    assert at_once(plan, register) == [None, None]
    assert Referral.objects.count() == 2
