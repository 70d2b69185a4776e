"""Smallest valid rows of follow-ups, as the actions would have written them."""

from datetime import date, timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from maillage.core.calendar import add_months
from maillage.network.tests.factories import MembershipFactory, SiteFactory
from maillage.programme.episodes.models import (
    Appointment,
    Episode,
    EpisodeModule,
    Note,
    SituationChange,
)
from maillage.programme.intake.tests.factories import ReferralFactory


def _somebody(made):
    return MembershipFactory(organisation=made.referral.organisation).user


class EpisodeFactory(DjangoModelFactory):
    """An open follow-up that nobody is the referent of, met lately."""

    class Meta:
        model = Episode
        skip_postgeneration_save = True

    class Params:
        exited = factory.Trait(exited_on=date(2025, 12, 19), exit_reason="concertee")
        silent = factory.Trait(
            last_contact_on=factory.LazyFunction(lambda: add_months(timezone.localdate(), -5))
        )
        followed = factory.Trait(referent=factory.LazyAttribute(_somebody))

    referral = factory.SubFactory(ReferralFactory, accepted=True)
    participant = factory.SelfAttribute("referral.participant")
    organisation = factory.SelfAttribute("referral.organisation")
    site = factory.SubFactory(SiteFactory, organisation=factory.SelfAttribute("..organisation"))
    entered_on = date(2025, 10, 1)
    last_contact_on = factory.LazyAttribute(lambda o: o.exited_on or timezone.localdate())
    exited_on = None


class EpisodeModuleFactory(DjangoModelFactory):
    class Meta:
        model = EpisodeModule

    episode = factory.SubFactory(EpisodeFactory)
    code = "suivi_psychologique"
    starts_on = factory.SelfAttribute("episode.entered_on")


class SituationChangeFactory(DjangoModelFactory):
    class Meta:
        model = SituationChange

    episode = factory.SubFactory(EpisodeFactory)
    on = factory.LazyAttribute(lambda o: o.episode.entered_on + timedelta(days=30))
    marital_status = "divorce_separe"
    employment = "en_emploi"
    resources = "salaires"
    by = factory.LazyAttribute(
        lambda o: MembershipFactory(organisation=o.episode.organisation).user
    )


class AppointmentFactory(DjangoModelFactory):
    """A meeting planned for tomorrow; the traits say what became of one of yesterday."""

    class Meta:
        model = Appointment

    class Params:
        past = factory.Trait(
            starts_at=factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
        )
        kept = factory.Trait(past=True, status=Appointment.Status.KEPT)
        missed = factory.Trait(past=True, status=Appointment.Status.MISSED)
        excused = factory.Trait(past=True, status=Appointment.Status.EXCUSED)

    referral = factory.SubFactory(ReferralFactory)
    participant = factory.SelfAttribute("referral.participant")
    organisation = factory.SelfAttribute("referral.organisation")
    practitioner = factory.LazyAttribute(_somebody)
    starts_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = Note

    class Params:
        clinical = factory.Trait(kind=Note.Kind.CLINICAL)

    referral = factory.SubFactory(ReferralFactory)
    participant = factory.SelfAttribute("referral.participant")
    kind = Note.Kind.FACTUAL
    text = "Attestation d’emploi remise."
    on = date(2025, 10, 6)
    by = factory.LazyAttribute(_somebody)
