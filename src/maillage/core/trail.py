"""The trail: what was done, and who looked, without a name or a text in it."""

from typing import Any, Protocol, TypeVar

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from maillage.core import chain
from maillage.core.models import ReadEntry, TrailEntry, TrailHead, User

Entry = TypeVar("Entry", TrailEntry, ReadEntry)


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
    told = {"verb": verb, "target": target, "file": file, "details": chain.plain(details)}
    return _append(TrailEntry, TrailHead.Kind.ACT, where, by, told)


def record_read(
    what: str,
    *,
    by: Actor,
    file: str = "",
    count: int = 1,
    digest: int | None = None,
    flag: str = "",
) -> None:
    """Writes that named files were looked at: one file by its uid, or a list by its length.

    A search gives the blind `digest` of what was asked, and a `flag` if something is noticed of it.
    Where a transaction both acts and looks, it acts first: heads are locked in that order.
    """
    if by.user is None:
        raise RuntimeError("only somebody signed in looks at a named file")
    told = {"what": what, "file": file, "count": count, "digest": digest, "flag": flag}
    with transaction.atomic():
        _append(ReadEntry, TrailHead.Kind.READ, by.organisation_slug, by, told)


def version(organisation: str, side: str) -> int:
    """How many acts an organisation has committed on one side; what was computed at one version
    holds until the next."""
    acts = TrailHead.objects.filter(organisation=organisation, side=side, kind=TrailHead.Kind.ACT)
    return acts.aggregate(all=Sum("position"))["all"] or 0


def _append(model: type[Entry], kind: str, where: str, by: Actor, told: dict[str, Any]) -> Entry:
    """Adds one entry at the end of its chain, whose head stays locked until the commit."""
    at = timezone.now()
    values = {
        "at": at,
        "organisation": where,
        "side": str(by.side),
        "by_id": by.user.pk if by.user else None,
        "role": str(by.role),
        **told,
    }
    head, position, before = _locked_head(chain.Name(where, str(by.side), kind, chain.month_of(at)))
    follows = chain.link(before, kind, position + 1, values)
    place = {"chain_id": head, "position": position + 1, "hash": follows}
    entry = model.objects.create(**place, **values)
    TrailHead.objects.filter(pk=head).update(position=position + 1, hash=follows)
    return entry


def _locked_head(name: chain.Name) -> tuple[int, int, bytes]:
    heads = TrailHead.objects.select_for_update().filter(**name._asdict())
    columns = heads.values_list("pk", "position", "hash", "purged_at")
    head = columns.first()
    if head is None:
        first = TrailHead(**name._asdict(), hash=name.genesis)
        TrailHead.objects.bulk_create([first], ignore_conflicts=True)
        head = columns.get()
    pk, position, before, purged_at = head
    if purged_at is not None:
        raise RuntimeError(f"the month {name} is purged: nothing is added to it")
    return pk, position, bytes(before)
