"""A backup is one moment of the whole, and comes back as it was, on either database."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import tracemalloc
import uuid
from contextlib import closing, contextmanager
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.conf import settings as live
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from maillage.config.environment import new_keys
from maillage.core import rowpolicies, trail
from maillage.core.backup import keys, last, restoring, rows, writing
from maillage.core.models import Draft, User
from maillage.core.tests.roles import APPLICATION, MIGRATOR, OWNER, role
from maillage.demo.load import load
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory
from maillage.programme.intake import actions
from maillage.programme.intake.models import Participant, Referral

MAILLAGE = Path(sys.executable).with_name("maillage")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


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


@pytest.fixture
def place(tmp_path, settings):
    """An empty place of the same kind of database as the one of the tests."""
    keys.recipient()  # makes the local pair
    yield from place_of(connection.vendor, tmp_path / "elsewhere")


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


@pytest.fixture
def caseload(db):
    """A whole network of invented people, a draft, reads, and numbers of rows that went."""
    call_command("network", "load", stdout=StringIO())
    load(lambda text: None, today=date(2026, 6, 1))
    user = User.objects.get(email="accueil@demo.example.org")
    Draft.objects.create(
        user=user, organisation_id=1, side="programme", form="note", data="Xylandre, à rappeler"
    )
    branch = Organisation.objects.get(slug="via-voltaire")
    with transaction.atomic():
        entry = trail.record(
            "tried",
            by=CommandLine(branch),
            b=[1, None, "é\n\u2028\\"],
            a={"y": 1.5, "x": True},
        )
    gone = User.objects.create_user("partie@exemple.test", name="Partie")
    gone.delete()
    return entry


def test_every_row_of_a_rich_caseload_comes_back(caseload, place, tmp_path):
    before = here(tmp_path).tables()
    last_user = rows.counters(connection)["core_user"]
    path = tmp_path / "one.sauvegarde"

    told = backed_up(path)
    restored = place.restore(path)

    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert "À vérifier avant d’ouvrir" in restored.stdout
    assert told.split("SHA-256\u00a0: ")[1][:64] in restored.stdout
    assert place.tables() == before
    assert sum(1 for found in before.values() if found) > 20
    assert len(before["intake_referral"]) > 1000
    assert last_user > max(User.objects.values_list("pk", flat=True))
    assert place.one(LAST_USER[place.vendor]) == last_user


def test_under_the_three_roles_the_owner_saves_and_brings_back_all(caseload, place, tmp_path):
    """Row security binds each role; the one that owns the tables keeps the house."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles")
    name = place.url.partition("?")[0].rpartition("/")[2]
    theirs = {which: f"{name}_{which}" for which in (OWNER, MIGRATOR, APPLICATION)}
    with psycopg.connect(place.url, autocommit=True) as superuser:
        superuser.execute(
            rowpolicies.roles_sql(
                owner=theirs[OWNER], migrator=theirs[MIGRATOR],
                application=theirs[APPLICATION], database=name,
            )
        )  # fmt: skip
    path, own = tmp_path / "one.sauvegarde", here(tmp_path)
    before = own.tables()

    saved = own.run(
        "backup", "-o", str(path), **as_roles(own.url, role(MIGRATOR), role(APPLICATION))
    )
    told = as_roles(place.url, theirs[MIGRATOR], theirs[APPLICATION])
    key = own.folder / "data" / keys.LOCAL_FILE  # made where the backup was
    restored = place.run("restore", str(path), "--key", str(key), **told)

    try:
        assert saved.returncode == 0, saved.stdout + saved.stderr
        assert restored.returncode == 0, restored.stdout + restored.stderr
        assert place.tables() == before
    finally:
        forget_roles(place.url, theirs.values())


def test_a_role_that_would_read_a_part_saves_nothing(caseload, tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles")
    keys.recipient()  # makes the local pair
    own, path = here(tmp_path), tmp_path / "half.sauvegarde"
    pages = as_roles(own.url, role(APPLICATION), role(APPLICATION))
    del pages["MAILLAGE_MIGRATION_DATABASE_URL"]

    refused = own.run("backup", "-o", str(path), **pages)

    assert refused.returncode != 0
    assert "ne lirait pas toute la table" in refused.stderr
    assert not path.exists()


def as_roles(url: str, migrator: str, application: str) -> dict[str, str]:
    """The settings of a host that has the three roles."""
    own = connection.settings_dict["USER"]
    return {
        "MAILLAGE_DATABASE_URL": url.replace(f"//{own}", f"//{application}", 1),
        "MAILLAGE_MIGRATION_DATABASE_URL": url.replace(f"//{own}", f"//{migrator}", 1),
    }


def forget_roles(url: str, names) -> None:
    with psycopg.connect(url, autocommit=True) as superuser:
        for name in names:
            superuser.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}")
        for name in names:
            superuser.execute(f"DROP ROLE {name}")


