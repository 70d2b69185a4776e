"""The keys are turned while people work, and destroyed for good; by the command, as a host does."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from maillage.accounts.models import FactorSecret
from maillage.config.environment import new_key
from maillage.core import keys, rotation, vault
from maillage.core.models import TrailEntry
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory
from maillage.programme.intake.models import Participant
from maillage.programme.intake.names import search
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory

pytestmark = pytest.mark.django_db(transaction=True)
MAILLAGE = Path(sys.executable).with_name("maillage")
WORKER = """
import django, pathlib, sys
django.setup()
from django.db import transaction
from maillage.programme.intake.models import Participant
stop, first, turn = pathlib.Path(sys.argv[1]), int(sys.argv[2]), 0
while not stop.exists():
    pk, turn = first + turn * 37 % 2000, turn + 1
    with transaction.atomic():
        person = Participant.objects.select_for_update(of=("self",)).get(pk=pk)
        person.town = f"Ville {turn}"
        person.save()
    print(pk, turn, flush=True)
"""
HOLDER = """
import django, sys
django.setup()
from django.db import transaction
from maillage.programme.intake.models import Participant
known = Participant.objects.get()
with transaction.atomic():
    person = Participant.objects.create(
        organisation=known.organisation, reference="retenu", last_name="Retenu", sex="H"
    )
    print("held", flush=True)
    sys.stdin.readline()
print("let go", flush=True)
sys.stdin.readline()
person.town = "Ville finale"
person.save()
"""


@pytest.fixture
def branch(own_keys):
    return OrganisationFactory(branch=True, slug="antenne-essai")


@pytest.fixture
def quick(monkeypatch):
    """One process alone has nobody to wait for."""
    monkeypatch.setattr(keys, "CHECK_EVERY", 0.0)


def told(capsys, *arguments: str) -> str:
    capsys.readouterr()
    call_command("vault", *arguments)
    return capsys.readouterr().out


def rotate(capsys, branch) -> str:
    return told(capsys, "rotate", "--organisation", branch.slug, "--side", "programme")


def destroy(branch) -> None:
    call_command(
        "vault", "destroy", "--organisation", branch.slug, "--side", "programme",
        "--confirm", branch.slug, stdout=StringIO(),
    )  # fmt: skip


def data_keys(branch) -> dict[str, str]:
    return {
        key.name: key.state for key in keys.keys_of((branch.pk, "programme")) if key.use == "data"
    }


class TestRotating:
    def test_puts_every_value_under_a_new_key_and_loses_none(self, branch, quick, capsys):
        person = ParticipantFactory(organisation=branch, last_name="Inventé", town="Ville")
        ReferralFactory(participant=person, comment="à rappeler")
        [old] = data_keys(branch)

        said = rotate(capsys, branch)

        assert old in said
        [new] = set(data_keys(branch)) - {old}
        assert data_keys(branch) == {old: "retired", new: "writing"}
        assert set(rotation.values_by_key()) == {new}
        known = Participant.objects.get()
        assert (known.last_name, known.town) == ("Inventé", "Ville")
        assert known.referrals.get().comment == "à rappeler"

    def test_leaves_the_values_of_the_others(self, branch, quick, capsys):
        ParticipantFactory(organisation=branch)
        elsewhere = ParticipantFactory().organisation
        before = rotation.values_by_key()

        rotate(capsys, branch)

        [theirs] = data_keys(elsewhere)
        assert rotation.values_by_key()[theirs] == before[theirs] > 0

    def test_still_reads_a_backup_made_before(self, branch, quick, capsys):
        ParticipantFactory(organisation=branch, last_name="Inventé")
        backup = stored_name()

        rotate(capsys, branch)

        assert stored_name() != backup
        assert vault.unseal(backup, "intake_participant.last_name") == "Inventé".encode()

    def test_keeps_names_found(self, branch, quick, capsys):
        person = ParticipantFactory(organisation=branch, last_name="Inventé")
        by = MembershipFactory(organisation=branch)

        rotate(capsys, branch)

        assert search("inven", by=by) == [person]

    def test_is_written_in_the_trail_of_the_organisation(self, branch, quick, capsys):
        ParticipantFactory(organisation=branch)

        rotate(capsys, branch)

        entry = TrailEntry.objects.get()
        assert (entry.verb, entry.organisation) == ("vault_rotated", "antenne-essai")

    def test_twice_turns_the_key_twice(self, branch, quick, capsys):
        ParticipantFactory(organisation=branch)

        rotate(capsys, branch)
        rotate(capsys, branch)

        assert sorted(data_keys(branch).values()) == ["retired", "retired", "writing"]

    def test_turns_the_key_of_the_accounts_too(self, branch, quick, capsys):
        made = FactorSecret.objects.create(secret="graine d’un second facteur")
        ParticipantFactory(organisation=branch)
        [theirs] = data_keys(branch)
        [old] = set(rotation.values_by_key()) - {theirs}

        assert old in told(capsys, "rotate", "--accounts")

        assert old not in rotation.values_by_key()
        assert FactorSecret.objects.get(pk=made.pk).secret == "graine d’un second facteur"
        assert data_keys(branch) == {theirs: "writing"}

    def test_wants_to_know_whose_key(self, branch):
        with pytest.raises(CommandError, match="--organisation"):
            call_command("vault", "rotate")
        with pytest.raises(CommandError, match="antenne-essai"):
            call_command("vault", "rotate", "--organisation", "nulle", "--side", "programme")


def stored_name() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_name FROM intake_participant")
        return bytes(cursor.fetchone()[0])


@pytest.fixture
def elsewhere(settings):
    """The environment of another process on the same database and the same keys."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        host = database["HOST"] or database["OPTIONS"].get("host", "")
        url = f"postgres://{database['USER']}@/{database['NAME']}?host={host}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
        "MAILLAGE_DATABASE_URL": url,
        "MAILLAGE_VAULT_DIR": str(settings.VAULT_DIR),
        "MAILLAGE_VAULT_KEYS": settings.VAULT_KEYS,
    }


