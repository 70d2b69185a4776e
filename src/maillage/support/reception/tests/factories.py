"""Smallest valid rows of people who are helped, found by search like real ones."""

from datetime import date

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from maillage.network.tests.factories import MembershipFactory, OrganisationFactory
from maillage.support.reception import names
from maillage.support.reception.models import (
    Beneficiary,
    Contact,
    HouseholdMember,
    Need,
    SafeContactPlan,
)


def _somebody(made):
    return MembershipFactory(organisation=made.organisation, support=True).user


class BeneficiaryFactory(DjangoModelFactory):
    """Somebody whose name is known, with the plan that every file has: no contact at all."""

    class Meta:
        model = Beneficiary
        skip_postgeneration_save = True

    class Params:
        unnamed = factory.Trait(last_name="", first_name="", birth_date=None)
        closed = factory.Trait(closed_on=date(2026, 2, 2), closing_reason="agreed")
        silent = factory.Trait(first_contact_on=date(2025, 1, 6), last_contact_on=date(2025, 1, 6))

    organisation = factory.SubFactory(OrganisationFactory)
    reference = factory.Sequence("V2025-{:04}".format)
    last_name = factory.Sequence("Imaginée{}".format)
    first_name = "Dominique"
    birth_date = date(1990, 4, 17)
    first_contact_on = date(2025, 9, 1)
    last_contact_on = factory.LazyFunction(timezone.localdate)

    @factory.post_generation
    def name_keys(beneficiary, create, extracted, **kwargs):
        if create:
            names.index(beneficiary)

    @factory.post_generation
    def plan(beneficiary, create, extracted, **kwargs):
        if create:
            PlanFactory(beneficiary=beneficiary, **kwargs)


class _OfABeneficiary(DjangoModelFactory):
    beneficiary = factory.SubFactory(BeneficiaryFactory)
    organisation = factory.SelfAttribute("beneficiary.organisation")


class PlanFactory(_OfABeneficiary):
    class Meta:
        model = SafeContactPlan

    by = factory.LazyAttribute(_somebody)


class NeedFactory(_OfABeneficiary):
    class Meta:
        model = Need

    code = "housing"
    since = date(2025, 9, 1)


class HouseholdMemberFactory(_OfABeneficiary):
    class Meta:
        model = HouseholdMember

    first_name = "Charlie"
    birth_year = 2019


class ContactFactory(_OfABeneficiary):
    class Meta:
        model = Contact

    on = date(2025, 9, 8)
    channel = "visit"
    by = factory.LazyAttribute(_somebody)
