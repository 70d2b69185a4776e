"""The trail: what was done, and who looked, without a name or a text in it."""

from typing import Any, Protocol, TypeVar

from django.db import connection, transaction
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
    _append(ReadEntry, TrailHead.Kind.READ, by.organisation_slug, by, told)


def version(organisation: str, side: str) -> int:
    """How many acts an organisation has committed on one side; what was computed at one version
    holds until the next."""
    acts = TrailHead.objects.filter(organisation=organisation, side=side, kind=TrailHead.Kind.ACT)
    return acts.aggregate(all=Sum("position"))["all"] or 0


def _append(model: type[Entry], kind: str, where: str, by: Actor, told: dict[str, Any]) -> Entry:
    """Adds one entry at the end of its chain, whose head stays locked until the commit."""
    entry = model(
        at=timezone.now(),
        organisation=where,
        side=str(by.side),
        by=by.user,
        role=str(by.role),
        **told,
    )
    name = chain.Name(where, entry.side, kind, chain.month_of(entry.at))
    add = _add_at_once if connection.vendor == "postgresql" else _add
    if not add(name, entry):
        first = TrailHead(**name._asdict(), hash=name.genesis)
        TrailHead.objects.bulk_create([first], ignore_conflicts=True)
        if not add(name, entry):
            raise RuntimeError(f"the month {name} is purged: nothing is added to it")
    return entry


def _values(name: chain.Name, entry: TrailEntry | ReadEntry) -> dict[str, Any]:
    return {column: getattr(entry, column) for column in chain.COLUMNS[name.kind]}


def _add(name: chain.Name, entry: TrailEntry | ReadEntry) -> bool:
    """Whether there is a head to follow; a transaction has SQLite to itself from its start."""
    with transaction.atomic():
        heads = TrailHead.objects.filter(**name._asdict(), purged_at=None)
        head = heads.values_list("pk", "position", "hash").first()
        if head is None:
            return False
        entry.chain_id, entry.position = head[0], head[1] + 1
        entry.hash = chain.link(bytes(head[2]), name.kind, entry.position, _values(name, entry))
        entry.save(force_insert=True)
        heads.update(position=entry.position, hash=entry.hash)
    return True


def _add_at_once(name: chain.Name, entry: TrailEntry | ReadEntry) -> bool:
    """The same in one statement: a page waits once for PostgreSQL, and a head is held the least."""
    values, table = _values(name, entry), entry._meta.db_table
    fields = {field.attname: field for field in entry._meta.concrete_fields}
    stored = [
        fields[column].get_db_prep_save(value, connection) for column, value in values.items()
    ]
    columns = ", ".join(values)
    statement = f"""
        WITH head AS (
            UPDATE core_trailhead SET position = position + 1, hash = sha256(
                hash || convert_to('[' || (position + 1)::text || ',' || %s, 'UTF8'))
            WHERE organisation = %s AND side = %s AND kind = %s AND month = %s
                AND purged_at IS NULL
            RETURNING id, position, hash
        )
        INSERT INTO {table} (chain_id, position, hash, {columns})
        SELECT id, position, hash, {", ".join(["%s"] * len(stored))} FROM head
        RETURNING id, chain_id, position, hash
    """  # nosec B608
    with connection.cursor() as cursor:
        cursor.execute(statement, [chain.exact(name.kind, values), *name, *stored])
        written = cursor.fetchone()
    if written is None:
        return False
    entry.pk, entry.chain_id, entry.position, entry.hash = written
    entry._state.adding, entry._state.db = False, connection.alias
    return True
