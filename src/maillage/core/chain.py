"""How entries of the trail hold each other: each carries the hash of the one before it.

One chain for each organisation, side, month of Paris, and kind (acts, looks). The hash of an entry
is SHA-256 of the hash before it and of every column, so that whoever changes, takes away, adds or
moves one has to write anew all that follow, up to a hash that an anchor keeps elsewhere.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from maillage.core.models import ReadEntry, TrailEntry, TrailHead

PARIS = ZoneInfo("Europe/Paris")
AT_A_TIME = 2000
COMMON = ("at", "organisation", "side", "by_id", "role")
COLUMNS: dict[str, tuple[str, ...]] = {
    TrailHead.Kind.ACT: (*COMMON, "verb", "target", "file", "details"),
    TrailHead.Kind.READ: (*COMMON, "what", "file", "count", "digest", "flag"),
}
ENTRIES: dict[str, type[TrailEntry] | type[ReadEntry]] = {
    TrailHead.Kind.ACT: TrailEntry,
    TrailHead.Kind.READ: ReadEntry,
}
GUARDS = {
    "trail_act_is_never_changed",
    "trail_act_is_kept",
    "trail_look_is_never_changed",
    "trail_look_is_kept",
    "trail_head_only_grows",
    "trail_head_is_kept",
}


class Name(NamedTuple):
    """What tells one chain from the others."""

    organisation: str
    side: str
    kind: str
    month: str

    def __str__(self) -> str:
        return "/".join(self)

    @property
    def genesis(self) -> bytes:
        """What stands before the first entry."""
        return sha256(f"maillage trail 1\0{self}".encode()).digest()


def month_of(at: datetime) -> str:
    return f"{at.astimezone(PARIS):%Y-%m}"


def plain(value: Any) -> Any:
    """A value as JSON gives it back from either database: 1.0 and 1 are one number."""
    return _even(json.loads(json.dumps(value, cls=DjangoJSONEncoder)))


def _even(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _even(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_even(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def exact(kind: str, values: Mapping[str, Any]) -> str:
    """What an entry says after its position, always in the same letters."""
    told = [values[column] for column in COLUMNS[kind]]
    told[0] = values["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(_even(told), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text[1:]


def link(before: bytes, kind: str, position: int, values: Mapping[str, Any]) -> bytes:
    """The hash of an entry that follows `before`."""
    return sha256(before + f"[{position},{exact(kind, values)}".encode()).digest()


@dataclass(frozen=True)
class Fault:
    """What does not hold, and where; `first` and `last` are positions in the chain."""

    chain: Name
    what: str
    first: int | None = None
    last: int | None = None

    def __str__(self) -> str:
        place = f"{self.chain.organisation}, {self.chain.side}"
        place += f", {TrailHead.Kind(self.chain.kind).label.lower()} de {self.chain.month}"
        if self.first is None:
            return f"{place}\u00a0: {self.what}"
        several = self.last is not None and self.last > self.first
        where = f"entrées {self.first} à {self.last}" if several else f"entrée {self.first}"
        return f"{place}, {where}\u00a0: {self.what}"


MISSING = "il manque"
ALTERED = "modifié, déplacé ou ajouté"
BEYOND = "ajouté après la fin de la chaîne"
UNANCHORED = "ne s’accorde pas avec l’ancre"


def name_of(head: TrailHead) -> Name:
    return Name(head.organisation, head.side, head.kind, head.month)


def faults_of(head: TrailHead, anchored: Mapping[int, bytes] | None = None) -> Iterator[Fault]:
    """What does not hold in one chain, read a part at a time while others go on writing.

    `anchored` is what was kept elsewhere: hashes by position.
    """
    found = _of_stub(head) if head.purged_at else _of_entries(head, anchored or {})
    name = name_of(head)
    for what, places in groupby(found, key=lambda each: each[0]):
        yield from _runs(name, what, [place for _, place in places])
    for position, kept in (anchored or {}).items():
        if position > head.position:
            yield Fault(name, "la chaîne est plus courte que l’ancre", position)
        elif head.purged_at and position == head.position and kept != bytes(head.hash):
            yield Fault(name, UNANCHORED, position)


def _runs(name: Name, what: str, places: list[int | None]) -> Iterator[Fault]:
    """One fault for positions that follow each other."""
    first: int | None = None
    last: int | None = None
    for place in places:
        if place is None:
            yield Fault(name, what)
        elif last is not None and place == last + 1:
            last = place
        else:
            if first is not None:
                yield Fault(name, what, first, last)
            first = last = place
    if first is not None:
        yield Fault(name, what, first, last)


def _of_entries(head: TrailHead, anchored: Mapping[int, bytes]) -> Iterator[tuple[str, int | None]]:
    before: bytes | None = name_of(head).genesis
    expected, last = 1, b""
    for row in _entries(head):
        position, kept = row["position"], bytes(row["hash"])
        yield from ((MISSING, gone) for gone in range(expected, position))
        if position > expected:
            before = None  # what stood before it is gone: it cannot be told from it
        if before is not None and link(before, head.kind, position, row) != kept:
            yield ALTERED, position
        if anchored.get(position, kept) != kept:
            yield UNANCHORED, position
        if position == head.position:
            last = kept
        before, expected = kept, position + 1
    yield from ((MISSING, gone) for gone in range(expected, head.position + 1))
    if expected > head.position + 1:  # written meanwhile, and then the head has moved
        now = TrailHead.objects.values_list("position", flat=True).get(pk=head.pk)
        yield from ((BEYOND, more) for more in range(now + 1, expected))
    if expected > head.position and (last or name_of(head).genesis) != bytes(head.hash):
        yield "la tête de la chaîne ne s’accorde pas avec cette entrée", head.position or None


def _entries(head: TrailHead) -> Iterator[dict[str, Any]]:
    """The entries in order, however many: a part at a time, by the index of their positions."""
    wanted = ("position", "hash", *COLUMNS[head.kind])
    found = ENTRIES[head.kind].objects.filter(chain=head).order_by("position").values(*wanted)
    last = -1
    while rows := list(found.filter(position__gt=last)[:AT_A_TIME]):
        yield from rows
        last = rows[-1]["position"]


def _of_stub(head: TrailHead) -> Iterator[tuple[str, int | None]]:
    """What is left of a month that was purged: nothing but its head, and the act that says so."""
    entries = ENTRIES[head.kind].objects.filter(chain=head)
    yield from (("il reste dans un mois purgé", each["position"]) for each in entries.values())
    assert head.purged_at is not None
    said = TrailEntry.objects.filter(
        organisation=head.organisation,
        side=head.side,
        verb="trail_purged",
        details__kind=head.kind,
        details__month=head.month,
        details__count=head.position,
        details__last=bytes(head.hash).hex(),
    )
    with_it = TrailHead.objects.filter(
        organisation=head.organisation,
        side=head.side,
        kind=TrailHead.Kind.ACT,
        month=month_of(head.purged_at),
        purged_at__isnull=False,
    )
    if not said.exists() and not with_it.exists():
        yield "la purge de ce mois n’est inscrite nulle part", None


def missing_guards() -> set[str]:
    """The triggers that should refuse any change, and are not there or are asleep."""
    asked = (
        "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'trail_%' AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'trail_%'"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return GUARDS - {row[0] for row in cursor.fetchall()}
