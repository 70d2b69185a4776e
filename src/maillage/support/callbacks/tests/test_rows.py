"""The second lock: a visitor writes to one counter, as the role that serves pages (PostgreSQL)."""

import pytest
from django.db import connection

from maillage.core import rowlock
from maillage.core.tests.roles import APPLICATION, MIGRATOR, connected_as
from maillage.network.actors import CommandLine
from maillage.network.tests.factories import OrganisationFactory
from maillage.support.callbacks import actions
from maillage.support.callbacks.models import Callback, Desk

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row security is PostgreSQL's"),
]


def test_a_visitor_writes_to_one_counter_and_the_other_side_reads_nothing():
    with connected_as(MIGRATOR), rowlock.keeping_house():
        house = OrganisationFactory()
        Desk.objects.create(organisation=house, department=34, need="talk")
    told = {"phone": "+33639981234", "code_word": "x", "hours": "", "town": "Agde", "note": ""}

    with connected_as(APPLICATION):
        actions.receive(uid="b" * 12, need="talk", department="34", may_leave_message=False, **told)
        with rowlock.acting(CommandLine(house, side="support")):
            assert Callback.objects.count() == 1
        with rowlock.acting(CommandLine(house, side="programme")):
            assert Callback.objects.count() == 0
        assert Callback.objects.count() == 0
