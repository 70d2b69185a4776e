"""The trail: what was done, and who looked, without a name or a text in it."""

from typing import Any, Protocol

from django.db import transaction
from django.db.models import F

from maillage.core.models import ReadEntry, TrailEntry, TrailHead, User


class Actor(Protocol):
    """Somebody acting for one organisation, on one side, in one role."""

    @property
    def user(self) -> User | None: ...
    @property
    def role(self) -> str: ...
    @property
    def side(self) -> str: ...
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
    where = organisation or by.organisation_slug
    head = TrailHead.objects.filter(organisation=where, side=by.side)
    if not head.update(acts=F("acts") + 1):
        TrailHead.objects.get_or_create(organisation=where, side=by.side)
        head.update(acts=F("acts") + 1)
    return TrailEntry.objects.create(
        organisation=where,
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
    if by.user is None:
        raise RuntimeError("only somebody signed in looks at a named file")
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
    """How many acts an organisation has committed on one side; what was computed at one version
    holds until the next."""
    head = (
        TrailHead.objects.filter(organisation=organisation, side=side).values_list("acts").first()
    )
    return head[0] if head else 0
