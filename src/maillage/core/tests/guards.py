"""The guards of the trail laid down: by whoever empties a test database, or breaks in."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

TABLES = ("core_trailentry", "core_readentry", "core_trailhead")


@contextmanager
def lifted() -> Iterator[None]:
    """No trigger of the trail refuses anything inside."""
    awake = _lay_down()
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            _settle(cursor)
            for statement in awake:
                cursor.execute(statement)


def _settle(cursor) -> None:
    """PostgreSQL alters no table while a foreign key in it waits for the commit to be checked."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _lay_down() -> list[str]:
    """Gives the statements that set them up again."""
    with connection.cursor() as cursor:
        _settle(cursor)
        if connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in TABLES]
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'trail_%'"
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"DROP TRIGGER {name}")
        return [sql for _, sql in found]
