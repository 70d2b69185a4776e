"""The one condition by which a file is hidden from somebody of its own organisation and side."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from maillage.core.prepared import PreparedKeys
from maillage.network.roles import Permission

KEPT = 200  # hidden files that a page may keep in mind; beyond, the database seeks them each time


@dataclass(frozen=True)
class Wall:
    """The tables of one side; `working_on` tells the files that somebody practises on."""

    files: Any
    barriers: Any
    restrictions: Any
    readers: Any
    accesses: Any
    reads: Permission
    file_route: str
    working_on: Callable[[Any], Q]

    def barred(self, by) -> QuerySet:
        """The keys of the files that somebody is shut out of, whatever their role."""
        return self._barred(by.user.pk)

    def _barred(self, user: int) -> QuerySet:
        return self.barriers.objects.filter(user=user, lifted_at=None).values("file")

    def shuts_out(self, user, file) -> bool:
        """Whether somebody is kept out of this very file: nothing of it may be given to them."""
        return self.barriers.objects.filter(user=user, file=file, lifted_at=None).exists()

    def closed(self, by, *, lets_in_exceptions: bool = True) -> QuerySet:
        """The keys of the restricted files that are not open to somebody now."""
        now = timezone.now() if lets_in_exceptions else None
        return self._closed(by.user.pk, by.organisation_id, now)

    def _closed(self, user: int, organisation: int, now: datetime | None) -> QuerySet:
        practised = self.files.objects.filter(self.working_on(user), pk=OuterRef("file"))
        named = self.readers.objects.filter(restriction=OuterRef("pk"), user=user)
        closed = self.restrictions.objects.filter(
            ~Exists(practised), ~Exists(named), organisation_id=organisation, lifted_at=None
        )
        if now is not None:
            opened = self.accesses.objects.filter(user=user, until__gt=now)
            closed = closed.exclude(file__in=opened.values("file"))
        return closed.values("file")

    @cached_property
    def _shut_out(self) -> PreparedKeys:
        return PreparedKeys(lambda user: [self._barred(user)])

    @cached_property
    def _hidden(self) -> PreparedKeys:
        return PreparedKeys(
            lambda user, organisation, now: [
                self._barred(user),
                self._closed(user, organisation, now),
            ]
        )

    def unbarred(self, by, file: str = "pk") -> Q:
        """What somebody is not shut out of; `file` names the column that holds a file's key."""
        if by.user is None:
            return Q()
        return _outside(by, file, self._shut_out, by.user.pk)

    def open_to(self, by, file: str = "pk") -> Q:
        """What somebody may know exists, of the files of their own organisation and side.

        The keys are sought once a query and kept by the database: no row is joined for them. A
        page that is only read seeks them twice at most, whatever the number of its queries.
        """
        if by.user is None or by.holds(Permission.BARRIER_MANAGE):
            return self.unbarred(by, file)
        return _outside(by, file, self._hidden, by.user.pk, by.organisation_id, timezone.now())

    def visible(self, by) -> QuerySet:
        return self.files.objects.visible_to(by)


def _outside(by, file: str, keys: PreparedKeys, *values: Any) -> Q:
    known = _known(by.read_once, keys, values) if by.read_once is not None else None
    if known is None:
        return ~Q(**{f"{file}__in": keys.given(*values)})
    return ~Q(**{f"{file}__in": known}) if known else Q()


def _known(kept: dict, keys: PreparedKeys, values: tuple) -> list[int] | None:
    """The keys that a page asks for a second time; None the first time, or where they are many."""
    if keys not in kept:
        kept[keys] = _ASKED
        return None
    if kept[keys] is _ASKED:
        kept[keys] = keys.listed(*values, most=KEPT)
    return kept[keys]


_ASKED = object()
_WALLS: dict[str, Wall] = {}


def raise_wall(side: str, wall: Wall) -> None:
    """Called once by the room that holds the files of a side."""
    _WALLS[side] = wall


def wall_of(side: str) -> Wall:
    """The wall of one side; a side without one hides nothing and cannot be served: `KeyError`."""
    return _WALLS[side]
