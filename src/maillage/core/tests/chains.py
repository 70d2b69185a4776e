"""Somebody who acts, and whoever would alter what the trail says of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO

from django.core.management import CommandError, call_command
from django.db import connection, transaction

from maillage.core import trail
from maillage.core.models import User
from maillage.core.tests.guards import lifted

FEBRUARY = datetime(2026, 2, 10, 9, 30, tzinfo=UTC)


@dataclass
class Somebody:
    user: User | None
    organisation_slug: str = "via-voltaire"
    side: str = "programme"
    role: str = "reception"


def act(by, verb="note_written", **told):
    with transaction.atomic():
        return trail.record(verb, by=by, **told)


def verify(*arguments) -> list[str]:
    """What the command complains of; its exit code says the same."""
    said = StringIO()
    try:
        call_command("trail", "verify", *arguments, stdout=StringIO(), stderr=said)
    except CommandError as error:
        code = error.returncode
    else:
        code = 0
    lines = said.getvalue().replace("\u00a0", " ").splitlines()
    assert code == (1 if lines else 0)
    return lines


def break_in(sql, *parameters):
    with lifted(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
