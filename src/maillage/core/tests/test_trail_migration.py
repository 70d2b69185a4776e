"""What was written before there were chains is chained, and stays as it was."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from maillage.core import trail
from maillage.core.models import ReadEntry, TrailEntry, TrailHead
from maillage.core.tests.chains import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

JANUARY, MARCH = (datetime(2026, month, 31, 22, 30, tzinfo=UTC) for month in (1, 3))


def migrate(to) -> None:
    MigrationExecutor(connection).migrate(to)


@pytest.fixture
def before():
    """The database as it was without chains, and the way back to what it is now."""
    graph = MigrationExecutor(connection).loader.graph
    chained = next(key for key in graph.nodes if key[0] == "core" and "trail_chain" in key[1])
    parent = next(each for each in graph.nodes[chained].dependencies if each[0] == "core")
    leaves = graph.leaf_nodes()
    migrate([parent])
    yield MigrationExecutor(connection).loader.project_state([parent]).apps
    migrate(leaves)


def test_entries_are_chained_in_their_order_and_verify(before):
    person = before.get_model("core", "User").objects.create(
        email="accueil@example.org", name="Accueil"
    )
    common = {"organisation": "apex", "side": "programme", "role": "reception", "by_id": person.pk}
    acts, looks = (before.get_model("core", name).objects for name in ("TrailEntry", "ReadEntry"))
    for at in (JANUARY, MARCH, JANUARY):
        details = {"n": 2.0, "é": [at.isoformat()]}
        acts.create(at=at, verb="note_written", details=details, **common)
        looks.create(at=at, what="file", file="abcdef", **common)
    before.get_model("core", "TrailHead").objects.create(
        organisation="apex", side="programme", acts=3
    )

    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())

    months = {"2026-01": 2, "2026-04": 1}  # in Paris, March was over
    for kind in ("act", "read"):
        heads = TrailHead.objects.filter(kind=kind)
        assert dict(heads.values_list("month", "position")) == months
    assert TrailEntry.objects.count() == ReadEntry.objects.count() == 3
    assert trail.version("apex", "programme") == 3
    assert verify() == []
