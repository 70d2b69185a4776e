"""The one condition by which a file is hidden from somebody of its own organisation and side."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from maillage.network.roles import Permission


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
        return self.barriers.objects.filter(user=by.user, lifted_at=None).values("file")

    def shuts_out(self, user, file) -> bool:
        """Whether somebody is kept out of this very file: nothing of it may be given to them."""
        return self.barriers.objects.filter(user=user, file=file, lifted_at=None).exists()

    def closed(self, by, *, lets_in_exceptions: bool = True) -> QuerySet:
        """The keys of the restricted files that are not open to somebody now."""
        practised = self.files.objects.filter(self.working_on(by.user), pk=OuterRef("file"))
        named = self.readers.objects.filter(restriction=OuterRef("pk"), user=by.user)
        closed = self.restrictions.objects.filter(
            ~Exists(practised),
            ~Exists(named),
            organisation_id=by.organisation_id,
            lifted_at=None,
        )
        if lets_in_exceptions:
            opened = self.accesses.objects.filter(user=by.user, until__gt=timezone.now())
            closed = closed.exclude(file__in=opened.values("file"))
        return closed.values("file")

    def unbarred(self, by, file: str = "pk") -> Q:
        """What somebody is not shut out of; `file` names the column that holds a file's key."""
        return Q() if by.user is None else ~Q(**{f"{file}__in": self.barred(by)})

    def open_to(self, by, file: str = "pk") -> Q:
        """What somebody may know exists, of the files of their own organisation and side.

        The keys are sought once a query and kept by the database: no row is joined for them.
        """
        if by.user is None or by.holds(Permission.BARRIER_MANAGE):
            return self.unbarred(by, file)
        return self.unbarred(by, file) & ~Q(**{f"{file}__in": self.closed(by)})

    def visible(self, by) -> QuerySet:
        return self.files.objects.visible_to(by)


_WALLS: dict[str, Wall] = {}


def raise_wall(side: str, wall: Wall) -> None:
    """Called once by the room that holds the files of a side."""
    _WALLS[side] = wall


def wall_of(side: str) -> Wall:
    """The wall of one side; a side without one hides nothing and cannot be served: `KeyError`."""
    return _WALLS[side]
