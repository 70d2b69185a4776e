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


def file_of(path: Path, table: str) -> Path:
    """The file of a table of a snapshot: that of the referrals is the snapshot's own."""
    return path.with_suffix(f".{table}.parquet") if table else path


class Session:
    """Reads the Parquet files of a snapshot; what it keeps is temporary and gone with it."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, path: Path):
        self._cursor, self._path = cursor, path
        self._kept = 0
        self._tables: dict[str, nw.LazyFrame | None] = {}
        self.facts: nw.LazyFrame = nw.from_native(cursor.read_parquet(str(path)))

    def table(self, name: str) -> nw.LazyFrame | None:
        """What is told of groups under that name; nothing where there is nothing to tell."""
        if name not in self._tables:
            file = file_of(self._path, name)
            self._tables[name] = (
                self.keep(nw.from_native(self._cursor.read_parquet(str(file))))
                if file.exists()
                else None
            )
        return self._tables[name]

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
