"""Waiting, assessing, returning, closing, reopening, passing on."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from maillage.barriers.actions import bar, lift_barrier, restrict, unrestrict
from maillage.core.errors import Refused
from maillage.core.models import TrailEntry
from maillage.network.models import Mandate
from maillage.network.tests.factories import (
    MandateFactory,
    MembershipFactory,
    OrganisationFactory,
    SiteFactory,
)
from maillage.programme.intake import access, actions
from maillage.programme.intake.models import Assessment, Barrier, Participant, Referral
from maillage.programme.intake.tests.acts import GRID
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ContactAttemptFactory,
    ObligationFactory,
    ParticipantFactory,
    ReferralFactory,
    RequestedModuleFactory,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
Status = Referral.Status


@pytest.fixture
def referral(branch):
    return ReferralFactory(participant__organisation=branch)


@pytest.fixture
def receiver():
    return OrganisationFactory(branch=True)


@pytest.fixture
def sent(branch):
    person = ParticipantFactory(
        organisation=branch, last_name="Salamandre", phone="+33639981234", town="Agde"
    )
    sent = ReferralFactory(
        participant=person,
        waiting=True,
        is_urgent=True,
        care_obligation=True,
        legal_framework="composition_penale",
        motivation="adhesion",
        marital_status="marie",
        employment="retraite",
        resources="retraite",
        comment="Pour nous seuls",
    )
    ObligationFactory(referral=sent, code="arme", ends_on=date(2027, 1, 1))
    RequestedModuleFactory(referral=sent, code="stage")
    ContactAttemptFactory(referral=sent)
    AssessmentFactory(referral=sent)
    return sent


class TestPuttingOnTheWaitingList:
    def test_takes_a_site_and_keeps_the_day(self, reception, referral, site):
        actions.put_on_waiting_list(by=reception, referral=referral, site=site, on=TODAY())

        referral.refresh_from_db()
        assert (referral.status, referral.site, referral.version) == (Status.WAITING, site, 2)
        assert referral.steps.last().on == TODAY()
        assert referral.received_on == date(2025, 9, 1)

    def test_needs_a_site(self, reception, referral):
        with pytest.raises(Refused) as refusal:
            actions.put_on_waiting_list(by=reception, referral=referral)

        assert refusal.value.field == "site"

    def test_refuses_the_site_of_another_branch(self, reception, referral):
        with pytest.raises(Refused) as refusal:
            actions.put_on_waiting_list(by=reception, referral=referral, site=SiteFactory())

        assert refusal.value.field == "site"

    def test_is_refused_to_one_who_waits_already(self, reception, branch):
        waiting = ReferralFactory(participant__organisation=branch, waiting=True)

        with pytest.raises(PermissionDenied, match="en attente"):
            actions.put_on_waiting_list(by=reception, referral=waiting)


@pytest.mark.parametrize(
    "on", [date(2025, 8, 31), date(2025, 9, 9), timezone.localdate() + timedelta(days=1)]
)
def test_a_step_is_neither_to_come_nor_before_the_one_it_follows(on, manager, referral):
    actions.plan_assessment(by=manager, referral=referral, on=date(2025, 9, 10))

    with pytest.raises(Refused) as refusal:
        actions.close_without_entry(by=manager, referral=referral, on=on, reason="injoignable")

    assert refusal.value.field == "on"


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (actions.return_to_referrer, Status.RETURNED),
        (actions.close_without_entry, Status.CLOSED),
    ],
)
class TestEndingWithoutEntry:
    def test_keeps_the_day_the_reason_and_why(self, act, status, manager, referral):
        act(by=manager, referral=referral, on=date(2025, 10, 1), reason="injoignable", comment="…")

        referral.refresh_from_db()
        assert (referral.status, referral.ended_on) == (status, date(2025, 10, 1))
        assert referral.return_reason == "injoignable"
        assert referral.steps.last().reason == "…"

    def test_needs_a_known_reason(self, act, status, manager, referral):
        with pytest.raises(Refused) as refusal:
            act(by=manager, referral=referral, on=TODAY(), reason="parce que")

        assert refusal.value.field == "reason"

    def test_is_refused_once_accepted(self, act, status, manager, branch):
        accepted = ReferralFactory(participant__organisation=branch, accepted=True)

        with pytest.raises(PermissionDenied):
            act(by=manager, referral=accepted, on=TODAY(), reason="injoignable")


class TestReopening:
    @pytest.mark.parametrize("trait", ["returned", "closed"])
    def test_takes_it_up_again_with_its_past_steps(self, manager, branch, trait):
        ended = ReferralFactory(participant__organisation=branch, **{trait: True})

        actions.reopen(by=manager, referral=ended)

        ended.refresh_from_db()
        assert (ended.status, ended.ended_on, ended.return_reason) == (Status.RECEIVED, None, "")
        assert ended.steps.count() == 3

    def test_is_refused_beside_a_pending_one(self, manager, branch):
        ended = ReferralFactory(participant__organisation=branch, closed=True)
        ReferralFactory(participant=ended.participant)

        with pytest.raises(Refused, match="Une autre orientation"):
            actions.reopen(by=manager, referral=ended)

    def test_is_refused_after_a_redirection(self, manager, branch):
        sent = ReferralFactory(participant__organisation=branch, redirected=True)

        with pytest.raises(PermissionDenied):
            actions.reopen(by=manager, referral=sent)


class TestPassingOnToAnotherBranch:
    def pass_on(self, by, sent, to, **changes):
        given = {"on": TODAY(), "comment": "Bienvenue"} | changes
        return actions.redirect(by=by, referral=sent, to=to, **given).redirected_to

    def test_makes_two_files_of_one_person(self, manager, sent, receiver):
        theirs = self.pass_on(manager, sent, receiver).participant

        assert theirs != sent.participant
        assert theirs.organisation == receiver
        assert theirs.person_key == sent.participant.person_key
        assert Participant.objects.filter(person_key=theirs.person_key).count() == 2

    def test_passes_identity_frame_obligations_modules_and_situation(self, manager, sent, receiver):
        received = self.pass_on(manager, sent, receiver)

        theirs = received.participant
        assert (theirs.last_name, theirs.phone, theirs.town) == (
            "Salamandre",
            "+33639981234",
            "Agde",
        )
        assert received.legal_framework == "composition_penale"
        assert (received.care_obligation, received.is_urgent) == (True, True)
        assert received.motivation == "adhesion"
        assert (received.marital_status, received.employment, received.resources) == (
            "marie",
            "retraite",
            "retraite",
        )
        assert [(o.code, o.ends_on) for o in received.obligations.all()] == [
            ("arme", date(2027, 1, 1))
        ]
        assert [m.code for m in received.requested_modules.all()] == ["stage"]
        assert (received.referrer_category, received.referrer) == ("antenne", sent.organisation)

    def test_passes_no_note_call_assessment_or_comment(self, manager, sent, receiver):
        received = self.pass_on(manager, sent, receiver)

        assert received.comment == "Bienvenue"
        assert not received.contact_attempts.exists()
        assert not received.assessments.exists()

    def test_begins_no_other_six_months(self, manager, branch, receiver):
        today = TODAY()
        sent = ReferralFactory(
            participant__organisation=branch, received_on=today, due_on=today + timedelta(days=40)
        )

        assert self.pass_on(manager, sent, receiver).wait_limit == today + timedelta(days=40)

    def test_owes_a_late_place_at_once(self, manager, sent, receiver):
        assert self.pass_on(manager, sent, receiver).wait_limit == TODAY()

    def test_is_found_by_name_there(self, manager, sent, receiver):
        from maillage.network.tests.factories import MembershipFactory
        from maillage.programme.intake import names

        received = self.pass_on(manager, sent, receiver)

        there = MembershipFactory(organisation=receiver, reception=True)
        assert names.search("salamandre", by=there) == [received.participant]

    def test_goes_back_into_the_file_that_they_had_and_leaves_their_identity(
        self, manager, sent, receiver
    ):
        theirs = ParticipantFactory(
            organisation=receiver,
            person_key=sent.participant.person_key,
            last_name="Salamandre-Roux",
        )
        ReferralFactory(participant=theirs, closed=True)

        received = self.pass_on(manager, sent, receiver)

        assert (received.participant, received.number) == (theirs, 2)
        assert received.participant.last_name == "Salamandre-Roux"

    def test_is_refused_where_they_treat_one_already(self, manager, sent, receiver):
        theirs = ParticipantFactory(organisation=receiver, person_key=sent.participant.person_key)
        ReferralFactory(participant=theirs, waiting=True)

        with pytest.raises(Refused) as refusal:
            self.pass_on(manager, sent, receiver)

        assert refusal.value.field == "to"

    def test_is_refused_to_whatever_is_no_other_branch_today(self, manager, sent, branch):
        partner = OrganisationFactory()
        past = OrganisationFactory()
        MandateFactory(organisation=past, ends_on=date(2024, 12, 31))
        coming = OrganisationFactory()
        MandateFactory(organisation=coming, starts_on=date(2199, 1, 1))

        for to in (branch, partner, past, coming):
            with pytest.raises(Refused) as refusal:
                self.pass_on(manager, sent, to)
            assert refusal.value.field == "to"

    def test_reaches_a_branch_whose_mandate_has_a_last_day_ahead(self, manager, sent):
        leaving = OrganisationFactory()
        MandateFactory(organisation=leaving, kind=Mandate.Kind.BRANCH, ends_on=date(2199, 12, 31))

        assert self.pass_on(manager, sent, leaving).organisation == leaving

    def test_is_in_the_trail_of_both(self, manager, sent, receiver):
        received = self.pass_on(manager, sent, receiver)

        passed = TrailEntry.objects.exclude(verb="enrolment_asked").order_by("pk")
        ours, theirs = passed
        assert (ours.organisation, ours.verb) == (sent.organisation.slug, "referral_redirected")
        assert (theirs.organisation, theirs.verb, theirs.file) == (
            receiver.slug,
            "referral_received_from_branch",
            received.participant.uid,
        )


class TestARedirectionOfSomebodyWhomAWorkerKnows:
    """Whoever is shut out of a file is shut out of that person's file wherever they work."""

    def redirected(self, manager, sent, receiver) -> Participant:
        sent = actions.redirect(by=manager, referral=sent, to=receiver, on=TODAY())
        return sent.redirected_to.participant

    def test_keeps_them_out_there_too(self, manager, practitioner, sent, receiver):
        there = MembershipFactory(organisation=receiver, user=practitioner.user)
        stranger = MembershipFactory(organisation=receiver)
        bar(by=manager, file=sent.participant, user=practitioner.user, reason="Sa sœur, je crois")

        theirs = self.redirected(manager, sent, receiver)

        assert not Participant.objects.visible_to(there).filter(pk=theirs.pk).exists()
        assert Participant.objects.visible_to(stranger).filter(pk=theirs.pk).exists()
        told = TrailEntry.objects.get(verb="worker_barred", organisation=receiver.slug)
        assert (told.file, told.details["member"]) == (theirs.uid, practitioner.user.pk)

    def test_says_nothing_of_it_where_they_do_not_work(self, manager, practitioner, sent, receiver):
        bar(by=manager, file=sent.participant, user=practitioner.user, reason="Sa sœur, je crois")

        theirs = self.redirected(manager, sent, receiver)

        assert not Barrier.objects.filter(file=theirs).exists()

    def test_nor_once_it_was_lifted(self, manager, practitioner, sent, receiver):
        MembershipFactory(organisation=receiver, user=practitioner.user)
        barrier = bar(
            by=manager, file=sent.participant, user=practitioner.user, reason="Une erreur, en fait"
        )
        lift_barrier(by=manager, barrier=barrier)

        theirs = self.redirected(manager, sent, receiver)

        assert not Barrier.objects.filter(file=theirs).exists()


