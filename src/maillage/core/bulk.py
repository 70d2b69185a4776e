"""Many rows at once, the fastest way each database has."""

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any, cast

from django.db import connection, models

AT_ONCE = 1000


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Adds plain rows inside the caller's transaction: a thousand
    at once on PostgreSQL, prepared on SQLite."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    with connection.cursor() as cursor:
        marks = f"({', '.join(['%s'] * len(columns))})"
        statement = f"INSERT INTO {quote(table)} ({names}) VALUES "  # nosec B608
        if connection.vendor == "postgresql":  # which refuses COPY into a table with row security
            left = iter(rows)
            while some := list(islice(left, AT_ONCE)):
                cursor.execute(statement + ", ".join([marks] * len(some)), list(chain(*some)))
            return
        cursor.executemany(statement + marks, cast(Any, rows))


def refresh_statistics(*tables: type[models.Model]) -> None:
    """Tells PostgreSQL how large the tables have become: until its own next look, minutes later, it
    would read ten thousand new rows by plans made for none."""
    if connection.vendor != "postgresql":
        return
    names = [table._meta.db_table for table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SELECT maillage_refresh_statistics(%s)", [names])  # by the owner of them
