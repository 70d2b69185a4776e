"""The trail: what was done, and who looked, without a name or a text in it."""

from typing import Any, Protocol

from django.db import transaction

from maillage.core.models import ReadEntry, TrailEntry, User


class Actor(Protocol):
    """Somebody acting for one organisation, on one side, in one role."""

    user: User | None
    role: str
    side: str

    @property
    def organisation_slug(self) -> str: ...


def record(
    verb: str,
    *,
    by: Actor,
    target: str = "",
    file: str = "",
    organisation: str | None = None,
    **details: Any,
) -> TrailEntry:
    """Writes one act; must stand inside the transaction of the act itself.

    `organisation` is another one than the actor's where an act reaches it (a redirection).
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"« {verb} » was recorded outside the transaction of its act")
    return TrailEntry.objects.create(
        organisation=organisation or by.organisation_slug,
        side=by.side,
        by=by.user,
        role=by.role,
        verb=verb,
        target=target,
        file=file,
        details=details,
    )


def record_read(what: str, *, by: Actor, file: str = "", count: int = 1) -> None:
    """Writes that named files were looked at: one file by its uid, or a list by its length."""
    ReadEntry.objects.create(
        organisation=by.organisation_slug,
        side=by.side,
        by=by.user,
        role=by.role,
        what=what,
        file=file,
        count=count,
    )


def version(organisation: str, side: str) -> int:
    """A number that grows with every act of an organisation on one side, 0 before the first."""
    newest = (
        TrailEntry.objects.filter(organisation=organisation, side=side).order_by("-id").values("id")
    )
    first = newest[:1].first()
    return first["id"] if first else 0
