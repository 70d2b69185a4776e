"""A backup is one moment of the whole, and comes back as it was, on either database."""

import json
import threading
import tracemalloc
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.conf import settings as live
from django.db import connection
from django.utils import timezone
from tests.places import as_roles, backed_up, here, place_of

from maillage.config.environment import new_keys
from maillage.core import rowpolicies
from maillage.core.backup import keys, restoring, rows, writing
from maillage.core.models import Draft, User
from maillage.core.tests.roles import APPLICATION, MIGRATOR, OWNER, role
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory
from maillage.programme.intake import actions
from maillage.programme.intake.models import Participant, Referral

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


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
