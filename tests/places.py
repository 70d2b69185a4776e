"""Places to restore into, of either database, and what the raw tables of one hold."""

import json
import os
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path

import psycopg
from django.apps import apps
from django.conf import settings as live
from django.core.management import call_command
from django.db import connection

from maillage.core.backup import keys

MAILLAGE = Path(sys.executable).with_name("maillage")


def backed_up(path: Path) -> str:
    told = StringIO()
    call_command("backup", "-o", str(path), stdout=told)
    return told.getvalue()


class Place:
    """Another installation, empty at first: a database and a folder of its own."""

    def __init__(self, folder: Path, url: str, vendor: str):
        self.folder, self.url, self.vendor = folder, url, vendor
        (folder / "data").mkdir(parents=True)
        self.key = folder / "key.txt"
        self.key.write_text((Path(live.DATA_DIR) / keys.LOCAL_FILE).read_text())

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAILLAGE_")}
        environment |= {
            "MAILLAGE_DATA_DIR": str(self.folder / "data"),
            "MAILLAGE_DATABASE_URL": self.url,
            "MAILLAGE_VAULT_KEYS": live.VAULT_KEYS,
            "MAILLAGE_VAULT_DIR": str(live.VAULT_DIR),
        } | variables
        return subprocess.run(
            [MAILLAGE, *arguments], env=environment, capture_output=True, text=True
        )

    def restore(self, path: Path, *more: str) -> subprocess.CompletedProcess:
        return self.run("restore", str(path), "--key", str(self.key), *more)

    @contextmanager
    def cursor(self):
        if self.vendor == "sqlite":
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as other:
                yield other.cursor()
        else:
            with psycopg.connect(self.url) as other:
                yield other.cursor()

    def tables(self) -> dict[str, list]:
        with self.cursor() as cursor:
            return raw_tables(cursor)

    def one(self, sql: str):
        with self.cursor() as cursor:
            return cursor.execute(sql).fetchone()[0]


def raw_tables(cursor) -> dict[str, list]:
    """Every table as the driver gives it, without a word of the code that is tested."""
    found = {}
    for model in (m for m in MODELS if m._meta.db_table != "django_session"):
        columns = model._meta.local_concrete_fields
        names = ", ".join(f'"{column.column}"' for column in columns)
        cursor.execute(f'SELECT {names} FROM "{model._meta.db_table}"')
        objects = [n for n, c in enumerate(columns) if c.get_internal_type() == "JSONField"]
        found[model._meta.db_table] = sorted(parsed(row, objects) for row in cursor.fetchall())
    return found


def parsed(row: tuple, objects: list[int]) -> str:
    """The order of the keys of an object means nothing, and PostgreSQL does not keep it."""
    values = list(row)
    for n in objects:
        if isinstance(values[n], str):
            values[n] = json.loads(values[n])
        values[n] = json.dumps(values[n], sort_keys=True)
    return repr(values)


MODELS = apps.get_models(include_auto_created=True)


def place_of(vendor: str, folder: Path):
    if vendor == "sqlite":
        folder.mkdir()
        yield Place(folder, f"sqlite:///{folder}/base.sqlite3", vendor)
        return
    name = f"restored_{uuid.uuid4().hex[:8]}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield Place(folder, url_of(name), vendor)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(name: str) -> str:
    """Where a database of the server of the tests is."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    own = connection.settings_dict
    asked = {"host": own["HOST"] or own["OPTIONS"].get("host", ""), "port": own["PORT"]}
    password = f":{own['PASSWORD']}" if own["PASSWORD"] else ""
    query = "&".join(f"{key}={value}" for key, value in asked.items() if value)
    return f"postgres://{own['USER']}{password}@/{name}?{query}"


def here(folder: Path) -> Place:
    """The database of the tests itself, read without Django."""
    return Place(folder / "here", url_of(connection.settings_dict["NAME"]), connection.vendor)


def as_roles(url: str, migrator: str, application: str) -> dict[str, str]:
    """The settings of a host that has the three roles."""
    own = connection.settings_dict["USER"]
    return {
        "MAILLAGE_DATABASE_URL": url.replace(f"//{own}", f"//{application}", 1),
        "MAILLAGE_MIGRATION_DATABASE_URL": url.replace(f"//{own}", f"//{migrator}", 1),
    }
