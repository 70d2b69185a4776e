"""What several rooms of tests start from: files with their people, places to restore into."""

from collections.abc import Iterator
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from tests.houses import SIDES, House, file_of
from tests.places import place_of
from tests.situations import Situation, in_support, in_the_programme

from maillage.core import trail
from maillage.core.backup import keys
from maillage.core.models import Draft, User
from maillage.demo.load import load
from maillage.network.actors import CommandLine
from maillage.network.models import Membership, Organisation
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory


@pytest.fixture(scope="module")
def situation(django_db_setup, django_db_blocker) -> Iterator[Situation]:
    """Made once: each test takes back what it did."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield in_the_programme()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def reception(django_db_setup, django_db_blocker) -> Iterator[Situation]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield in_support()
        transaction.set_rollback(True)


@pytest.fixture(params=SIDES)
def house(request) -> House:
    organisation = OrganisationFactory(branch=True)
    support = request.param == "support"

    def member(**role) -> Membership:
        return MembershipFactory(organisation=organisation, support=support, **role)

    practitioner = member()
    return House(
        side=request.param,
        file=file_of(request.param, organisation, practitioner.user),
        reception=member(reception=True),
        worker=member(),
        practitioner=practitioner,
        manager=member(manager=True),
        other_manager=member(manager=True),
        stranger=MembershipFactory(manager=True, support=support),
        other_side=MembershipFactory(organisation=organisation, manager=True, support=not support),
    )


@pytest.fixture
def place(tmp_path, settings):
    """An empty place of the same kind of database as the one of the tests."""
    keys.recipient()  # makes the local pair
    yield from place_of(connection.vendor, tmp_path / "elsewhere")


@pytest.fixture
def caseload(db):
    """A whole network of invented people, a draft, reads, and numbers of rows that went."""
    call_command("network", "load", stdout=StringIO())
    load(lambda text: None, today=date(2026, 6, 1))
    user = User.objects.get(email="accueil@demo.example.org")
    Draft.objects.create(
        user=user, organisation_id=1, side="programme", form="note", data="Xylandre, à rappeler"
    )
    branch = Organisation.objects.get(slug="via-voltaire")
    with transaction.atomic():
        entry = trail.record(
            "tried",
            by=CommandLine(branch),
            b=[1, None, "é\n\u2028\\"],
            a={"y": 1.5, "x": True},
        )
    gone = User.objects.create_user("partie@exemple.test", name="Partie")
    gone.delete()
    return entry
