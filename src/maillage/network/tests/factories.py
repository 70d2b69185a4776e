"""Smallest valid rows of people, organisations and sites, for the tests of every room."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from maillage.core.models import User
from maillage.network.models import (
    Agreement,
    Contact,
    Mandate,
    Membership,
    Opening,
    Organisation,
    Site,
    SiteAddress,
)
from maillage.network.roles import Role, Side

PASSWORD = "quatre mots au hasard"


class UserFactory(DjangoModelFactory):
    """Somebody who may sign in; `password=PASSWORD` hashes one (slow), else none is usable."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence("personne{}@exemple.test".format)
    name = factory.Sequence("Personne {}".format)

    @factory.post_generation
    def password(user, create, extracted, **kwargs):
        if extracted:
            user.set_password(extracted)
        else:
            user.set_unusable_password()
        if create:
            user.save(update_fields=["password"])


class OrganisationFactory(DjangoModelFactory):
    """An organisation without a mandate; the traits give it one."""

    class Meta:
        model = Organisation
        skip_postgeneration_save = True

    class Params:
        branch = factory.Trait(
            branch_mandate=factory.RelatedFactory(
                "maillage.network.tests.factories.MandateFactory",
                factory_related_name="organisation",
                kind=Mandate.Kind.BRANCH,
            )
        )
        lead = factory.Trait(
            lead_mandate=factory.RelatedFactory(
                "maillage.network.tests.factories.MandateFactory",
                factory_related_name="organisation",
                kind=Mandate.Kind.LEAD,
            )
        )
        referrer = factory.Trait(
            referrer_category="spip",
            referrer_mandate=factory.RelatedFactory(
                "maillage.network.tests.factories.MandateFactory",
                factory_related_name="organisation",
                kind=Mandate.Kind.REFERRER,
            ),
        )

    slug = factory.Sequence("organisation-{}".format)
    name = factory.Sequence("Organisation {:03}".format)


class MandateFactory(DjangoModelFactory):
    class Meta:
        model = Mandate

    organisation = factory.SubFactory(OrganisationFactory)
    kind = Mandate.Kind.BRANCH
    starts_on = date(2020, 10, 1)


class SiteFactory(DjangoModelFactory):
    class Meta:
        model = Site

    organisation = factory.SubFactory(OrganisationFactory, branch=True)
    slug = factory.Sequence("site-{}".format)
    name = factory.Sequence("Site {:03}".format)


class SiteAddressFactory(DjangoModelFactory):
    class Meta:
        model = SiteAddress

    site = factory.SubFactory(SiteFactory)
    label = factory.Sequence("Maison {}".format)
    town = "Ville-Neuve"


class OpeningFactory(DjangoModelFactory):
    class Meta:
        model = Opening

    site = factory.SubFactory(SiteFactory)
    organisation = factory.SelfAttribute("site.organisation")
    purpose = "Permanence"
    weekday = 0
    half_day = Opening.HalfDay.MORNING
    source = "Affiche de l’accueil"


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    organisation = factory.SubFactory(OrganisationFactory)
    kind = "email"
    value = factory.Sequence("accueil{}@exemple.test".format)
    source = "Affiche de l’accueil"


class AgreementFactory(DjangoModelFactory):
    class Meta:
        model = Agreement

    organisation = factory.SubFactory(OrganisationFactory)
    partner = factory.SubFactory(OrganisationFactory)
    title = "Convention de partenariat"
    starts_on = date(2024, 1, 1)


class MembershipFactory(DjangoModelFactory):
    """A practitioner of a branch, on the programme side, unless a trait says otherwise."""

    class Meta:
        model = Membership

    class Params:
        support = factory.Trait(side=Side.SUPPORT)
        reception = factory.Trait(role=Role.RECEPTION)
        manager = factory.Trait(role=Role.MANAGER)
        coordinator = factory.Trait(role=Role.COORDINATOR)
        dpo = factory.Trait(role=Role.DPO)
        administrator = factory.Trait(role=Role.ADMINISTRATOR)
        ended = factory.Trait(starts_on=date(2021, 1, 4), ends_on=date(2023, 12, 29))
        coming = factory.Trait(starts_on=date(2199, 1, 1))

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory, branch=True)
    side = Side.PROGRAMME
    role = Role.PRACTITIONER
    starts_on = date(2024, 1, 1)
