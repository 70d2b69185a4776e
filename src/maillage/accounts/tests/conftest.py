"""A branch, who works in it, and browsers in front of its doors."""

from dataclasses import dataclass

import pytest
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.core.cache import cache
from django.test import Client

from maillage.accounts.actions import own
from maillage.accounts.tests.signing import code_of
from maillage.network.models import Membership, Organisation
from maillage.network.tests.factories import PASSWORD, MembershipFactory, OrganisationFactory


@dataclass
class House:
    """A branch of the programme side; the stranger manages another one."""

    branch: Organisation
    practitioner: Membership
    reception: Membership
    manager: Membership
    administrator: Membership
    coordinator: Membership
    dpo: Membership
    other_side: Membership
    stranger: Membership


@pytest.fixture
def house(db) -> House:
    cache.clear()
    branch = OrganisationFactory(branch=True, slug="val-clair")

    def member(name: str, **given) -> Membership:
        given = {"organisation": branch, "user__password": PASSWORD} | given
        return MembershipFactory(user__name=name, **given)

    return House(
        branch=branch,
        practitioner=member("Bruno Estève"),
        reception=member("Alma Rivoire", reception=True),
        manager=member("Claire Vauban", manager=True),
        administrator=member("Iris Montbel", administrator=True),
        coordinator=member("Denis Laforgue", coordinator=True),
        dpo=member("Basile Ornézan", dpo=True),
        other_side=member("Solange Devèze", support=True, manager=True),
        stranger=member("Hugo Lavérune", manager=True, organisation=OrganisationFactory()),
    )


@pytest.fixture
def with_totp(house):
    """Links an application of codes to the account of somebody."""

    def link(by: Membership) -> Membership:
        own.add_totp(by=by, secret=generate_totp_secret())
        return by

    return link


@pytest.fixture
def give_password():
    """Types the password, and gives the browser with the answer."""

    def give(by: Membership, client: Client | None = None, **more):
        client = client or Client()
        fields = {"email": by.user.email, "password": PASSWORD, **more}
        return client, client.post("/connexion/", fields)

    return give


@pytest.fixture
def enter(give_password):
    """Signs somebody in by both pages; their application shows the code."""

    def sign_in(by: Membership) -> Client:
        client, _ = give_password(by)
        answer = client.post("/connexion/second-facteur/", {"code": code_of(by)})
        assert answer.status_code == 302
        return client

    return sign_in
