"""The end of a follow-up, what it does, and taking it back."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from maillage.core.errors import Refused, Stale
from maillage.core.models import TrailEntry
from maillage.programme.episodes.actions import follow
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeModuleFactory,
)
from maillage.programme.intake.tests.factories import ContactAttemptFactory

pytestmark = pytest.mark.django_db

LEFT = date(2026, 2, 3)


def leave(house, episode, **given):
    given = {"by": house.practitioner, "version": 1, "on": LEFT, "reason": "concertee", **given}
    return follow.record_exit(episode=episode, **given)


class TestAnExit:
    def test_ends_the_follow_up_with_one_trail_entry(self, house, one_entry):
        episode = house.episode()

        with one_entry() as trail:
            leave(house, episode, comment="Objectifs atteints.")

        episode.refresh_from_db()
        assert (episode.exited_on, episode.exit_reason) == (LEFT, "concertee")
        assert episode.exit_comment == "Objectifs atteints."
        assert trail.entry.details == {"reason": "concertee", "on": "2026-02-03"}

    def test_ends_the_modules_that_go_on_and_no_other(self, house):
        episode = house.episode()
        going_on = EpisodeModuleFactory(episode=episode)
        ended = EpisodeModuleFactory(episode=episode, code="stage", ends_on=date(2025, 11, 3))

        leave(house, episode)

        going_on.refresh_from_db()
        ended.refresh_from_db()
        assert (going_on.ends_on, ended.ends_on) == (LEFT, date(2025, 11, 3))

    def test_cancels_later_appointments_and_leaves_earlier_ones_to_be_marked(self, house):
        episode = house.episode()
        later = AppointmentFactory(referral=episode.referral)
        earlier = AppointmentFactory(
            referral=episode.referral, starts_at=timezone.now() - timedelta(days=400)
        )

        leave(house, episode)

        later.refresh_from_db()
        earlier.refresh_from_db()
        assert (later.status, earlier.status) == ("cancelled", "planned")

    @pytest.mark.parametrize("day", [date(2025, 9, 30), date(2999, 1, 1)])
    def test_is_refused_before_the_entry_and_after_today(self, house, day):
        with pytest.raises(Refused) as refused:
            leave(house, house.episode(), on=day)

        assert refused.value.field == "on"

    def test_is_refused_before_a_meeting_that_was_kept(self, house):
        episode = house.episode()
        AppointmentFactory(referral=episode.referral, kept=True)

        with pytest.raises(Refused) as refused:
            leave(house, episode, on=date(2025, 10, 2))

        assert refused.value.field == "on"

    def test_is_refused_before_the_start_of_a_module(self, house):
        module = EpisodeModuleFactory(episode=house.episode(), starts_on=date(2026, 2, 4))

        with pytest.raises(Refused) as refused:
            leave(house, module.episode)

        assert refused.value.field == "on"

    def test_is_refused_without_a_known_reason(self, house):
        with pytest.raises(Refused) as refused:
            leave(house, house.episode(), reason="lassitude")

        assert refused.value.field == "reason"

    def test_is_refused_twice(self, house):
        with pytest.raises(PermissionDenied):
            leave(house, house.episode(exited=True))

    def test_is_refused_to_reception(self, house):
        with pytest.raises(PermissionDenied):
            leave(house, house.episode(), by=house.reception)

    def test_is_stale_when_the_file_changed_meanwhile_and_writes_nothing(self, house):
        episode = house.episode()
        Episode.objects.update(version=2)

        with pytest.raises(Stale):
            leave(house, episode)

        episode.refresh_from_db()
        assert episode.is_open
        assert not TrailEntry.objects.exists()


class TestADropOut:
    """R158: the person is called or written to before their disengagement is recorded."""

    def test_is_refused_after_one_try(self, house):
        episode = house.episode()
        ContactAttemptFactory(referral=episode.referral)

        with pytest.raises(Refused, match="fait\u00a0: 1") as refused:
            leave(house, episode, reason="abandon", on=timezone.localdate())

        assert refused.value.field == "reason"

    def test_is_recorded_after_two_tries(self, house):
        episode = house.episode()
        ContactAttemptFactory.create_batch(2, referral=episode.referral)

        leave(house, episode, reason="abandon", on=timezone.localdate())

        episode.refresh_from_db()
        assert episode.exit_reason == "abandon"

    def test_tries_before_the_last_kept_meeting_do_not_count(self, house):
        episode = house.episode()
        before = timezone.now() - timedelta(days=3)
        ContactAttemptFactory.create_batch(2, referral=episode.referral, at=before)
        AppointmentFactory(referral=episode.referral, kept=True)
        ContactAttemptFactory(referral=episode.referral)

        with pytest.raises(Refused, match="fait\u00a0: 1"):
            leave(house, episode, reason="abandon", on=timezone.localdate())

    def test_tries_before_the_entry_do_not_count(self, house):
        episode = house.episode(entered_on=timezone.localdate() - timedelta(days=2))
        before = timezone.now() - timedelta(days=9)
        ContactAttemptFactory.create_batch(2, referral=episode.referral, at=before)

        with pytest.raises(Refused, match="fait\u00a0: 0"):
            leave(house, episode, reason="abandon", on=timezone.localdate())

    def test_a_missed_meeting_does_not_start_the_count_again(self, house):
        episode = house.episode()
        before = timezone.now() - timedelta(days=3)
        ContactAttemptFactory.create_batch(2, referral=episode.referral, at=before)
        AppointmentFactory(referral=episode.referral, missed=True)

        leave(house, episode, reason="abandon", on=timezone.localdate())

        episode.refresh_from_db()
        assert not episode.is_open

    @pytest.mark.parametrize("reason", ["concertee", "incarceration", "deces"])
    def test_no_other_reason_asks_for_tries(self, house, reason):
        episode = house.episode()

        leave(house, episode, reason=reason)

        episode.refresh_from_db()
        assert not episode.is_open


class TestCancellingAnExit:
    def test_opens_the_follow_up_again_with_one_trail_entry_that_keeps_the_exit(
        self, house, one_entry
    ):
        episode = house.episode(exited=True)

        with one_entry() as trail:
            follow.cancel_exit(by=house.manager, episode=episode, comment="Erreur de dossier.")

        episode.refresh_from_db()
        assert (episode.is_open, episode.exit_reason) == (True, "")
        assert trail.entry.details == {"on": "2025-12-19", "reason": "concertee"}

    def test_the_reason_is_kept_as_a_factual_note(self, house):
        episode = house.episode(exited=True)

        follow.cancel_exit(by=house.manager, episode=episode, comment="Erreur de dossier.")

        note = episode.participant.notes.get()
        assert (note.kind, note.text) == (
            "factual",
            "Sortie annulée\u00a0: Erreur de dossier.",
        )

    def test_the_modules_that_ended_with_it_go_on_again(self, house):
        episode = house.episode()
        ended_before = EpisodeModuleFactory(episode=episode, ends_on=date(2025, 12, 1))
        started_again = EpisodeModuleFactory(episode=episode, starts_on=date(2026, 1, 5))
        leave(house, episode)

        follow.cancel_exit(by=house.manager, episode=episode, comment="Erreur.")

        ended_before.refresh_from_db()
        started_again.refresh_from_db()
        assert (ended_before.ends_on, started_again.ends_on) == (date(2025, 12, 1), None)

    def test_of_two_rows_of_one_module_ended_that_day_the_later_goes_on(self, house):
        episode = house.episode()
        first = EpisodeModuleFactory(episode=episode, ends_on=LEFT)
        second = EpisodeModuleFactory(episode=episode, starts_on=LEFT)
        leave(house, episode)

        follow.cancel_exit(by=house.manager, episode=episode, comment="Erreur.")

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.ends_on, second.ends_on) == (LEFT, None)

    def test_is_refused_to_the_practitioner(self, house):
        with pytest.raises(PermissionDenied):
            follow.cancel_exit(
                by=house.practitioner, episode=house.episode(exited=True), comment="Erreur."
            )

    def test_is_refused_without_a_reason(self, house):
        with pytest.raises(Refused) as refused:
            follow.cancel_exit(by=house.manager, episode=house.episode(exited=True), comment=" ")

        assert refused.value.field == "comment"

    def test_is_refused_while_the_follow_up_goes_on(self, house):
        with pytest.raises(PermissionDenied):
            follow.cancel_exit(by=house.manager, episode=house.episode(), comment="Erreur.")

    def test_is_refused_once_the_person_came_back(self, house):
        past = house.episode(exited=True)
        house.episode(participant=past.participant, entered_on=date(2026, 1, 5))

        with pytest.raises(Refused):
            follow.cancel_exit(by=house.manager, episode=past, comment="Erreur.")

    def test_is_refused_once_the_person_came_back_and_left_again(self, house):
        past = house.episode(exited=True)
        house.episode(
            participant=past.participant,
            entered_on=date(2026, 1, 5),
            exited_on=date(2026, 2, 3),
            exit_reason="autre",
        )

        with pytest.raises(Refused):
            follow.cancel_exit(by=house.manager, episode=past, comment="Erreur.")
