"""The people of a house of the support side, and those who must not know of whom it helps."""

from dataclasses import dataclass

import pytest
from django.test import Client

from maillage.network.models import Membership, Organisation, Site
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory
from maillage.support.reception.models import Beneficiary
from maillage.support.reception.tests.factories import BeneficiaryFactory


@dataclass
class House:
    organisation: Organisation
    site: Site
    reception: Membership
    pathway: Membership
    manager: Membership
    stranger: Membership
    other_side: Membership
    ended: Membership
    dpo: Membership

    @property
    def outsiders(self) -> list[Membership]:
        return [self.stranger, self.other_side, self.ended, self.dpo]

    def helped(self, **given) -> Beneficiary:
        return BeneficiaryFactory(organisation=self.organisation, **given)


@pytest.fixture
def house(db) -> House:
    organisation = OrganisationFactory()

    def member(**role) -> Membership:
        return MembershipFactory(organisation=organisation, support=True, **role)

    return House(
        organisation=organisation,
        site=SiteFactory(organisation=organisation),
        reception=member(reception=True),
        pathway=member(),
        manager=member(manager=True),
        stranger=MembershipFactory(support=True, manager=True),
        other_side=MembershipFactory(organisation=organisation, manager=True),
        ended=member(manager=True, ended=True),
        dpo=member(dpo=True),
    )


@pytest.fixture
def signed_in():
    """A browser in which somebody is signed in under one membership."""

    def sign_in(membership: Membership) -> Client:
        client = Client()
        client.force_login(membership.user)
        session = client.session
        session["membership"] = membership.pk
        session.save()
        return client

    return sign_in
