"""What is not whole, not ours or not empty is neither saved nor restored, and it is said why."""

import pytest
from django.core.management import CommandError
from django.db import connection
from tests.places import as_roles, backed_up, here

from maillage.core.backup import keys, restoring
from maillage.core.models import User
from maillage.core.tests.roles import APPLICATION, role
from maillage.network.tests.factories import MembershipFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


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
