"""Every constraint of the follow-up's tables, by name."""

from datetime import date

import pytest
from django.db import IntegrityError

from maillage.programme.episodes.models import Appointment
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeFactory,
    EpisodeModuleFactory,
    NoteFactory,
    SituationChangeFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("constraint", "make", "broken"),
    [
        (
            "episode_exits_after_it_enters",
            EpisodeFactory,
            {"exited": True, "exited_on": date(2025, 9, 30)},
        ),
        ("episode_exit_is_whole", EpisodeFactory, {"exit_reason": "concertee"}),
        ("episode_exit_is_whole", EpisodeFactory, {"exited_on": date(2025, 12, 19)}),
        (
            "episode_exit_reason_known",
            EpisodeFactory,
            {"exited": True, "exit_reason": "lassitude"},
        ),
        ("episode_module_known", EpisodeModuleFactory, {"code": "yoga"}),
        (
            "episode_module_ends_after_it_starts",
            EpisodeModuleFactory,
            {"ends_on": date(2025, 1, 1)},
        ),
        ("situation_marital_status_known", SituationChangeFactory, {"marital_status": "amoureux"}),
        ("situation_employment_known", SituationChangeFactory, {"employment": "occupé"}),
        ("situation_resources_known", SituationChangeFactory, {"resources": "loto"}),
        ("appointment_status_known", AppointmentFactory, {"status": "oublié"}),
        ("appointment_kind_known", AppointmentFactory, {"kind": "café"}),
        ("appointment_lasts", AppointmentFactory, {"minutes": 4}),
        ("appointment_lasts", AppointmentFactory, {"minutes": 481}),
        ("note_kind_known", NoteFactory, {"kind": "rumour"}),
    ],
)
def test_the_database_refuses(constraint, make, broken):
    with pytest.raises(IntegrityError, match=constraint):
        make(**broken)


def test_a_person_has_one_open_follow_up_at_most():
    episode = EpisodeFactory()

    with pytest.raises(IntegrityError) as refused:
        EpisodeFactory(referral__participant=episode.participant)

    assert "episode_one_open_a_person" in str(refused.value) or "participant_id" in str(
        refused.value
    )


def test_a_person_may_have_several_ended_follow_ups_and_an_open_one():
    episode = EpisodeFactory(exited=True)

    again = EpisodeFactory(referral__participant=episode.participant, entered_on=date(2026, 1, 5))

    assert again.participant == episode.participant


def test_a_module_is_open_once_in_a_follow_up():
    module = EpisodeModuleFactory()

    with pytest.raises(IntegrityError):
        EpisodeModuleFactory(episode=module.episode)


def test_a_module_may_be_taken_up_again_once_ended():
    module = EpisodeModuleFactory(ends_on=date(2025, 11, 3))

    again = EpisodeModuleFactory(episode=module.episode, starts_on=date(2025, 12, 1))

    assert again.code == module.code


def test_a_situation_changes_once_a_day():
    change = SituationChangeFactory()

    with pytest.raises(IntegrityError):
        SituationChangeFactory(episode=change.episode, on=change.on)


def test_an_appointment_supersedes_one_other_at_most():
    first = AppointmentFactory(status=Appointment.Status.POSTPONED)
    AppointmentFactory(referral=first.referral, supersedes=first)

    with pytest.raises(IntegrityError):
        AppointmentFactory(referral=first.referral, supersedes=first)


def test_an_appointment_does_not_supersede_itself():
    appointment = AppointmentFactory()

    with pytest.raises(IntegrityError, match="appointment_not_its_own_successor"):
        Appointment.objects.filter(pk=appointment.pk).update(supersedes=appointment)


def test_a_referral_opens_one_follow_up_at_most():
    episode = EpisodeFactory(exited=True)

    with pytest.raises(IntegrityError):
        EpisodeFactory(referral=episode.referral, exited=True)
