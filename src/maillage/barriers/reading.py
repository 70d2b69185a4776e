"""What a file's page says of its protection, and what a manager has to read."""

from dataclasses import dataclass
from typing import Any

from maillage.barriers.walls import wall_of
from maillage.network.roles import Permission

SHOWN = 200


@dataclass(frozen=True)
class Standing:
    """How a file is protected, as the one who opened its page may know."""

    uid: str
    is_restricted: bool
    opening: Any | None
    may_manage: bool


def standing(by, file: Any) -> Standing:
    wall = wall_of(by.side)
    restricted = wall.restrictions.objects.filter(file=file, lifted_at=None).exists()
    manages = by.holds(Permission.BARRIER_MANAGE)
    opening = None
    if restricted and not manages:
        closed = wall.closed(by, lets_in_exceptions=False)
        mine = wall.accesses.objects.filter(file=file, user=by.user, file__in=closed)
        opening = mine.order_by("-until").first()
    return Standing(file.uid, restricted, opening, manages)


@dataclass(frozen=True)
class Notices:
    """What waits for a manager: those who shut themselves out, and openings without an opinion."""

    declared: list[Any]
    openings: list[Any]

    def __bool__(self) -> bool:
        return bool(self.declared or self.openings)


def _of_mine(rows: Any, by, *names: str) -> Any:
    """Rows of one's organisation, but those about a file that one is shut out of oneself."""
    mine = rows.objects.filter(
        wall_of(by.side).unbarred(by, "file"), organisation_id=by.organisation_id
    )
    return mine.select_related("file", *names)


def notices(by) -> Notices | None:
    """`None` for whoever manages no barrier."""
    if not by.holds(Permission.BARRIER_MANAGE):
        return None
    wall = wall_of(by.side)
    declared = _of_mine(wall.barriers, by, "user").filter(is_own=True, seen_at=None, lifted_at=None)
    openings = _of_mine(wall.accesses, by, "user").filter(verdict="").exclude(user=by.user)
    return Notices(list(declared.order_by("-since")), list(openings.order_by("-opened_at")))


@dataclass(frozen=True)
class Protection:
    barriers: list[Any]
    restrictions: list[Any]
    openings: list[Any]


def protection(by) -> Protection:
    """Every barrier and restriction that is up on one's side, and the latest openings."""
    wall = wall_of(by.side)
    barriers = _of_mine(wall.barriers, by, "user", "by").filter(lifted_at=None)
    restrictions = _of_mine(wall.restrictions, by, "by").filter(lifted_at=None)
    openings = _of_mine(wall.accesses, by, "user", "reviewed_by").order_by("-opened_at")
    return Protection(
        list(barriers.order_by("-since")),
        list(restrictions.prefetch_related("readers__user").order_by("-since")),
        list(openings[:SHOWN]),
    )