@pytest.mark.slow
def test_a_rotation_killed_while_people_work_is_taken_up_again_and_nothing_is_lost(
    branch, elsewhere, tmp_path
):
    people = [
        Participant(organisation=branch, reference=f"R{n}", last_name=f"Nom {n}", sex="H")
        for n in range(4000)
    ]
    Participant.objects.bulk_create(people, batch_size=500)
    [old] = data_keys(branch)
    command = [MAILLAGE, "vault", "rotate", "--organisation", branch.slug, "--side", "programme"]
    stop, first = tmp_path / "stop", people[0].pk
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(stop), str(first + rank * 2000)],
            env=elsewhere, stdout=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    for worker in workers:
        worker.stdout.readline()  # it works, and has the old key in its memory

    killed = subprocess.Popen(command, env=elsewhere, stdout=subprocess.DEVNULL)
    while not rotated_since(old):
        assert killed.poll() is None
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert rotation.values_by_key()[old] > 0
    resumed = subprocess.run(command, env=elsewhere, capture_output=True, text=True)
    stop.touch()
    acts = [line.split() for worker in workers for line in worker.communicate()[0].splitlines()]

    assert resumed.returncode == 0, resumed.stderr
    assert "Rotation reprise" in resumed.stdout
    assert len(acts) > 50
    keys.forget()
    assert sorted(data_keys(branch).values()) == ["retired", "writing"]
    assert data_keys(branch)[old] == "retired"
    assert rotation.values_by_key()[old] == 0
    towns = {int(pk): f"Ville {turn}" for pk, turn in acts}
    for person in Participant.objects.all():
        assert person.last_name == f"Nom {person.pk - first}"
        if person.pk in towns:
            assert person.town == towns[person.pk]


@pytest.mark.slow
def test_no_key_is_retired_while_another_process_may_write_with_it(branch, elsewhere):
    ParticipantFactory(organisation=branch)
    [old] = data_keys(branch)
    command = [MAILLAGE, "vault", "rotate", "--organisation", branch.slug, "--side", "programme"]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env=elsewhere, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"

    rotating = subprocess.Popen(command, env=elsewhere, stdout=subprocess.DEVNULL)
    while data_keys(branch)[old] != "reading":
        time.sleep(0.1)
    time.sleep(keys.CHECK_EVERY + 4)
    assert data_keys(branch)[old] == "reading"  # an act begun with the old key has not ended
    tell(holder)
    assert holder.stdout.readline() == "let go\n"
    assert rotating.wait(60) == 0
    assert rotation.values_by_key()[old] == 0
    tell(holder)
    holder.communicate(timeout=30)

    assert holder.returncode == 0
    keys.forget()
    assert data_keys(branch)[old] == "retired"
    assert rotation.values_by_key()[old] == 0
    person = Participant.objects.get(reference="retenu")
    assert (person.last_name, person.town) == ("Retenu", "Ville finale")


@pytest.mark.slow
def test_a_process_that_slept_writes_with_the_new_key_once_the_old_one_is_retired(
    branch, elsewhere, capsys
):
    ParticipantFactory(organisation=branch)
    [old] = data_keys(branch)
    sleeper = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env=elsewhere, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    sleeper.stdout.readline()
    tell(sleeper)
    sleeper.stdout.readline()  # it has the old key in its memory

    rotate(capsys, branch)
    tell(sleeper)
    sleeper.communicate(timeout=30)

    assert rotation.values_by_key()[old] == 0
    person = Participant.objects.get(reference="retenu")
    assert (person.last_name, person.town) == ("Retenu", "Ville finale")


