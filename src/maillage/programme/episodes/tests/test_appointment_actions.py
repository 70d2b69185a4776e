"""Appointments: nothing that happened is overwritten (I68)."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from maillage.core.errors import Refused
from maillage.core.models import TrailEntry
from maillage.network.tests.factories import MembershipFactory, SiteFactory
from maillage.programme.episodes.actions import appointments
from maillage.programme.episodes.models import Appointment
from maillage.programme.episodes.tests.factories import AppointmentFactory
from maillage.programme.intake.actions import close_without_entry
from maillage.programme.intake.tests.factories import ReferralFactory

pytestmark = pytest.mark.django_db

IN_A_WEEK = timedelta(days=7)


def plan(house, referral, **given):
    given = {
        "by": house.reception,
        "practitioner": house.practitioner.user,
        "starts_at": timezone.now() + IN_A_WEEK,
        **given,
    }
    return appointments.plan(referral=referral, **given)


class TestPlanning:
    def test_fixes_a_meeting_with_one_trail_entry(self, house, one_entry):
        referral = house.referral()

        with one_entry() as trail:
            appointment = plan(house, referral, kind="phone", site=house.site)

        assert trail.entry.verb == "appointment_planned"
        assert (appointment.status, appointment.kind) == ("planned", "phone")
        assert appointment.participant == referral.participant
        assert appointment.organisation == house.branch

    def test_that_of_the_assessment_makes_it_due_and_the_trail_tells_both(self, house):
        referral = house.referral()

        plan(house, referral, kind="assessment")

        referral.refresh_from_db()
        assert referral.status == "to_assess"
        assert list(TrailEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
            "assessment_due",
            "appointment_planned",
        ]

    def test_that_of_somebody_who_waits_leaves_the_place_in_the_list(self, house):
        referral = house.referral(waiting=True)

        plan(house, referral, kind="assessment")

        referral.refresh_from_db()
        assert referral.status == "waiting"

    def test_a_meeting_of_the_past_may_be_entered_afterwards(self, house):
        assert plan(house, house.referral(), starts_at=timezone.now() - IN_A_WEEK).is_past

    def test_is_refused_before_the_referral(self, house):
        referral = house.referral(received_on=timezone.localdate())

        with pytest.raises(Refused) as refused:
            plan(house, referral, starts_at=timezone.now() - timedelta(days=2))

        assert refused.value.field == "starts_at"

    @pytest.mark.parametrize("who", ["stranger", "reception", "ended", "other_side"])
    def test_is_refused_with_who_does_not_follow_files_here(self, house, who):
        with pytest.raises(Refused) as refused:
            plan(house, house.referral(), practitioner=getattr(house, who).user)

        assert refused.value.field == "practitioner"

    def test_is_refused_at_the_site_of_another_organisation(self, house):
        with pytest.raises(Refused) as refused:
            plan(house, house.referral(), site=SiteFactory())

        assert refused.value.field == "site"

    @pytest.mark.parametrize("minutes", [-44, 0, 44])
    def test_is_refused_while_the_practitioner_meets_somebody_else(self, house, minutes):
        at = timezone.now() + IN_A_WEEK
        plan(house, house.referral(), starts_at=at)

        with pytest.raises(Refused, match="déjà un rendez-vous"):
            plan(house, house.referral(), starts_at=at + timedelta(minutes=minutes))

    @pytest.mark.parametrize("minutes", [-45, 45])
    def test_is_fixed_right_before_and_right_after_another(self, house, minutes):
        at = timezone.now() + IN_A_WEEK
        plan(house, house.referral(), starts_at=at)

        assert plan(house, house.referral(), starts_at=at + timedelta(minutes=minutes)).pk

    def test_takes_the_hour_of_one_that_was_cancelled(self, house):
        first = plan(house, house.referral())
        appointments.mark(by=house.reception, appointment=first, transition="cancel")

        assert plan(house, house.referral(), starts_at=first.starts_at).pk

    def test_is_refused_once_the_referral_ended(self, house):
        with pytest.raises(Refused, match="terminée"):
            plan(house, house.referral(returned=True))

    def test_is_refused_after_the_exit(self, house):
        with pytest.raises(Refused, match="terminé"):
            plan(house, house.episode(exited=True).referral)


class TestMarking:
    @pytest.mark.parametrize(
        ("transition", "status", "verb"),
        [
            ("keep", "kept", "appointment_kept"),
            ("excuse", "excused", "appointment_excused"),
            ("miss", "missed", "appointment_missed"),
            ("cancel", "cancelled", "appointment_cancelled"),
        ],
    )
    def test_says_what_became_of_it_with_one_trail_entry(
        self, house, one_entry, transition, status, verb
    ):
        appointment = AppointmentFactory(referral=house.referral(), past=True)

        with one_entry() as trail:
            appointments.mark(by=house.reception, appointment=appointment, transition=transition)

        appointment.refresh_from_db()
        assert (appointment.status, trail.entry.verb) == (status, verb)

    @pytest.mark.parametrize("transition", ["keep", "miss"])
    def test_a_meeting_to_come_is_neither_kept_nor_missed(self, house, transition):
        appointment = AppointmentFactory(referral=house.referral())

        with pytest.raises(Refused, match="pas encore eu lieu"):
            appointments.mark(by=house.reception, appointment=appointment, transition=transition)

    def test_a_meeting_to_come_may_be_excused(self, house):
        appointment = AppointmentFactory(referral=house.referral())

        marked = appointments.mark(by=house.reception, appointment=appointment, transition="excuse")

        assert marked.status == "excused"

    @pytest.mark.parametrize("mark", ["kept", "missed", "excused"])
    def test_is_corrected_back_to_be_marked_again(self, house, mark):
        appointment = AppointmentFactory(referral=house.referral(), **{mark: True})

        appointments.mark(by=house.reception, appointment=appointment, transition="correct")

        appointment.refresh_from_db()
        assert appointment.status == "planned"

    @pytest.mark.parametrize("transition", ["keep", "miss", "excuse", "cancel"])
    def test_is_said_once(self, house, transition):
        appointment = AppointmentFactory(referral=house.referral(), kept=True)

        with pytest.raises(PermissionDenied, match="honoré"):
            appointments.mark(by=house.reception, appointment=appointment, transition=transition)

    @pytest.mark.parametrize("status", ["postponed", "cancelled"])
    def test_what_was_postponed_or_cancelled_is_not_taken_back(self, house, status):
        appointment = AppointmentFactory(referral=house.referral(), status=status)

        with pytest.raises(PermissionDenied):
            appointments.mark(by=house.reception, appointment=appointment, transition="correct")

    def test_a_meeting_before_an_exit_is_still_to_be_marked(self, house):
        episode = house.episode()
        episode.exited_on, episode.exit_reason = timezone.localdate(), "concertee"
        episode.save()
        appointment = AppointmentFactory(referral=episode.referral, past=True)

        marked = appointments.mark(by=house.reception, appointment=appointment, transition="keep")

        assert marked.status == "kept"


class TestPostponing:
    def test_keeps_each_appointment_and_the_chain_between_them(self, house, one_entry):
        first = plan(house, house.referral(), site=house.site, minutes=60)
        with one_entry() as trail:
            second = appointments.postpone(
                by=house.reception,
                appointment=first,
                starts_at=first.starts_at + IN_A_WEEK,
                asked_by_person=False,
            )
        third = appointments.postpone(
            by=house.reception, appointment=second, starts_at=second.starts_at + IN_A_WEEK
        )

        first.refresh_from_db()
        second.refresh_from_db()
        assert [a.status for a in (first, second, third)] == ["postponed", "postponed", "planned"]
        assert (second.supersedes, third.supersedes) == (first, second)
        assert (third.site, third.minutes, third.practitioner) == (
            house.site,
            60,
            house.practitioner.user,
        )
        assert trail.entry.details["asked_by_person"] is False
        assert Appointment.objects.current().get() == third

    def test_may_give_it_to_somebody_else(self, house):
        first = plan(house, house.referral())

        second = appointments.postpone(
            by=house.reception,
            appointment=first,
            starts_at=first.starts_at + IN_A_WEEK,
            practitioner=house.colleague.user,
        )

        assert second.practitioner == house.colleague.user

    def test_within_its_own_hour_is_not_an_overlap_with_itself(self, house):
        first = plan(house, house.referral())

        second = appointments.postpone(
            by=house.reception,
            appointment=first,
            starts_at=first.starts_at + timedelta(minutes=15),
        )

        assert second.status == "planned"

    def test_is_refused_to_the_past_and_leaves_it_planned(self, house):
        first = plan(house, house.referral())

        with pytest.raises(Refused) as refused:
            appointments.postpone(
                by=house.reception, appointment=first, starts_at=timezone.now() - IN_A_WEEK
            )

        first.refresh_from_db()
        assert (refused.value.field, first.status) == ("starts_at", "planned")

    def test_is_refused_on_an_hour_that_is_taken_and_leaves_it_planned(self, house):
        first = plan(house, house.referral())
        other = plan(house, house.referral(), starts_at=timezone.now() + 2 * IN_A_WEEK)

        with pytest.raises(Refused):
            appointments.postpone(by=house.reception, appointment=first, starts_at=other.starts_at)

        first.refresh_from_db()
        assert first.status == "planned"
        assert Appointment.objects.count() == 2

    def test_is_refused_with_who_left_the_branch(self, house):
        gone = MembershipFactory(organisation=house.branch)
        first = plan(house, house.referral(), practitioner=gone.user)
        gone.ends_on = date(2024, 6, 1)
        gone.save()

        with pytest.raises(Refused) as refused:
            appointments.postpone(
                by=house.reception, appointment=first, starts_at=first.starts_at + IN_A_WEEK
            )

        assert refused.value.field == "practitioner"

    def test_is_refused_beyond_the_exit(self, house):
        episode = house.episode()
        past = AppointmentFactory(referral=episode.referral, past=True)
        past.practitioner = house.practitioner.user
        past.save()
        episode.exited_on, episode.exit_reason = timezone.localdate(), "concertee"
        episode.save()

        with pytest.raises(Refused, match="terminé"):
            appointments.postpone(
                by=house.reception, appointment=past, starts_at=timezone.now() + IN_A_WEEK
            )


class TestAReferralThatEndsWithoutEntry:
    def test_cancels_the_appointments_to_come_and_leaves_those_of_the_past(self):
        by = MembershipFactory()
        referral = ReferralFactory(participant__organisation=by.organisation)
        to_come = AppointmentFactory(referral=referral)
        past = AppointmentFactory(referral=referral, past=True)

        close_without_entry(
            by=by, referral=referral, on=timezone.localdate(), reason="refus_personne"
        )

        to_come.refresh_from_db()
        past.refresh_from_db()
        assert (to_come.status, past.status) == ("cancelled", "planned")
