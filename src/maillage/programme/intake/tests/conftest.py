"""People and situations of the tests of this room."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from maillage.network.roles import Role, Side
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory


@pytest.fixture
def branch(db):
    return OrganisationFactory(branch=True)


@pytest.fixture
def reception(branch):
    return MembershipFactory(organisation=branch, role=Role.RECEPTION)


@pytest.fixture
def practitioner(branch):
    return MembershipFactory(organisation=branch)


@pytest.fixture
def manager(branch):
    return MembershipFactory(organisation=branch, role=Role.MANAGER)


@pytest.fixture
def stranger(db):
    """The highest role of another branch."""
    return MembershipFactory(role=Role.MANAGER)


@pytest.fixture
def other_side(branch):
    """The highest role of the same organisation, on the other side."""
    return MembershipFactory(organisation=branch, role=Role.MANAGER, side=Side.SUPPORT)


@pytest.fixture
def gone(branch):
    """A manager of the branch whose membership ended."""
    return MembershipFactory(organisation=branch, role=Role.MANAGER, ended=True)


@pytest.fixture
def site(branch):
    return SiteFactory(organisation=branch, name="Bourg-le-Neuf", slug="bourg")


@pytest.fixture
def browse(client):
    """A signed-in browser of a membership."""

    def sign_in(by):
        client.force_login(by.user)
        session = client.session
        session["membership"] = by.pk
        session.save()
        return client

    return sign_in


@pytest.fixture
def flat():
    """Asserts that a visit costs the same number of queries for one row as for five."""

    def check(visit, grow, rows=4):
        grow(1)
        visit()
        with CaptureQueriesContext(connection) as one:
            assert visit().status_code == 200
        grow(rows)
        with CaptureQueriesContext(connection) as many:
            visit()
        assert len(many) == len(one), "\n".join(query["sql"] for query in many.captured_queries)

    return check