class TestARedirectionOfARestrictedFile:
    """What few may read here, few may read there."""

    def redirected(self, manager, sent, receiver) -> Participant:
        sent = actions.redirect(by=manager, referral=sent, to=receiver, on=TODAY())
        return sent.redirected_to.participant

    def readers(self, theirs, receiver) -> set[str]:
        roles = {
            "reception": MembershipFactory(organisation=receiver, reception=True),
            "practitioner": MembershipFactory(organisation=receiver),
            "manager": MembershipFactory(organisation=receiver, manager=True),
        }
        visible = {
            name: Participant.objects.visible_to(by).filter(pk=theirs.pk).exists()
            for name, by in roles.items()
        }
        return {name for name, is_seen in visible.items() if is_seen}

    def test_is_open_to_the_managers_there_alone(self, manager, sent, receiver):
        restrict(by=manager, file=sent.participant, reason="Menacé par un proche de l’équipe")

        theirs = self.redirected(manager, sent, receiver)

        assert self.readers(theirs, receiver) == {"manager"}
        told = TrailEntry.objects.get(verb="file_restricted", organisation=receiver.slug)
        assert told.file == theirs.uid

    def test_is_open_to_all_where_it_was_not_restricted(self, manager, sent, receiver):
        theirs = self.redirected(manager, sent, receiver)

        assert self.readers(theirs, receiver) == {"manager", "practitioner", "reception"}

    def test_nor_where_the_restriction_was_lifted(self, manager, sent, receiver):
        restrict(by=manager, file=sent.participant, reason="Menacé par un proche de l’équipe")
        unrestrict(by=manager, file=sent.participant)

        theirs = self.redirected(manager, sent, receiver)

        assert self.readers(theirs, receiver) == {"manager", "practitioner", "reception"}

    def test_stays_as_it_was_where_it_was_restricted_already(self, manager, sent, receiver):
        restrict(by=manager, file=sent.participant, reason="Menacé par un proche de l’équipe")
        theirs = ParticipantFactory(organisation=receiver, person_key=sent.participant.person_key)
        there = MembershipFactory(organisation=receiver, manager=True)
        restrict(by=there, file=theirs, reason="Connu de toute l’équipe ici")

        assert self.redirected(manager, sent, receiver) == theirs
        assert theirs.restrictions.count() == 1


