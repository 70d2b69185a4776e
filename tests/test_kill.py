"""A few rounds of `tools/kill_test.py`; the tool itself does a hundred."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

TOOL = Path(__file__).resolve().parents[1] / "tools" / "kill_test.py"
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_nothing_acknowledged_is_lost_and_nothing_is_half_written_when_all_is_killed():
    more = ["--postgres"] if connection.vendor == "postgresql" else []
    told = subprocess.run(
        [sys.executable, TOOL, "--kills", "4", *more],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    counted = json.loads(told.stdout.splitlines()[-1])
    assert counted["lost"] == 0
    assert counted["answers_cut"] > 0
    assert sum(counted["acknowledged"].values()) > 0


def test_sqlite_keeps_what_was_acknowledged_through_a_power_cut():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL does by default")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
        assert cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
