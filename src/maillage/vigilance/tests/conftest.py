"""The people of a branch, a clock, and what they read."""

from datetime import UTC, datetime, timedelta

import pytest

from maillage.core import trail
from maillage.network.actors import CommandLine
from maillage.programme.episodes.tests.conftest import (  # noqa: F401
    _a_folder_for_static_files,
    house,
    signed_in,
)
from maillage.vigilance.actions import examine
from maillage.vigilance.models import Alert

TUESDAY = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)  # ten o'clock in Paris, a working day


class Clock:
    def __init__(self):
        self.now = TUESDAY

    def at(self, *moment: int) -> None:
        self.now = datetime(*moment, tzinfo=UTC)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock.now)
    return clock


@pytest.fixture
def read(clock):
    """Somebody looks at something, a second after the one before."""

    def look(by, file="", what="file", **told):
        clock.later(seconds=1)
        trail.record_read(what, by=by, file=file, **told)

    return look


@pytest.fixture
def found(house):  # noqa: F811
    """Examines the reads of the branch: the rules met, by whom, in which file, how often."""

    def look(side="programme"):
        examine(by=CommandLine(house.branch, side))
        alerts = Alert.objects.filter(organisation=house.branch, side=side).select_related("who")
        return [(a.rule, a.who, a.file, a.count) for a in alerts.order_by("rule", "first_at", "pk")]

    return look