def tell(process) -> None:
    process.stdin.write("go\n")
    process.stdin.flush()


def rotated_since(old: str) -> bool:
    found = rotation.values_by_key()
    return sum(found.values()) - found[old] > 1000


class TestDestroying:
    @pytest.fixture
    def manager(self, branch):
        return MembershipFactory(organisation=branch, manager=True)

    @pytest.fixture
    def person(self, branch):
        return ReferralFactory(participant__organisation=branch).participant

    def test_is_said_by_the_pages_that_would_read_the_data(self, manager, person, branch):
        client = Client()
        client.force_login(manager.user)
        assert client.get(f"/espace/dossiers/{person.uid}/").status_code == 200

        destroy(branch)

        for path in (f"/espace/dossiers/{person.uid}/", "/espace/orientations/"):
            page = client.get(path)
            assert page.status_code == 410
            assert "Données détruites" in page.content.decode()
        fragment = client.post("/espace/recherche/", {"q": "inven"}, headers={"HX-Request": "true"})
        assert fragment.status_code == 410
        assert "<html" not in fragment.content.decode()

    def test_says_nothing_of_it_to_another_organisation(self, person, branch):
        elsewhere = MembershipFactory(manager=True)
        client = Client()
        client.force_login(elsewhere.user)

        destroy(branch)

        assert client.get(f"/espace/dossiers/{person.uid}/").status_code == 404

    def test_wants_the_code_of_the_organisation_twice(self, person, branch):
        with pytest.raises(CommandError, match="--confirm"):
            call_command(
                "vault", "destroy", "--organisation", branch.slug, "--side", "programme",
                "--confirm", "autre",
            )  # fmt: skip
        assert Participant.objects.get().last_name == person.last_name

    def test_spares_the_other_side_of_the_same_organisation(self, person, branch):
        sealed = vault.seal(b"x", "a.b", (branch.pk, "support"))

        destroy(branch)

        assert vault.unseal(sealed, "a.b") == b"x"

    def test_is_written_in_the_trail_and_told_by_the_status(self, person, branch, capsys):
        destroy(branch)

        assert TrailEntry.objects.get().verb == "vault_destroyed"
        assert re.search(r"antenne-essai/programme +données +détruite", told(capsys, "status"))
        assert "0 valeur(s) lue(s), 3 détruite(s)" in told(capsys, "verify")


class TestVerifying:
    def test_opens_every_value(self, branch, capsys):
        ParticipantFactory(organisation=branch, last_name="A", first_name="B", birth_date=None)

        assert "2 valeur(s) lue(s)" in told(capsys, "verify")

    def test_finds_the_one_that_was_altered(self, branch, capsys):
        person = ParticipantFactory(organisation=branch)
        broken = bytearray(stored_name())
        broken[-1] ^= 1
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE intake_participant SET last_name = %s WHERE id = %s",
                [bytes(broken), person.pk],
            )

        with pytest.raises(CommandError, match="1 valeur"):
            call_command("vault", "verify")
        assert "intake_participant.last_name" in capsys.readouterr().out

    def test_the_status_counts_what_each_key_encrypts(self, branch, capsys):
        ParticipantFactory(organisation=branch, last_name="A", first_name="B", birth_date=None)

        assert re.search(
            r"antenne-essai/programme +données +écrit, 2 valeur\(s\), enveloppée par « k1 »",
            told(capsys, "status"),
        )

    def test_a_key_file_that_is_lost_is_told(self, branch, capsys):
        ParticipantFactory(organisation=branch)
        [name] = data_keys(branch)
        (keys_file := next(vault_dir(branch).glob(f"{name}.json"))).unlink()

        assert rotation.unknown_keys() == [name]
        assert f"{name}  inconnue" in told(capsys, "status")
        assert not keys_file.exists()


def vault_dir(branch) -> Path:
    from django.conf import settings

    return Path(settings.VAULT_DIR)


def test_the_wrapping_key_is_changed_by_the_command(branch, settings, capsys):
    person = ParticipantFactory(organisation=branch)
    settings.VAULT_KEYS = f"k2:{new_key()},{settings.VAULT_KEYS}"
    before = stored_name()

    assert "2 clé(s)" in told(capsys, "rotate", "--kek")

    settings.VAULT_KEYS = settings.VAULT_KEYS.split(",")[0]
    keys.forget()
    assert stored_name() == before
    assert Participant.objects.get().last_name == person.last_name
    wrapped = [json.loads(p.read_text())["wrapped_by"] for p in vault_dir(branch).glob("*.json")]
    assert wrapped == ["k2", "k2"]
