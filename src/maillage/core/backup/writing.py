"""Writes a backup: one moment of the database, while others write."""

import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from maillage.core import rowlock, rowpolicies
from maillage.core.backup import rows
from maillage.core.backup.envelope import Sealer


@dataclass(frozen=True)
class Written:
    path: Path
    size: int
    sha256: str
    tables: int
    rows: int


def migrations(at: BaseDatabaseWrapper) -> list[list[str]]:
    """The state of the schema: each migration that was applied."""
    with at.cursor() as cursor:
        cursor.execute("SELECT DISTINCT app, name FROM django_migrations ORDER BY app, name")
        return [list(row) for row in cursor.fetchall()]


@contextmanager
def one_moment() -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own that sees the database as it was at one moment, and blocks nobody."""
    own = connections.create_connection("default")
    own.settings_dict = rowlock.of_migrator(deepcopy(connection.settings_dict))
    own.settings_dict["CONN_MAX_AGE"] = 0
    if own.vendor == "sqlite":
        own.settings_dict["OPTIONS"]["transaction_mode"] = "DEFERRED"  # a reader, not a writer
    try:
        own.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        with own.cursor() as cursor:
            if own.vendor == "sqlite":
                cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
            else:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("SET LOCAL statement_timeout = 0")
                cursor.execute("SELECT set_config('maillage.side', 'upkeep', true)")
                if hidden := rowpolicies.hidden_tables(cursor):
                    raise rows.NotAllSeen(hidden[0])
        yield own
    finally:
        own.close()


class _Line:
    """Compresses and seals one line after the other."""

    def __init__(self, sealer: Sealer):
        self._sealer, self._squeeze = sealer, zlib.compressobj(6)

    def write(self, line: bytes) -> None:
        self._sealer.write(self._squeeze.compress(line))

    def tell(self, **what) -> None:
        self.write(json.dumps(what).encode() + b"\n")

    def close(self) -> None:
        self._sealer.write(self._squeeze.flush())
        self._sealer.close()


class _Hashed:
    """A file that knows the SHA-256 of what was written to it."""

    def __init__(self, file: BinaryIO):
        self._file, self.sha, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.sha.update(data)
        self.size += len(data)
        return self._file.write(data)


def write(path: Path, recipient: X25519PublicKey) -> Written:
    """The whole database in one file, or no file at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            hashed = _Hashed(file)
            sealer = Sealer(cast(BinaryIO, hashed), recipient)
            count, total = _write_all(_Line(sealer))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # never over another file
    finally:
        draft.unlink(missing_ok=True)
    _keep_the_name(path.parent)
    return Written(path, hashed.size, hashed.sha.hexdigest(), count, total)


def _keep_the_name(folder: Path) -> None:
    """The name of the new file outlives a power cut too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(out: _Line) -> tuple[int, int]:
    with one_moment() as moment:
        rows.check_that_all_is_known(moment)
        out.tell(
            format=1,
            version=version("maillage"),
            at=timezone.now().isoformat(timespec="seconds"),
            database=moment.vendor,
            migrations=migrations(moment),
        )
        kept, total = rows.tables(), 0
        for table in kept:
            out.tell(table=table.name, columns=[[c.name, c.kind] for c in table.columns])
            count, sha = 0, hashlib.sha256()
            for line in rows.lines(moment, table):
                sha.update(line)
                out.write(line)
                count += 1
            out.tell(end=table.name, rows=count, sha256=sha.hexdigest())
            total += count
        out.tell(counters=rows.counters(moment), tables=len(kept), rows=total)
    out.close()
    return len(kept), total
