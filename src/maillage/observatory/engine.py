"""The one place that knows which engine computes; a national observatory replaces this file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import narwhals as nw


@cache
def _database(pid: int) -> duckdb.DuckDBPyConnection:
    """One in-memory database a process: connecting costs more than a report's year."""
    return duckdb.connect(config={"threads": 1})


class Session:
    """Reads one Parquet file; what it keeps is temporary and gone with it."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, path: Path):
        self._cursor = cursor
        self._kept = 0
        self.facts: nw.LazyFrame = nw.from_native(cursor.read_parquet(str(path)))

    def keep(self, frame: nw.LazyFrame) -> nw.LazyFrame:
        """The same rows, computed now and once."""
        self._kept += 1
        name = f"kept_{self._kept}"
        self._cursor.execute(f"CREATE TEMP TABLE {name} AS {frame.to_native().sql_query()}")
        return nw.from_native(self._cursor.table(name))

    def rows(self, frame: nw.LazyFrame) -> list[tuple]:
        return frame.to_native().fetchall()


@contextmanager
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = _database(os.getpid()).cursor()
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def session(path: Path) -> Iterator[Session]:
    with cursor() as opened:
        yield Session(opened, path)