LAST_USER = {
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = 'core_user'",
    "postgresql": "SELECT last_value FROM core_user_id_seq",
}


def test_a_backup_of_one_database_comes_back_in_the_other(caseload, tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("needs both databases")
    keys.recipient()
    path, again = tmp_path / "one.sauvegarde", tmp_path / "two.sauvegarde"
    backed_up(path)
    [there] = place_of("sqlite", tmp_path / "there")
    assert there.restore(path).returncode == 0

    public = json.loads(there.key.read_text())[keys.PUBLIC]
    written = there.run("backup", "-o", str(again), MAILLAGE_BACKUP_KEY=public)

    assert written.returncode == 0, written.stderr
    private = keys.private_key(there.key)
    assert restoring.read(again, private).tables == restoring.read(path, private).tables


def test_a_backup_is_one_moment_while_people_write(place, tmp_path, monkeypatch):
    """Each act writes a person, a referral, its step and its entry; a writer commits between any
    two tables of the backup, and no act comes back in half."""
    by = MembershipFactory(organisation=OrganisationFactory(branch=True), reception=True)
    done, wanted, stop = threading.Semaphore(0), threading.Semaphore(0), threading.Event()
    faults = []

    def write_on():
        try:
            while wanted.acquire(timeout=30) and not stop.is_set():
                register(by)
                done.release()
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    def lines_after_a_commit(moment, table, lines=rows.lines):
        wanted.release()
        assert done.acquire(timeout=30), "the backup blocks who writes"
        yield from lines(moment, table)

    register(by)
    monkeypatch.setattr(rows, "lines", lines_after_a_commit)
    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        backed_up(tmp_path / "one.sauvegarde")
    finally:
        stop.set()
        wanted.release()
        writer.join()
    assert place.restore(tmp_path / "one.sauvegarde").returncode == 0

    found = place.tables()
    assert not faults
    assert Referral.objects.count() > 20
    counted = ("intake_participant", "intake_referral", "intake_referralstep", "core_trailentry")
    assert [len(found[name]) for name in counted] == [1, 1, 1, 1]


def register(by) -> Referral:
    return actions.register_referral(
        by=by,
        identity={"last_name": "Inventé", "first_name": "Camille", "sex": "H"},
        referral={
            "received_on": timezone.localdate(),
            "referrer_category": "spip",
            "legal_framework": "volontaire",
        },
    )


def test_a_place_that_is_not_empty_is_refused_and_left_alone(place, tmp_path):
    MembershipFactory()
    path = tmp_path / "one.sauvegarde"
    backed_up(path)
    assert place.restore(path).returncode == 0
    before = place.tables()

    again = place.restore(path)

    assert again.returncode == 1
    assert "La base n’est pas vide" in again.stderr
    assert place.tables() == before
    (place.folder / "data" / "snapshots").mkdir()
    assert "n’est pas vide (snapshots)" in place.restore(path).stderr


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda data: data[:-1], "tronquée, ou altérée"),
        (lambda data: data[:40], "tronquée"),
        (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "altérée"),
        (lambda data: b"x" + data, "n’est pas une sauvegarde"),
    ],
    ids=["cut", "beginning", "altered", "other"],
)
def test_a_harmed_file_is_told_and_nothing_is_written(place, tmp_path, harm, told):
    path = tmp_path / "one.sauvegarde"
    backed_up(path)
    path.write_bytes(harm(path.read_bytes()))

    refused = place.restore(path)

    assert refused.returncode == 1
    assert told in refused.stderr
    assert "Rien n’a été restauré." in refused.stderr
    assert place.one(TABLES[place.vendor]) == 0


TABLES = {
    "sqlite": "SELECT count(*) FROM sqlite_master",
    "postgresql": "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
}


def test_another_key_reads_nothing(place, tmp_path):
    path = tmp_path / "one.sauvegarde"
    backed_up(path)
    place.key.write_text("\n".join(f"{k}={v}" for k, v in keys.new_pair().items()))

    refused = place.restore(path)

    assert refused.returncode == 1
    assert "scellée pour la clé" in refused.stderr


def test_no_key_and_no_clear_name_is_inside(caseload, tmp_path):
    path = tmp_path / "one.sauvegarde"
    backed_up(path)

    private = keys.private_key(None)
    clear = b"\n".join(restoring._lines(path, private))

    name = Participant.objects.order_by("pk").first().last_name
    for secret in (live.SECRET_KEY, live.VAULT_KEYS.partition(":")[2]):
        assert secret.encode() not in clear
    assert name.encode() not in clear
    assert b"Xylandre" not in clear
    assert b"django_session" not in clear


def test_keys_of_another_vault_are_told_after_the_restoration(caseload, place, tmp_path):
    path = tmp_path / "one.sauvegarde"
    backed_up(path)
    other = new_keys()

    told = place.run(
        "restore", str(path), "--key", str(place.key),
        MAILLAGE_VAULT_KEYS=other["MAILLAGE_VAULT_KEYS"],
    )  # fmt: skip

    assert told.returncode == 1
    assert "rendez-lui ses clés" in told.stderr