class TestAssessing:
    def test_keeps_the_interview_and_moves_on_from_the_reception(self, practitioner, referral):
        assessment = actions.record_assessment(by=practitioner, referral=referral, **GRID)

        referral.refresh_from_db()
        assert (assessment.by, referral.status) == (practitioner.user, Status.TO_ASSESS)
        assert referral.steps.last().on == date(2025, 9, 15)

    def test_leaves_somebody_who_waits_on_the_list(self, practitioner, branch):
        waiting = ReferralFactory(participant__organisation=branch, waiting=True)

        actions.record_assessment(by=practitioner, referral=waiting, **GRID)

        waiting.refresh_from_db()
        assert waiting.status == Status.WAITING

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"held_on": date(2025, 8, 31)}, "held_on"),
            ({"held_on": date(2199, 1, 1)}, "held_on"),
            ({"contract_signed_on": date(2199, 1, 1)}, "contract_signed_on"),
            ({"contract_signed_on": date(2025, 8, 31)}, "contract_signed_on"),
        ],
    )
    def test_refuses_dates_that_do_not_hold(self, practitioner, referral, given, field):
        with pytest.raises(Refused) as refusal:
            actions.record_assessment(by=practitioner, referral=referral, **{**GRID, **given})

        assert refusal.value.field == field
        assert not Assessment.objects.exists()

    def test_precedes_the_decision(self, practitioner, branch):
        accepted = ReferralFactory(participant__organisation=branch, accepted=True)

        with pytest.raises(PermissionDenied, match="précède la décision"):
            actions.record_assessment(by=practitioner, referral=accepted, **GRID)

    def test_is_read_by_its_author_and_no_colleague_who_does_not_follow(
        self, practitioner, manager, reception, referral
    ):
        from maillage.network.roles import can
        from maillage.network.tests.factories import MembershipFactory

        assessment = actions.record_assessment(by=practitioner, referral=referral, **GRID)
        colleague = MembershipFactory(organisation=practitioner.organisation)

        readers = [
            by
            for by in (practitioner, colleague, manager, reception)
            if can(access.check_can_read_assessment, by, assessment)
        ]
        assert readers == [practitioner]
