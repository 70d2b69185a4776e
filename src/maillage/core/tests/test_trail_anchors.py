import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from maillage.core import chain
from maillage.core.models import TrailHead
from maillage.core.tests.chains import act, break_in, verify
from maillage.core.tests.guards import lifted

pytestmark = pytest.mark.django_db


def rewrite(kind="act"):
    """Somebody who holds the database gives the chain hashes that fit what it holds now."""
    head = TrailHead.objects.get(kind=kind)
    before = chain.name_of(head).genesis
    entries = chain.ENTRIES[kind].objects.filter(chain=head)
    with lifted():
        for place, row in enumerate(entries.order_by("position").values(), 1):
            before = chain.link(before, kind, place, row)
            entries.filter(pk=row["id"]).update(position=place, hash=before)
        TrailHead.objects.filter(pk=head.pk).update(position=entries.count(), hash=before)


class TestAnchors:
    def test_hold_a_line_for_each_chain_signed_by_the_key_whose_public_part_is_given(self, kept):
        lines = [json.loads(line) for line in kept.read_text().splitlines()]

        assert [(each["kind"], each["position"]) for each in lines] == [("act", 10), ("read", 10)]
        told = StringIO()
        call_command("trail", "anchor", "--public-key", stdout=told)
        assert verify("--anchors", str(kept), "--public-key", told.getvalue().strip()) == []

    def test_are_added_to_the_file(self, kept, ten):
        act(ten)
        call_command("trail", "anchor", "--output", str(kept), stdout=StringIO())

        assert len(kept.read_text().splitlines()) == 4
        assert verify("--anchors", str(kept)) == []

    def test_find_a_chain_that_was_written_anew(self, kept, ten):
        break_in("UPDATE core_trailentry SET verb = 'x' WHERE position = 4")
        rewrite()

        assert verify() == []
        assert verify("--anchors", str(kept)) == [
            "✗ via-voltaire, programme, actes de 2026-02, entrée 10 : ne s’accorde pas avec l’ancre"
        ]

    def test_find_an_end_that_was_cut_with_its_head(self, kept, ten):
        break_in("DELETE FROM core_trailentry WHERE position > 7")
        rewrite()

        assert verify() == []
        assert verify("--anchors", str(kept)) == [
            "✗ via-voltaire, programme, actes de 2026-02, entrée 10 :"
            " la chaîne est plus courte que l’ancre"
        ]

    def test_find_a_chain_that_is_gone(self, kept, ten):
        break_in("DELETE FROM core_readentry")
        break_in("DELETE FROM core_trailhead WHERE kind = 'read'")

        assert verify() == []
        assert verify("--anchors", str(kept)) == [
            "✗ via-voltaire, programme, lectures de 2026-02, entrées 1 à 10 :"
            " toute la chaîne a disparu"
        ]

    @pytest.mark.parametrize(
        ("mend", "said"),
        [
            (lambda text: text.replace('"position": 10', '"position": 9'), "signature inconnue"),
            (lambda text: "{}", "illisible"),
            (lambda text: "[1]", "illisible"),
        ],
    )
    def test_that_nobody_signed_are_refused(self, kept, ten, mend, said):
        kept.write_text(mend(kept.read_text()))

        with pytest.raises(CommandError, match=said):
            call_command("trail", "verify", "--anchors", str(kept))

    def test_need_a_key(self, settings):
        settings.ANCHOR_KEY = ""

        with pytest.raises(CommandError, match="MAILLAGE_ANCHOR_KEY"):
            call_command("trail", "anchor")
