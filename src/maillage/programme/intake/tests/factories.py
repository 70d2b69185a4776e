"""Smallest valid rows of participants and referrals, found by search like real ones."""

import hashlib
from datetime import date

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from maillage.core.calendar import add_months
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory
from maillage.programme.intake import names
from maillage.programme.intake.models import (
    Assessment,
    ContactAttempt,
    Document,
    DocumentPart,
    Obligation,
    Participant,
    Referral,
    ReferralStep,
    RequestedModule,
)


class ParticipantFactory(DjangoModelFactory):
    """Somebody whose name is known, filed under it."""

    class Meta:
        model = Participant
        skip_postgeneration_save = True

    class Params:
        unnamed = factory.Trait(last_name="", first_name="", birth_date=None)
        minor = factory.Trait(
            birth_date=factory.LazyFunction(lambda: add_months(timezone.localdate(), -17 * 12))
        )

    organisation = factory.SubFactory(OrganisationFactory, branch=True)
    reference = factory.Sequence("2025-{:04}".format)
    last_name = factory.Sequence("Inventé{}".format)
    first_name = "Camille"
    birth_date = date(1984, 5, 6)
    sex = "H"

    @factory.post_generation
    def name_keys(participant, create, extracted, **kwargs):
        if create:
            names.index(participant)


class ReferralFactory(DjangoModelFactory):
    """A referral that was received; `by` signs the steps, `waiting`, `returned`… end them."""

    class Meta:
        model = Referral
        skip_postgeneration_save = True
        exclude = ("ended",)

    class Params:
        ended = date(2025, 10, 1)
        to_assess = factory.Trait(status=Referral.Status.TO_ASSESS)
        waiting = factory.Trait(
            status=Referral.Status.WAITING,
            site=factory.SubFactory(
                SiteFactory, organisation=factory.SelfAttribute("..organisation")
            ),
        )
        accepted = factory.Trait(status=Referral.Status.ACCEPTED)
        returned = factory.Trait(
            status=Referral.Status.RETURNED,
            ended_on=factory.SelfAttribute("ended"),
            return_reason="injoignable",
        )
        closed = factory.Trait(
            status=Referral.Status.CLOSED,
            ended_on=factory.SelfAttribute("ended"),
            return_reason="refus_personne",
        )
        redirected = factory.Trait(
            status=Referral.Status.REDIRECTED,
            ended_on=factory.SelfAttribute("ended"),
            redirected_to=factory.SubFactory(
                "maillage.programme.intake.tests.factories.ReferralFactory",
                participant__person_key=factory.SelfAttribute("...participant.person_key"),
                received_on=factory.SelfAttribute("..ended"),
            ),
        )

    participant = factory.SubFactory(ParticipantFactory)
    organisation = factory.SelfAttribute("participant.organisation")
    number = factory.LazyAttribute(lambda o: o.participant.referrals.count() + 1)
    received_on = date(2025, 9, 1)
    referrer_category = "spip"
    legal_framework = "postsentenciel"

    @factory.post_generation
    def steps(referral, create, extracted, **kwargs):
        """The reception and the present state, as the actions would have written them."""
        if not create:
            return
        by = extracted or MembershipFactory(organisation=referral.organisation)
        states = {Referral.Status.RECEIVED: referral.received_on}
        states.setdefault(referral.status, referral.ended_on or referral.received_on)
        ReferralStep.objects.bulk_create(
            ReferralStep(referral=referral, status=status, on=on, by=by.user)
            for status, on in states.items()
        )


class ObligationFactory(DjangoModelFactory):
    class Meta:
        model = Obligation

    referral = factory.SubFactory(ReferralFactory)
    code = "interdiction_contact"


class RequestedModuleFactory(DjangoModelFactory):
    class Meta:
        model = RequestedModule

    referral = factory.SubFactory(ReferralFactory)
    code = "stage"


class ReferralStepFactory(DjangoModelFactory):
    class Meta:
        model = ReferralStep

    referral = factory.SubFactory(ReferralFactory)
    status = Referral.Status.TO_ASSESS
    on = date(2025, 9, 8)
    by = factory.LazyAttribute(
        lambda o: MembershipFactory(organisation=o.referral.organisation).user
    )


class ContactAttemptFactory(DjangoModelFactory):
    class Meta:
        model = ContactAttempt

    referral = factory.SubFactory(ReferralFactory)
    channel = ContactAttempt.Channel.PHONE
    outcome = ContactAttempt.Outcome.NO_ANSWER
    by = factory.LazyAttribute(
        lambda o: MembershipFactory(organisation=o.referral.organisation).user
    )


class AssessmentFactory(DjangoModelFactory):
    class Meta:
        model = Assessment

    referral = factory.SubFactory(ReferralFactory)
    held_on = date(2025, 9, 15)
    position = Assessment.Position.PARTIAL
    motivation = "adhesion"
    conclusion = Assessment.Conclusion.ACCEPT
    by = factory.LazyAttribute(
        lambda o: MembershipFactory(organisation=o.referral.organisation).user
    )


class DocumentFactory(DjangoModelFactory):
    """A piece as it is kept; its content need not be one that a reader opens."""

    class Meta:
        model = Document
        exclude = ("content",)
        skip_postgeneration_save = True

    content = b"%PDF-1.7 the content of a piece"
    referral = factory.SubFactory(ReferralFactory)
    participant = factory.SelfAttribute("referral.participant")
    organisation = factory.SelfAttribute("referral.organisation")
    kind = Document.Kind.ORDER
    format = Document.Format.PDF
    title = "Ordonnance"
    size = factory.LazyAttribute(lambda o: len(o.content))
    sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(o.content).digest())
    added_by = factory.LazyAttribute(lambda o: MembershipFactory(organisation=o.organisation).user)

    @factory.post_generation
    def part(document, create, extracted, **kwargs):
        if create:
            content = extracted or DocumentFactory.content
            DocumentPart.objects.create(document=document, number=0, content=content)
