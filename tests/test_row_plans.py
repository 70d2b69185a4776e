"""Row security costs a page little: PostgreSQL expects as many rows as it finds, and may use its
indexes under the policies."""

import json

import pytest
from django.conf import settings
from django.db import connection

from maillage.core.bulk import refresh_statistics
from maillage.core.rowlock import acting
from maillage.core.tests.roles import as_application
from maillage.network.actors import CommandLine
from maillage.network.tests.factories import OrganisationFactory
from maillage.programme.intake.models import Participant

pytestmark = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql",
    reason="SQLite has no row-level security",
)
PEOPLE = 300


@pytest.fixture
def branch(db):
    branch = OrganisationFactory()
    Participant.objects.bulk_create(
        Participant(organisation=branch, reference=f"{year}-{rank:04}", sex="H")
        for year in (2025, 2026)
        for rank in range(PEOPLE // 2)
    )
    refresh_statistics(Participant)
    return branch


def plan(rows) -> dict:
    sql, given = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", given)
        found = cursor.fetchone()[0]
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def test_a_table_behind_its_walls_is_expected_to_be_as_long_as_it_is(branch):
    with as_application(), acting(CommandLine(branch)):
        expected = plan(Participant.objects.filter(organisation=branch))["Plan Rows"]
    assert expected > 0.9 * PEOPLE


def test_the_beginning_of_a_reference_is_sought_in_the_index(branch):
    rows = Participant.objects.filter(organisation=branch, reference__begins="2026-")
    with as_application(), acting(CommandLine(branch)):
        assert rows.count() == PEOPLE // 2
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        told = json.dumps(plan(rows))
    assert "participant_by_beginning" in told
    assert "~>=~" in told