def test_what_must_be_done_again_is_done_in_the_same_transaction(
    settings, tmp_path, monkeypatch, db
):
    """A restoration whose erasures cannot be replayed keeps nothing."""
    path = tmp_path / "one.sauvegarde"
    MembershipFactory()
    backed_up(path)
    for model in ("network.Membership", "network.Organisation", "core.User"):
        apps.get_model(model).objects.all().delete()
    settings.RESTORE_REPLAYS = ["calendar.cannot"]
    settings.RESTORE_FINDS = {path.name for path in Path(settings.DATA_DIR).iterdir()}
    seen = []

    def cannot():
        seen.append(User.objects.count())
        raise ZeroDivisionError

    monkeypatch.setattr("calendar.cannot", cannot, raising=False)

    with pytest.raises(ZeroDivisionError):
        restoring.restore(path, keys.private_key(None))

    assert seen == [1]
    assert not User.objects.exists()


def test_a_table_that_nobody_knows_stops_the_backup(tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten (id integer)")
    try:
        with pytest.raises(CommandError, match="forgotten"):
            backed_up(tmp_path / "one.sauvegarde")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE forgotten")

    assert not list(tmp_path.glob("*sauvegarde*"))


def test_a_row_that_changed_on_the_way_is_found(tmp_path):
    MembershipFactory()
    path = tmp_path / "one.sauvegarde"
    backed_up(path)
    manifest = restoring.read(path, keys.private_key(None))
    restoring.compare(manifest)

    User.objects.update(name="Autre")

    with pytest.raises(restoring.Unreadable, match="core_user"):
        restoring.compare(manifest)


class TestTheSchedule:
    def test_keeps_only_the_newest(self, tmp_path):
        folder = tmp_path / "kept"
        folder.mkdir()
        for day in ("20260101", "20260102", "20260103"):
            (folder / f"maillage-{day}-000000.sauvegarde").touch()
        (folder / "autre.txt").touch()

        call_command("backup", "--to", str(folder), "--keep", "2", stdout=StringIO())

        left = sorted(path.name for path in folder.iterdir())
        assert left[:2] == ["autre.txt", "maillage-20260103-000000.sauvegarde"]
        assert len(left) == 3

    def test_takes_nothing_away_when_the_new_one_fails(self, tmp_path, settings):
        old = tmp_path / "maillage-20260101-000000.sauvegarde"
        old.touch()
        settings.BACKUP_KEY = "not a key"

        with pytest.raises(CommandError, match="MAILLAGE_BACKUP_KEY n’est pas une clé"):
            call_command("backup", "--to", str(tmp_path), "--keep", "1", stdout=StringIO())

        assert old.exists()
        assert last.fault().startswith("Aucune sauvegarde")

    def test_never_writes_over_another_file(self, tmp_path):
        path = tmp_path / "one.sauvegarde"
        path.write_text("precious")

        with pytest.raises(CommandError, match="existe déjà"):
            backed_up(path)

        assert path.read_text() == "precious"

    def test_production_makes_no_key_of_its_own(self, tmp_path, settings):
        settings.MODE = "production"

        with pytest.raises(CommandError, match="MAILLAGE_BACKUP_KEY manque"):
            backed_up(tmp_path / "one.sauvegarde")

    def test_is_told_when_it_stops(self, tmp_path, settings):
        with pytest.raises(CommandError, match="Aucune sauvegarde"):
            call_command("backup", "check")
        backed_up(tmp_path / "one.sauvegarde")

        call_command("backup", "check", stdout=StringIO())

        assert last.fault(timezone.now() + timedelta(hours=25)) == ""
        assert "27 heures" in last.fault(timezone.now() + timedelta(hours=27, minutes=1))
        (Path(settings.DATA_DIR) / "last-backup.json").write_text("{}")
        assert "ne se lit pas" in last.fault()

    def test_the_file_is_for_its_owner_alone(self, tmp_path):
        backed_up(tmp_path / "one.sauvegarde")

        assert (tmp_path / "one.sauvegarde").stat().st_mode & 0o777 == 0o600


def test_memory_does_not_grow_with_the_rows(tmp_path):
    """Forty megabytes of rows pass through far less."""
    User.objects.bulk_create(
        [User(email=f"{n}@exemple.test", name="N" * 100, password="x" * 120) for n in range(100)]
    )
    user = User.objects.first()
    for start in range(0, 2000, 100):
        Draft.objects.bulk_create(
            Draft(user=user, organisation_id=1, side="programme", form=str(n), data="y" * 20_000)
            for n in range(start, start + 100)
        )
    tracemalloc.start()
    try:
        writing.write(tmp_path / "one.sauvegarde", keys.recipient())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (tmp_path / "one.sauvegarde").stat().st_size > 25_000_000
    assert peak < 40_000_000
