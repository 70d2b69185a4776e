"""Rows in one neutral form, the same from SQLite and from PostgreSQL: a JSON array a row.

Columns are read and written raw: what is sealed stays sealed, and no key is asked for.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Col

PAGE = 200
Way = Callable[[Any], Any]


def _canonical(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


_PLAIN = (
    *("AutoField", "BigAutoField", "SmallAutoField", "BooleanField", "FloatField"),
    *("BigIntegerField", "IntegerField", "SmallIntegerField"),
    *("PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"),
    *("CharField", "TextField", "SlugField", "EmailField", "URLField"),
)
# kind of a column → how its value is written, how it is read back, the plain column that stores it
_KINDS: dict[str, tuple[Way | None, Way | None, models.Field | None]] = {
    **dict.fromkeys(_PLAIN, (None, None, None)),
    "DateField": (date.isoformat, date.fromisoformat, models.DateField()),
    "DateTimeField": (datetime.isoformat, datetime.fromisoformat, models.DateTimeField()),
    "TimeField": (time.isoformat, time.fromisoformat, models.TimeField()),
    "UUIDField": (str, UUID, models.UUIDField()),
    "GenericIPAddressField": (str, None, None),
    "BinaryField": (lambda v: b64encode(bytes(v)).decode(), b64decode, models.BinaryField()),
    "JSONField": (_canonical, None, None),
    "DecimalField": (str, Decimal, None),
}


class UnknownShape(Exception):
    """A table or a column that a backup would not know how to keep; nothing is left out quietly."""


class NotAllSeen(Exception):
    """A table of which whoever connects would read a part: no backup, rather than half of one."""


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    field: models.Field

    @property
    def stored(self) -> models.Field:
        return _KINDS[self.kind][2] or self.field


@dataclass(frozen=True)
class Table:
    name: str
    key: Column
    columns: tuple[Column, ...]


def _column(field: Any) -> Column:
    pointed = field
    while pointed.is_relation:
        pointed = pointed.target_field
    kind = pointed.get_internal_type()
    if kind not in _KINDS:
        raise UnknownShape(f"{field.model._meta.db_table}.{field.column}\u00a0: {kind}")
    return Column(field.column, kind, pointed)


def tables() -> list[Table]:
    """Every table of ours but those that `BACKUP_LEAVES_OUT` names."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.proxy or meta.db_table in settings.BACKUP_LEAVES_OUT:
            continue
        fields = [f for f in meta.local_concrete_fields if not getattr(f, "generated", False)]
        columns = tuple(map(_column, fields))
        found.append(Table(meta.db_table, _column(meta.pk), columns))
    return sorted(found, key=lambda table: table.name)


def check_that_all_is_known(connection: BaseDatabaseWrapper) -> None:
    """Raises where the database holds a table that is neither kept nor left out on purpose."""
    known = {table.name for table in tables()} | set(settings.BACKUP_LEAVES_OUT)
    if unknown := sorted(set(connection.introspection.table_names()) - known):
        raise UnknownShape(", ".join(unknown))


def lines(connection: BaseDatabaseWrapper, table: Table) -> Iterator[bytes]:
    """Each row as a line, in the order of the key; a page at a time in memory."""
    quote = connection.ops.quote_name
    order = quote(table.key.name)
    if connection.vendor == "postgresql" and table.key.kind in ("CharField", "SlugField"):
        order += ' COLLATE "C"'  # as SQLite compares: byte by byte
    names = ", ".join(quote(column.name) for column in table.columns)
    ways = [_ways_out(connection, table, column) for column in table.columns]
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {quote(table.name)} ORDER BY {order}")  # nosec B608
        while page := cursor.fetchmany(PAGE):
            for row in page:
                yield _line(row, ways)


def _ways_out(connection: BaseDatabaseWrapper, table: Table, column: Column) -> list[Way]:
    """From what the driver gives to the plain value of the type, to its text."""
    place = Col(table.name, column.stored)
    converters = connection.ops.get_db_converters(place)
    ways = [_with(convert, place, connection) for convert in converters]
    if out := _KINDS[column.kind][0]:
        ways.append(out)
    return ways


def _with(convert: Callable, place: Col, connection: BaseDatabaseWrapper) -> Way:
    return lambda value: convert(value, place, connection)


def _line(row: Iterable[Any], ways: list[list[Way]]) -> bytes:
    told = []
    for value, steps in zip(row, ways, strict=True):
        if value is not None:
            for step in steps:
                value = step(value)
        told.append(value)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class Reader:
    """From the neutral form to what one database stores."""

    def __init__(self, connection: BaseDatabaseWrapper, table: Table):
        self._ways = [self._ways_in(connection, column) for column in table.columns]

    @staticmethod
    def _ways_in(connection: BaseDatabaseWrapper, column: Column) -> list[Way]:
        back, stored = _KINDS[column.kind][1], column.stored
        if back is None:
            return []
        return [back, lambda value: stored.get_db_prep_value(value, connection)]

    def row(self, told: list[Any]) -> list[Any]:
        row = []
        for value, steps in zip(told, self._ways, strict=True):
            if value is not None:
                for step in steps:
                    value = step(value)
            row.append(value)
        return row


def digest(found: Iterable[bytes]) -> tuple[int, str]:
    """How many lines, and the SHA-256 of all of them."""
    count, sha = 0, hashlib.sha256()
    for line in found:
        count += 1
        sha.update(line)
    return count, sha.hexdigest()


def counters(connection: BaseDatabaseWrapper) -> dict[str, int]:
    """The last number each table gave out: that of a row that went is never given again."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name")
            found = dict(cursor.fetchall())
            return {t.name: found[t.name] for t in tables() if found.get(t.name)}
        found = {}
        for table in _counted():
            sequence = _sequence(cursor, table)
            cursor.execute(f"SELECT last_value, is_called FROM {sequence}")  # nosec B608
            last, is_called = cursor.fetchone()
            if is_called:
                found[table.name] = last
        return found


def set_counters(connection: BaseDatabaseWrapper, values: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        for table in _counted():
            if not (last := values.get(table.name)):
                continue
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
                cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table.name, last])
            else:
                cursor.execute("SELECT setval(%s, %s)", [_sequence(cursor, table), last])


def _counted() -> list[Table]:
    return [table for table in tables() if table.key.kind.endswith("AutoField")]


def _sequence(cursor: Any, table: Table) -> str:
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table.name}"', table.key.name])
    return cursor.fetchone()[0]
