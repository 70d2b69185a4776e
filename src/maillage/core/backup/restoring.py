"""Brings a backup back, into an empty place only; what was written is what is read again."""

import json
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils.module_loading import import_string

from maillage.core import rowlock
from maillage.core.backup import rows
from maillage.core.backup.envelope import Unreadable, opened
from maillage.core.bulk import insert_rows

FILLED_BY_MIGRATE = {"django_content_type", "auth_permission", "django_site"}


class NotHere(Exception):
    """This place cannot take the backup; nothing was written. Carries a French sentence."""


@dataclass
class Manifest:
    """What a backup says of itself, once the whole of it was read."""

    version: str
    at: str
    database: str
    migrations: list[list[str]]
    tables: dict[str, tuple[int, str]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(count for count, _ in self.tables.values())


def _lines(path: Path, private: X25519PrivateKey) -> Iterator[bytes]:
    unpack, waiting = zlib.decompressobj(), bytearray()
    with path.open("rb") as file:
        for block in opened(file, private):
            waiting += unpack.decompress(block)
            *whole, rest = waiting.split(b"\n")
            waiting = bytearray(rest)
            yield from map(bytes, whole)
    if waiting or not unpack.eof:
        raise Unreadable(
            "La sauvegarde n’est pas complète\u00a0: elle finit au milieu d’une ligne."
        )


def read(path: Path, private: X25519PrivateKey) -> Manifest:
    """Reads and proves the whole file; writes nothing."""
    found = _lines(path, private)
    head = json.loads(next(found, b"{}"))
    if head.pop("format", None) != 1:
        raise Unreadable("Cette sauvegarde est d’un format que cette version ne connaît pas.")
    manifest = Manifest(**head)
    for name, told in _tables(found, manifest):
        count, sha = rows.digest(line + b"\n" for line in told)
        if manifest.tables[name] != (count, sha):
            raise Unreadable(f"La table {name} n’est pas ce que la sauvegarde en dit.")
    return manifest


def _tables(found: Iterator[bytes], manifest: Manifest) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each table with its lines, which are to be used up before the next one."""

    def until_end(name: str) -> Iterator[bytes]:
        for line in found:
            if line.startswith(b"["):
                yield line
                continue
            end = json.loads(line)
            manifest.tables[name] = (end["rows"], end["sha256"])
            return

    for line in found:
        told = json.loads(line)
        if "counters" in told:
            manifest.counters = told["counters"]
            continue
        yield told["table"], until_end(told["table"])


def check_place(manifest: Manifest) -> None:
    """Raises `NotHere` unless this place is empty and of the version of the backup."""
    folder = Path(settings.DATA_DIR)
    own = Path(str(connection.settings_dict["NAME"])).name
    there = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    left = {name for name in there - set(settings.RESTORE_FINDS) if not name.startswith(own)}
    if left:
        raise NotHere(f"Le dossier {folder} n’est pas vide ({', '.join(sorted(left))}).")
    present = set(connection.introspection.table_names()) - set(settings.BACKUP_LEAVES_OUT)
    filled = [name for name in sorted(present - FILLED_BY_MIGRATE) if _has_rows(name)]
    if filled:
        raise NotHere(f"La base n’est pas vide ({', '.join(filled[:3])}…).")
    known = sorted(map(list, MigrationLoader(None).disk_migrations))
    if known != sorted(manifest.migrations):
        raise NotHere(
            f"La sauvegarde vient de la version {manifest.version}, dont la base est faite"
            " autrement\u00a0: installez cette version, restaurez, puis mettez à jour."
        )


def _keeping_house() -> AbstractContextManager[None]:
    return rowlock.keeping_house() if rowlock.is_on() else nullcontext()


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(table)
        cursor.execute(f"SELECT 1 FROM {name} LIMIT 1")  # nosec B608
        return cursor.fetchone() is not None


def restore(path: Path, private: X25519PrivateKey) -> Manifest:
    """The whole backup in one transaction, compared row by row with what the file says."""
    manifest = read(path, private)
    with rowlock.as_migrator(), _keeping_house():
        check_place(manifest)
    call_command("migrate", interactive=False, verbosity=0)
    with rowlock.upkeep(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
        _load(path, private)
        rows.set_counters(connection, manifest.counters)
        connection.check_constraints()
        compare(manifest)
        for name in settings.RESTORE_REPLAYS:  # no moment at which erased people are back
            import_string(name)()
    return manifest


def _load(path: Path, private: X25519PrivateKey) -> None:
    known = {table.name: table for table in rows.tables()}
    found = _lines(path, private)
    head = json.loads(next(found))
    head.pop("format")
    for name, told in _tables(found, Manifest(**head)):
        table = known[name]
        if name in FILLED_BY_MIGRATE:
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")  # nosec B608
        reader = rows.Reader(connection, table)
        columns = [column.name for column in table.columns]
        while page := [reader.row(json.loads(line)) for line in islice(told, rows.PAGE)]:
            insert_rows(name, columns, page)


def compare(manifest: Manifest) -> None:
    """Reads every row again; raises where a table is not what the backup says."""
    for table in rows.tables():
        found = rows.digest(rows.lines(connection, table))
        told = manifest.tables.get(table.name)
        if found != told:
            raise Unreadable(
                f"La table {table.name} ne se relit pas telle qu’elle fut sauvegardée"
                f" ({found[0]} lignes, {told[0] if told else 0} attendues). Rien n’a été gardé."
            )
