"""Entering a follow-up, who follows it, its modules, the person's situation."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from maillage.core.errors import Refused, Stale
from maillage.core.models import TrailEntry
from maillage.network.tests.factories import MembershipFactory, SiteFactory
from maillage.programme.episodes.actions import follow
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.tests.factories import AppointmentFactory, EpisodeModuleFactory
from maillage.programme.intake.models import Referral, ReferralStep

pytestmark = pytest.mark.django_db

ENTRY = date(2025, 11, 3)
SITUATION = {"marital_status": "marie", "employment": "retraite", "resources": "retraite"}


def accept(house, referral, **given):
    given = {
        "by": house.practitioner,
        "version": 1,
        "entered_on": ENTRY,
        "site": house.site,
        **given,
    }
    return follow.accept(referral=referral, **given)


class TestAccepting:
    def test_opens_a_follow_up_with_its_modules_and_one_trail_entry(self, house, one_entry):
        referral = house.referral(waiting=True)

        with one_entry() as trail:
            episode = accept(
                house,
                referral,
                referent=house.colleague.user,
                modules=["stage", "suivi_psychologique", "stage"],
            )

        assert (trail.entry.verb, trail.entry.file) == (
            "referral_accepted",
            referral.participant.uid,
        )
        assert episode.is_open
        assert (episode.entered_on, episode.site, episode.referent) == (
            ENTRY,
            house.site,
            house.colleague.user,
        )
        assert [(m.code, m.starts_on) for m in episode.modules.order_by("code")] == [
            ("stage", ENTRY),
            ("suivi_psychologique", ENTRY),
        ]
        referral.refresh_from_db()
        assert referral.status == Referral.Status.ACCEPTED
        assert ReferralStep.objects.filter(referral=referral, status="accepted", on=ENTRY).exists()

    def test_keeps_the_situation_at_the_entry_on_the_referral(self, house):
        referral = house.referral()

        accept(house, referral, **SITUATION)

        referral.refresh_from_db()
        assert referral.employment == "retraite"

    def test_counts_a_meeting_kept_since_the_entry_as_the_last_contact(self, house):
        referral = house.referral()
        kept = AppointmentFactory(referral=referral, kept=True)

        assert accept(house, referral).last_contact_on == kept.day

    def test_is_refused_before_the_reception(self, house):
        referral = house.referral(received_on=date(2025, 11, 4))

        with pytest.raises(Refused) as refused:
            accept(house, referral)

        assert refused.value.field == "entered_on"

    def test_is_refused_in_the_future(self, house):
        with pytest.raises(Refused) as refused:
            accept(house, house.referral(), entered_on=timezone.localdate() + timedelta(days=1))

        assert refused.value.field == "entered_on"

    def test_is_refused_at_the_site_of_another_organisation(self, house):
        with pytest.raises(Refused) as refused:
            accept(house, house.referral(), site=SiteFactory())

        assert refused.value.field == "site"

    @pytest.mark.parametrize("who", ["stranger", "reception", "other_side", "ended"])
    def test_is_refused_with_a_referent_who_does_not_follow_files_here(self, house, who):
        with pytest.raises(Refused) as refused:
            accept(house, house.referral(), referent=getattr(house, who).user)

        assert refused.value.field == "referent"

    def test_is_refused_while_another_follow_up_of_the_person_goes_on(self, house):
        episode = house.episode()
        referral = house.referral(participant=episode.participant)

        with pytest.raises(Refused, match="déjà en cours"):
            accept(house, referral)

    def test_is_refused_during_a_follow_up_that_ended(self, house):
        episode = house.episode(exited=True)
        referral = house.referral(participant=episode.participant)

        with pytest.raises(Refused, match="pendant un suivi"):
            accept(house, referral, entered_on=date(2025, 12, 18))

    def test_opens_another_follow_up_on_a_return_from_the_day_of_the_exit_on(self, house):
        before = house.episode(exited=True)
        referral = house.referral(participant=before.participant)

        after = accept(house, referral, entered_on=before.exited_on)

        assert list(before.participant.episodes.order_by("entered_on")) == [before, after]
        before.refresh_from_db()
        assert before.exited_on == date(2025, 12, 19)

    def test_is_stale_when_the_referral_changed_meanwhile_and_writes_nothing(self, house):
        referral = house.referral()
        Referral.objects.filter(pk=referral.pk).update(version=2)

        with pytest.raises(Stale):
            accept(house, referral)

        assert not Episode.objects.exists()
        assert not TrailEntry.objects.exists()

    @pytest.mark.parametrize("state", ["accepted", "returned", "closed"])
    def test_is_refused_once_decided(self, house, state):
        with pytest.raises(PermissionDenied):
            accept(house, house.referral(**{state: True}))

    def test_is_refused_to_reception(self, house):
        with pytest.raises(PermissionDenied):
            accept(house, house.referral(), by=house.reception)

    def test_changes_nothing_when_the_trail_cannot_be_written(self, house, monkeypatch):
        def fail(*args, **kwargs):
            raise OSError("full")

        monkeypatch.setattr(follow.trail, "record", fail)
        referral = house.referral()

        with pytest.raises(OSError, match="full"):
            accept(house, referral)

        assert not Episode.objects.exists()
        referral.refresh_from_db()
        assert referral.status == Referral.Status.RECEIVED


class TestAssigning:
    def test_a_manager_gives_a_file_to_anyone_who_follows_files(self, house, one_entry):
        episode = house.episode()

        with one_entry() as trail:
            follow.assign(
                by=house.manager, episode=episode, version=1, referent=house.colleague.user
            )

        episode.refresh_from_db()
        assert episode.referent == house.colleague.user
        assert trail.entry.details == {
            "before": house.practitioner.user.pk,
            "after": house.colleague.user.pk,
        }

    def test_a_manager_may_leave_a_file_without_referent(self, house):
        episode = house.episode()

        follow.assign(by=house.manager, episode=episode, version=1, referent=None)

        episode.refresh_from_db()
        assert episode.referent is None

    def test_a_practitioner_takes_a_file_that_nobody_follows(self, house):
        episode = house.episode(referent=None)
        by = house.practitioner

        follow.assign(by=by, episode=episode, version=1, referent=by.user)

        episode.refresh_from_db()
        assert episode.referent == by.user

    def test_a_practitioner_does_not_give_such_a_file_to_a_colleague(self, house):
        episode = house.episode(referent=None)

        with pytest.raises(Refused):
            follow.assign(
                by=house.practitioner, episode=episode, version=1, referent=house.colleague.user
            )

    def test_a_practitioner_does_not_take_the_file_of_a_colleague(self, house):
        episode = house.episode()

        with pytest.raises(PermissionDenied):
            follow.assign(
                by=house.colleague, episode=episode, version=1, referent=house.colleague.user
            )

    def test_a_practitioner_does_not_take_an_ended_file_to_read_its_notes(self, house):
        episode = house.episode(referent=None, exited=True)

        with pytest.raises(PermissionDenied):
            follow.assign(
                by=house.colleague, episode=episode, version=1, referent=house.colleague.user
            )

    def test_a_file_does_not_leave_the_branch(self, house):
        with pytest.raises(Refused):
            follow.assign(
                by=house.manager, episode=house.episode(), version=1, referent=house.stranger.user
            )

    def test_is_stale_when_somebody_else_gave_it_meanwhile(self, house):
        episode = house.episode()
        follow.assign(by=house.manager, episode=episode, version=1, referent=house.colleague.user)

        with pytest.raises(Stale):
            follow.assign(by=house.manager, episode=episode, version=1, referent=None)

        episode.refresh_from_db()
        assert episode.referent == house.colleague.user


class TestPractitionersOfABranch:
    def test_are_those_who_follow_files_today_once_each_by_name(self, house):
        both = MembershipFactory(organisation=house.branch, manager=True, user__name="Aa")
        MembershipFactory(organisation=house.branch, user=both.user)

        found = follow.practitioners(house.branch.pk)

        assert found[0] == both.user
        assert set(found) == {
            both.user,
            house.practitioner.user,
            house.colleague.user,
            house.manager.user,
        }
        assert len(found) == 4


class TestModules:
    def test_a_module_starts_with_one_trail_entry(self, house, one_entry):
        episode = house.episode()

        with one_entry() as trail:
            module = follow.start_module(
                by=house.practitioner, episode=episode, code="stage", starts_on=date(2025, 11, 3)
            )

        assert (module.code, module.ends_on) == ("stage", None)
        assert trail.entry.verb == "module_started"

    @pytest.mark.parametrize("day", [date(2025, 9, 30), date(2999, 1, 1)])
    def test_it_starts_between_the_entry_and_today(self, house, day):
        with pytest.raises(Refused) as refused:
            follow.start_module(
                by=house.practitioner, episode=house.episode(), code="stage", starts_on=day
            )

        assert refused.value.field == "starts_on"

    def test_it_is_not_started_twice(self, house):
        module = EpisodeModuleFactory(episode=house.episode())

        with pytest.raises(Refused) as refused:
            follow.start_module(
                by=house.practitioner,
                episode=module.episode,
                code=module.code,
                starts_on=date(2025, 11, 3),
            )

        assert refused.value.field == "code"

    def test_it_is_not_started_in_an_ended_follow_up(self, house):
        with pytest.raises(PermissionDenied):
            follow.start_module(
                by=house.practitioner,
                episode=house.episode(exited=True),
                code="stage",
                starts_on=date(2025, 11, 3),
            )

    def test_the_referent_gives_it_to_a_colleague(self, house):
        module = follow.start_module(
            by=house.practitioner,
            episode=house.episode(),
            code="stage",
            starts_on=date(2025, 11, 3),
            practitioner=house.colleague.user,
        )

        assert module.practitioner == house.colleague.user

    def test_a_colleague_does_not_give_it_to_oneself_to_read_the_notes(self, house):
        with pytest.raises(PermissionDenied):
            follow.start_module(
                by=house.colleague,
                episode=house.episode(),
                code="stage",
                starts_on=date(2025, 11, 3),
                practitioner=house.colleague.user,
            )

    def test_a_practitioner_may_give_oneself_one_of_a_file_that_nobody_follows(self, house):
        module = follow.start_module(
            by=house.colleague,
            episode=house.episode(referent=None),
            code="stage",
            starts_on=date(2025, 11, 3),
            practitioner=house.colleague.user,
        )

        assert module.practitioner == house.colleague.user

    def test_it_ends_with_one_trail_entry(self, house, one_entry):
        module = EpisodeModuleFactory(episode=house.episode())

        with one_entry() as trail:
            follow.end_module(by=house.practitioner, module=module, ends_on=date(2025, 12, 1))

        module.refresh_from_db()
        assert module.ends_on == date(2025, 12, 1)
        assert trail.entry.verb == "module_ended"

    @pytest.mark.parametrize("day", [date(2025, 9, 30), date(2999, 1, 1)])
    def test_it_ends_between_its_start_and_today(self, house, day):
        module = EpisodeModuleFactory(episode=house.episode())

        with pytest.raises(Refused) as refused:
            follow.end_module(by=house.practitioner, module=module, ends_on=day)

        assert refused.value.field == "ends_on"

    def test_it_ends_once(self, house):
        module = EpisodeModuleFactory(episode=house.episode(), ends_on=date(2025, 12, 1))

        with pytest.raises(Refused):
            follow.end_module(by=house.practitioner, module=module, ends_on=date(2025, 12, 2))


class TestChangingTheSituation:
    def test_keeps_what_changed_and_leaves_the_entry_as_it_was(self, house, one_entry):
        episode = house.episode()

        with one_entry():
            change = follow.change_situation(
                by=house.practitioner, episode=episode, on=date(2025, 12, 1), **SITUATION
            )

        assert (change.marital_status, change.by) == ("marie", house.practitioner.user)
        episode.referral.refresh_from_db()
        assert episode.referral.marital_status == "non_precise"

    @pytest.mark.parametrize("day", [date(2025, 9, 30), date(2999, 1, 1)])
    def test_is_refused_before_the_entry_and_after_today(self, house, day):
        with pytest.raises(Refused) as refused:
            follow.change_situation(
                by=house.practitioner, episode=house.episode(), on=day, **SITUATION
            )

        assert refused.value.field == "on"

    def test_is_refused_twice_the_same_day(self, house):
        episode = house.episode()
        follow.change_situation(
            by=house.practitioner, episode=episode, on=date(2025, 12, 1), **SITUATION
        )

        with pytest.raises(Refused) as refused:
            follow.change_situation(
                by=house.practitioner, episode=episode, on=date(2025, 12, 1), **SITUATION
            )

        assert refused.value.field == "on"
