"""What every write of the room obeys, whatever it writes."""

import inspect
import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder

from maillage.core import trail
from maillage.core.models import TrailEntry
from maillage.network.roles import Role
from maillage.network.tests.factories import MembershipFactory
from maillage.programme.intake import actions
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.tests.acts import ACTS, NAME, do, everything, prepare

pytestmark = pytest.mark.django_db
every_act = pytest.mark.parametrize("name", ACTS)
HELPERS = {"check_dates", "locked_participant", "locked_referral", "next_reference"}
OF_PIECES = {"add_document", "read_document", "remove_document"}  # tried with the pieces themselves


@pytest.fixture
def doer(branch):
    """Somebody whose role allows an act: a practitioner, whose role allows each of these."""
    return MembershipFactory(organisation=branch)


def test_every_write_of_the_room_is_tried_here():
    written = {
        name for name in actions.__all__ if inspect.isfunction(getattr(actions, name))
    } - HELPERS

    assert written == set(ACTS) | {"record_export"} | OF_PIECES


@every_act
def test_it_leaves_its_entries_in_the_trail_and_no_other(name, branch, doer):
    referral = prepare(name, branch)

    do(name, referral, doer)

    entries = list(TrailEntry.objects.order_by("pk"))
    assert tuple(entry.verb for entry in entries) == ACTS[name].verbs
    assert entries[0].by == doer.user
    assert entries[0].organisation == branch.slug
    assert entries[0].file == referral.participant.uid


@every_act
def test_its_trail_holds_no_name_and_no_word_that_was_typed(name, branch, doer):
    do(name, prepare(name, branch), doer)

    told = [column.attname for column in TrailEntry._meta.fields if column.attname != "hash"]
    kept = json.dumps(list(TrailEntry.objects.values(*told)), cls=DjangoJSONEncoder).lower()
    for word in (*NAME.values(), "Ondine-Lou", "639981234", "1984", "confidentiel", "secret"):
        assert word.lower() not in kept


@every_act
def test_it_writes_nothing_when_the_trail_cannot_be(name, branch, doer, monkeypatch):
    referral = prepare(name, branch)
    before = everything()

    def broken(*args, **kwargs):
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(trail, "record", broken)
    with pytest.raises(RuntimeError, match="the trail is full"):
        do(name, referral, doer)

    assert everything() == before


@every_act
@pytest.mark.parametrize("who", ["stranger", "other_side", "gone"])
def test_it_is_unknown_or_refused_to_whoever_is_not_of_the_branch_today(name, who, branch, request):
    referral = prepare(name, branch)
    by = request.getfixturevalue(who)
    before = everything()

    with pytest.raises((Participant.DoesNotExist, Referral.DoesNotExist, PermissionDenied)):
        do(name, referral, by)

    assert everything() == before


@every_act
@pytest.mark.parametrize("role", [Role.RECEPTION, Role.PRACTITIONER, Role.MANAGER])
def test_it_is_for_these_roles(name, role, branch):
    referral = prepare(name, branch)
    by = MembershipFactory(organisation=branch, role=role)

    if role in ACTS[name].refused_to:
        with pytest.raises(PermissionDenied):
            do(name, referral, by)
    else:
        assert do(name, referral, by)


@every_act
@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.DPO, Role.ADMINISTRATOR])
def test_it_is_for_no_role_that_reads_no_name(name, role, branch):
    referral = prepare(name, branch)
    by = MembershipFactory(organisation=branch, role=role)

    with pytest.raises((Participant.DoesNotExist, Referral.DoesNotExist, PermissionDenied)):
        do(name, referral, by)
