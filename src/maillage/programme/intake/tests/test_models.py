"""What the database refuses, the states, and the day by which a place is owed."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from maillage.barriers.models import OfOneSide
from maillage.core.calendar import add_months
from maillage.network.tests.factories import OrganisationFactory
from maillage.programme.intake.models import (
    Document,
    DocumentPart,
    NameKey,
    Participant,
    Referral,
)
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ContactAttemptFactory,
    ObligationFactory,
    ParticipantFactory,
    ReferralFactory,
    ReferralStepFactory,
    RequestedModuleFactory,
)

pytestmark = pytest.mark.django_db

Status = Referral.Status


def _same_reference():
    first = ParticipantFactory()
    ParticipantFactory(organisation=first.organisation, reference=first.reference)


def _same_key():
    key = ParticipantFactory().name_keys.first()
    NameKey.objects.create(participant=key.participant, digest=key.digest)


def _same_number():
    first = ReferralFactory(closed=True)
    ReferralFactory(participant=first.participant, number=first.number)


def _same_obligation():
    ObligationFactory(referral=ObligationFactory().referral)


def _same_module():
    RequestedModuleFactory(referral=RequestedModuleFactory().referral)


BROKEN = {
    "participant_reference_once": _same_reference,
    "participant_sex_known": lambda: ParticipantFactory(sex="M"),
    "participant_has_a_reference": lambda: ParticipantFactory(reference=""),
    "name_key_once_a_participant": _same_key,
    "referral_number_once": _same_number,
    "referral_number_is_positive": lambda: ReferralFactory(number=0),
    "referral_status_known": lambda: ReferralFactory(status="lost"),
    "referral_due_after_received": lambda: ReferralFactory(due_on=date(2025, 8, 31)),
    "referral_ended_iff_dated": lambda: ReferralFactory(ended_on=date(2025, 10, 1)),
    "referral_end_has_a_reason": lambda: ReferralFactory(closed=True, return_reason=""),
    "referral_linked_only_if_redirected": lambda: ReferralFactory(redirected_to=ReferralFactory()),
    "referral_referrer_category_known": lambda: ReferralFactory(referrer_category="voisin"),
    "referral_legal_framework_known": lambda: ReferralFactory(legal_framework=""),
    "referral_motivation_known": lambda: ReferralFactory(motivation="forte"),
    "referral_return_reason_known": lambda: ReferralFactory(return_reason="ennui"),
    "referral_marital_status_known": lambda: ReferralFactory(marital_status="fiance"),
    "referral_employment_known": lambda: ReferralFactory(employment="interim"),
    "referral_resources_known": lambda: ReferralFactory(resources="rente"),
    "obligation_once_a_referral": _same_obligation,
    "obligation_code_known": lambda: ObligationFactory(code="silence"),
    "requested_module_once": _same_module,
    "requested_module_known": lambda: RequestedModuleFactory(code="yoga"),
    "referral_step_status_known": lambda: ReferralStepFactory(status="lost"),
    "contact_channel_known": lambda: ContactAttemptFactory(channel="pigeon"),
    "contact_outcome_known": lambda: ContactAttemptFactory(outcome="eaten"),
    "assessment_position_known": lambda: AssessmentFactory(position="unsure"),
    "assessment_motivation_known": lambda: AssessmentFactory(motivation="forte"),
    "assessment_conclusion_known": lambda: AssessmentFactory(conclusion="maybe"),
}
UNIQUE_COLUMNS = {  # SQLite names the columns of a broken uniqueness, PostgreSQL its name
    "participant_reference_once": "intake_participant.reference",
    "name_key_once_a_participant": "intake_namekey.digest",
    "referral_number_once": "intake_referral.number",
    "obligation_once_a_referral": "intake_obligation.code",
    "requested_module_once": "intake_requestedmodule.code",
}


@pytest.mark.parametrize("constraint", BROKEN)
def test_the_database_refuses(constraint):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        BROKEN[constraint]()

    told = str(refusal.value)
    assert constraint in told or UNIQUE_COLUMNS.get(constraint, constraint) in told


def test_every_constraint_of_the_room_is_tried():
    """Those of the barriers are tried for both sides in tests/test_barriers.py, those of the pieces
    in test_documents.py."""
    from django.apps import apps

    declared = {
        constraint.name
        for model in apps.get_app_config("intake").get_models()
        for constraint in model._meta.constraints
        if not issubclass(model, OfOneSide | Document | DocumentPart)
    }
    assert declared == set(BROKEN)


@pytest.mark.parametrize("trait", ["to_assess", "waiting", "accepted", "returned", "closed"])
def test_every_state_of_the_factory_is_one_the_database_takes(trait):
    assert ReferralFactory(**{trait: True}).pk


def test_a_redirected_referral_and_the_one_received_are_of_one_person():
    sent = ReferralFactory(redirected=True)

    assert sent.participant.person_key == sent.redirected_to.participant.person_key
    assert sent.organisation != sent.redirected_to.organisation


ALLOWED = {
    # transition:      received to_assess waiting accepted returned redirected closed
    "plan_assessment": (True, False, True, False, False, False, False),
    "wait": (True, True, False, False, False, False, False),
    "accept": (True, True, True, False, False, False, False),
    "return": (True, True, True, False, False, False, False),
    "redirect": (True, True, True, False, False, False, False),
    "close": (True, True, True, False, False, False, False),
    "reopen": (False, False, False, False, True, False, True),
}


def test_each_state_allows_these_transitions_and_no_other():
    found = {
        transition: tuple(Referral(status=status).can(transition) for status in Status)
        for transition in Referral.TRANSITIONS
    }
    assert found == ALLOWED


def test_a_forbidden_transition_is_an_error_of_the_programme():
    with pytest.raises(ValueError, match="reopen from waiting"):
        Referral(status=Status.WAITING).move("reopen")


@pytest.mark.parametrize(
    ("received_on", "due_on", "limit"),
    [
        (date(2025, 8, 31), None, date(2026, 2, 28)),
        (date(2023, 8, 31), None, date(2024, 2, 29)),
        (date(2026, 1, 15), None, date(2026, 7, 15)),
        (date(2026, 1, 15), date(2026, 3, 1), date(2026, 3, 1)),
        (date(2026, 1, 15), date(2027, 3, 1), date(2027, 3, 1)),
    ],
)
def test_a_place_is_owed_within_six_months_or_by_the_legal_date(received_on, due_on, limit):
    assert Referral(received_on=received_on, due_on=due_on).wait_limit == limit


@pytest.mark.parametrize(
    ("on", "late", "soon"),
    [
        (date(2026, 5, 15), False, False),
        (date(2026, 5, 16), False, True),
        (date(2026, 7, 15), False, True),
        (date(2026, 7, 16), True, False),
    ],
)
def test_the_limit_is_near_for_two_months_then_passed(on, late, soon):
    referral = Referral(received_on=date(2026, 1, 15), status=Status.WAITING)

    assert (referral.is_late(on), referral.is_soon_late(on)) == (late, soon)


def test_what_is_decided_is_never_late():
    assert not Referral(received_on=date(2020, 1, 1), status=Status.ACCEPTED).is_late()


@given(day=st.dates(date(2024, 1, 1), date(2028, 12, 31)), back=st.integers(-3, 3))
def test_the_list_of_the_late_holds_exactly_those_that_are(day, back):
    edge = add_months(day, -6) + timedelta(days=back)
    with transaction.atomic():
        referral = ReferralFactory(received_on=edge)
        found = Referral.objects.late(day).filter(pk=referral.pk).exists()
        transaction.set_rollback(True)

    assert found == referral.is_late(day)


@pytest.mark.parametrize(
    ("birth_date", "is_minor"),
    [(date(2008, 3, 1), True), (date(2008, 2, 29), False), (None, False)],
)
def test_somebody_is_a_minor_until_the_day_of_eighteen_years(birth_date, is_minor, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: date(2026, 2, 28))
    if birth_date == date(2008, 2, 29):
        monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: date(2026, 3, 1))

    assert Participant(birth_date=birth_date).is_minor is is_minor


def test_a_person_without_a_name_shows_as_the_reference():
    assert ParticipantFactory(unnamed=True, reference="12").display_name == "Dossier 12"


class TestWhoMayKnowThatAFileExists:
    def test_the_branch(self, reception, practitioner, manager, branch):
        referral = ReferralFactory(participant__organisation=branch)

        for by in (reception, practitioner, manager):
            assert Participant.objects.visible_to(by).get() == referral.participant
            assert Referral.objects.visible_to(by).get() == referral

    def test_nobody_else(self, stranger, other_side, gone, branch):
        ReferralFactory(participant__organisation=branch)

        for by in (stranger, other_side, gone):
            assert not Participant.objects.visible_to(by).exists()
            assert not Referral.objects.visible_to(by).exists()

    def test_not_who_has_a_role_without_names(self, branch):
        from maillage.network.roles import Role
        from maillage.network.tests.factories import MembershipFactory

        ReferralFactory(participant__organisation=branch)
        for role in (Role.COORDINATOR, Role.DPO, Role.ADMINISTRATOR):
            by = MembershipFactory(organisation=branch, role=role)
            assert not Participant.objects.visible_to(by).exists()


def test_the_waiting_list_is_in_order_of_arrival_urgent_ones_first():
    branch = OrganisationFactory(branch=True)
    made = {
        name: ReferralFactory(
            participant__organisation=branch, waiting=True, received_on=day, is_urgent=urgent
        )
        for name, day, urgent in (
            ("late", date(2026, 3, 1), False),
            ("urgent", date(2026, 3, 5), True),
            ("early", date(2026, 2, 1), False),
        )
    }
    ReferralFactory(participant__organisation=branch)

    assert list(Referral.objects.waiting_list()) == [made["urgent"], made["early"], made["late"]]
