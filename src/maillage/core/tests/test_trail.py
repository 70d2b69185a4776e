"""The trail records acts inside their transaction, and counts them."""

from dataclasses import dataclass

import pytest
from django.db import transaction

from maillage.core import trail
from maillage.core.models import ReadEntry, TrailEntry, User


@dataclass
class Somebody:
    user: User | None
    organisation_slug: str = "via-voltaire"
    side: str = "programme"
    role: str = "reception"


@pytest.fixture
def somebody(db):
    return Somebody(User.objects.create_user("accueil@example.org", name="Accueil"))


def test_an_act_keeps_who_for_whom_in_which_role(somebody):
    with transaction.atomic():
        trail.record("referral_registered", by=somebody, target="abc", file="def", rows=3)

    entry = TrailEntry.objects.get()
    assert (entry.verb, entry.by, entry.organisation) == (
        "referral_registered",
        somebody.user,
        "via-voltaire",
    )
    assert (entry.side, entry.role, entry.details) == ("programme", "reception", {"rows": 3})


@pytest.mark.django_db(transaction=True)
def test_an_act_outside_a_transaction_is_a_fault():
    by = Somebody(None)

    with pytest.raises(RuntimeError, match="outside"):
        trail.record("referral_registered", by=by)
    assert not TrailEntry.objects.exists()


def test_the_version_grows_with_each_act_of_that_organisation_and_side_only(somebody):
    elsewhere = Somebody(None, organisation_slug="apex")
    other_side = Somebody(None, side="support")
    before = trail.version("via-voltaire", "programme")

    with transaction.atomic():
        trail.record("a", by=somebody)
        trail.record("b", by=elsewhere)
        trail.record("c", by=other_side)
        trail.record("d", by=somebody)

    assert before == 0
    assert trail.version("via-voltaire", "programme") == 2
    assert trail.version("apex", "programme") == 1
    assert trail.version("via-voltaire", "support") == 1


def test_an_act_undone_with_its_transaction_is_not_counted(somebody):
    with transaction.atomic():
        trail.record("a", by=somebody)
        transaction.set_rollback(True)

    assert trail.version("via-voltaire", "programme") == 0


def test_an_act_that_reaches_another_organisation_counts_there(somebody):
    with transaction.atomic():
        trail.record("referral_received_from_branch", by=somebody, organisation="apex")

    assert trail.version("apex", "programme") == 1
    assert trail.version("via-voltaire", "programme") == 0


def test_a_look_at_a_file_is_kept_apart_from_the_acts(somebody):
    trail.record_read("file", by=somebody, file="abcdef")

    assert ReadEntry.objects.get().file == "abcdef"
    assert not TrailEntry.objects.exists()
    assert trail.version("via-voltaire", "programme") == 0
