"""Every value of an owner under a new key, row by row, while people work; and what is under which.

Nothing is remembered between two runs: the key that a value names tells whether it is done, so that
a rotation that was killed is taken up again where it stands.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from maillage.core import keys, vault
from maillage.core.keys import NAME_BYTES, Owner, VaultError

BATCH = 200
PATIENCE = 600  # seconds for transactions and rows held by others, before one has to come back


@dataclass(frozen=True)
class Table:
    """A table with encrypted columns; its names in the SQL are our own."""

    name: str
    key: str
    fields: Sequence[vault.SealedField]

    @property
    def columns(self) -> list[str]:
        return [connection.ops.quote_name(str(field.column)) for field in self.fields]

    def naming(self, count: int) -> str:
        """The condition that a column names one of so many keys; each wants them once."""
        marks = ", ".join(["%s"] * count)
        each = (f"substr({column}, 1, {NAME_BYTES}) IN ({marks})" for column in self.columns)
        return f"({' OR '.join(each)})"


@dataclass(frozen=True)
class Rotation:
    """What one rotation did."""

    key: str
    left: list[str]
    rows: int
    was_begun: bool


def tables() -> list[Table]:
    quote = connection.ops.quote_name
    return [
        Table(quote(model._meta.db_table), quote(str(model._meta.pk.column)), fields)
        for model in apps.get_models()
        if (fields := vault.sealed_of(model))
    ]


def rotate(owner: Owner) -> Rotation:
    """A new key for an owner, and everything of theirs under it; may be killed and run again.

    The old key is retired only once no process can still write with it and no value names it.
    """
    key, left, was_begun = keys.begin_rotation(owner)
    old = [each.name.encode() for each in left]
    rows = _everywhere(old, owner)
    _wait_for_others()
    until = time.monotonic() + PATIENCE
    while count(old):
        done = _everywhere(old, owner)
        rows += done
        if not done:  # somebody holds the rows that are left
            _give_up_after(until)
            time.sleep(0.2)
    keys.retire([each.name for each in left])
    return Rotation(key.name, [each.name for each in left], rows, was_begun)


def _everywhere(old: list[bytes], owner: Owner) -> int:
    return sum(_pass(table, old, owner) for table in tables()) if old else 0


def _pass(table: Table, old: list[bytes], owner: Owner) -> int:
    last, done = -1, 0
    while rows := _batch(table, old, owner, last):
        last, done = rows[-1][0], done + len(rows)
    return done


def _batch(table: Table, old: list[bytes], owner: Owner, last: int) -> list[tuple]:
    """Some rows read and written under their lock, so that no edit made meanwhile is lost; those
    that somebody holds are left for a later pass, so that nobody waits for anybody."""
    skip = " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""
    read = (
        f"SELECT {table.key}, {', '.join(table.columns)} FROM {table.name}"  # nosec B608
        f" WHERE {table.key} > %s AND {table.naming(len(old))}"
        f" ORDER BY {table.key} LIMIT {BATCH}{skip}"
    )
    marks = ", ".join(f"{column} = %s" for column in table.columns)
    write = f"UPDATE {table.name} SET {marks} WHERE {table.key} = %s"  # nosec B608
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(read, [last, *old * len(table.fields)])
        rows = cursor.fetchall()
        for pk, *values in rows:
            cursor.execute(write, [*_renewed(table, values, old, owner), pk])
    return rows


def _renewed(table: Table, values: list, old: list[bytes], owner: Owner) -> Iterator[Any]:
    for field, value in zip(table.fields, values, strict=True):
        if value is None or bytes(value[:NAME_BYTES]) not in old:
            yield value
        else:
            yield vault.seal(vault.unseal(bytes(value), field.place), field.place, owner)


def _wait_for_others() -> None:
    """Until every process has seen the new key, and what was begun before has ended.

    SQLite writes one transaction at a time: a pass that writes has waited for the others."""
    time.sleep(keys.CHECK_EVERY + 1)
    if connection.vendor != "postgresql":
        return
    until, begun = time.monotonic() + PATIENCE, _snapshot("xmax")
    while _snapshot("xmin") < begun:
        _give_up_after(until)
        time.sleep(0.2)


def _snapshot(end: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_snapshot_{end}(pg_current_snapshot())::text")  # nosec B608
        return int(cursor.fetchone()[0])


def _give_up_after(until: float) -> None:
    if time.monotonic() > until:
        raise VaultError("somebody still holds rows; run « maillage vault rotate » again")


def count(names: list[bytes]) -> int:
    """How many rows still name one of these keys."""
    found = 0
    for table in tables() if names else []:
        asked = f"SELECT count(*) FROM {table.name} WHERE {table.naming(len(names))}"  # nosec B608
        with connection.cursor() as cursor:
            cursor.execute(asked, names * len(table.fields))
            found += cursor.fetchone()[0]
    return found


def values_by_key() -> Counter[str]:
    """How many stored values name each key."""
    found: Counter[str] = Counter()
    for table in tables():
        for column in table.columns:
            asked = (
                f"SELECT substr({column}, 1, {NAME_BYTES}), count(*) FROM {table.name}"  # nosec B608
                f" WHERE length({column}) > 0 GROUP BY 1"
            )
            with connection.cursor() as cursor:
                cursor.execute(asked)
                for name, number in cursor.fetchall():
                    found[bytes(name).decode(errors="replace")] += number
    return found


def opened_values() -> Iterator[tuple[str, str, str]]:
    """Of every stored value: its place, its key, and what is wrong with it; "" where it opens."""
    for table in tables():
        for field, column in zip(table.fields, table.columns, strict=True):
            for sealed in _stored(table, column):
                yield (
                    field.place,
                    sealed[:NAME_BYTES].decode(errors="replace"),
                    _fault(field, sealed),
                )


def _stored(table: Table, column: str) -> Iterator[bytes]:
    asked = (
        f"SELECT {table.key}, {column} FROM {table.name}"  # nosec B608
        f" WHERE {table.key} > %s AND length({column}) > 0 ORDER BY {table.key} LIMIT 1000"
    )
    last = -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(asked, [last])
            rows = cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield from (bytes(value) for _, value in rows)


def _fault(field: vault.SealedField, sealed: bytes) -> str:
    try:
        field.from_bytes(vault.unseal(sealed, field.place))
    except vault.Destroyed:
        return ""
    except (VaultError, ValueError) as error:
        return str(error)
    return ""


def unknown_keys() -> list[str]:
    """Keys that stored values name and that the folder does not have."""
    known = {key.name for key in keys.every_key()}
    return sorted(set(values_by_key()) - known)
