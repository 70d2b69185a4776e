from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from maillage.core import trail
from maillage.core.models import ReadEntry, TrailEntry, TrailHead
from maillage.core.tests.chains import FEBRUARY, break_in, verify

pytestmark = pytest.mark.django_db


def purge(*arguments) -> str:
    told = StringIO()
    call_command("trail", "purge", *arguments, stdout=told)
    return told.getvalue()


class TestPurge:
    def test_takes_looks_after_a_year_and_acts_after_three_and_the_rest_verifies(
        self, ten, clock, kept
    ):
        clock["now"] = datetime(2027, 3, 1, 8, tzinfo=UTC)
        assert "lectures de 2026-02 : 10 entrée(s)" in purge()
        assert (ReadEntry.objects.count(), TrailEntry.objects.count()) == (0, 11)
        assert verify("--anchors", str(kept)) == []

        clock["now"] = datetime(2029, 3, 1, 8, tzinfo=UTC)
        assert "actes de 2026-02 : 10 entrée(s)" in purge()
        assert list(TrailEntry.objects.values_list("verb", flat=True)) == ["trail_purged"] * 2
        assert verify("--anchors", str(kept)) == []
        stub = TrailHead.objects.get(kind="act", month="2026-02")
        assert (stub.position, bool(stub.purged_by), stub.purged_at) == (10, True, clock["now"])
        assert trail.version("via-voltaire", "programme") == 12

    def test_keeps_a_month_that_is_not_over_its_time(self, ten, clock):
        clock["now"] = datetime(2027, 2, 28, 8, tzinfo=UTC)

        assert purge().startswith("0 mois")
        assert purge("--before", "2026-12").startswith("0 mois")

    def test_keeps_more_when_it_is_told_to(self, ten, clock):
        clock["now"] = datetime(2030, 1, 1, 8, tzinfo=UTC)

        assert purge("--before", "2026-02").startswith("0 mois")

    def test_the_act_that_says_so_holds_what_was_sealed_and_is_purged_in_its_turn(self, ten, clock):
        clock["now"] = datetime(2027, 3, 1, 8, tzinfo=UTC)
        purge()
        said = TrailEntry.objects.get(verb="trail_purged").details
        head = TrailHead.objects.get(kind="read")
        assert (said["kind"], said["month"], said["count"]) == ("read", "2026-02", 10)
        assert (said["first"], said["last"]) == (bytes(head.first_hash).hex(), head.hash.hex())

        clock["now"] = datetime(2031, 3, 1, 8, tzinfo=UTC)
        purge()
        assert not TrailEntry.objects.filter(details__month="2026-02", details__kind="read")
        assert verify() == []

    def test_a_month_that_was_altered_is_not_purged(self, ten, clock):
        break_in("UPDATE core_readentry SET file = '' WHERE position = 4")
        clock["now"] = datetime(2027, 3, 1, 8, tzinfo=UTC)

        with pytest.raises(CommandError, match="ne se purge pas"):
            purge()
        assert ReadEntry.objects.count() == 10

    def test_a_month_emptied_without_saying_so_is_a_fault(self, ten):
        break_in(
            "UPDATE core_trailhead SET purged_at = %s, purged_by = 'x', first_hash = hash"
            " WHERE kind = 'read'",
            FEBRUARY,
        )
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM core_readentry")

        assert verify() == [
            "✗ via-voltaire, programme, lectures de 2026-02 :"
            " la purge de ce mois n’est inscrite nulle part"
        ]

    def test_nothing_is_added_to_a_purged_month(self, ten, clock):
        clock["now"] = datetime(2027, 3, 1, 8, tzinfo=UTC)
        purge()
        clock["now"] = FEBRUARY

        with pytest.raises(RuntimeError, match="purged"):
            trail.record_read("file", by=ten, file="abcdef")
