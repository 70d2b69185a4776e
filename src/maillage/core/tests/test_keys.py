"""The folder of the keys: each wrapped, one writer for each owner, whichever process asks."""

import json
import os
import stat
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from maillage.config.environment import new_key
from maillage.core import keys, vault
from maillage.core.wrapping import VaultError, wrappers

OURS, THEIRS = (1, "programme"), (2, "programme")
KMS = """#!{python}
import pathlib, sys
counted = pathlib.Path({counted!r})
counted.open("a").write(sys.argv[1] + "\\n")
given = sys.stdin.buffer.read()
if {broken}:
    sys.exit("refus du module")
sys.stdout.buffer.write(b"hsm:" + given[::-1] if sys.argv[1] == "wrap" else given[4:][::-1])
"""


def seen_from_another_process(program: str, folder, settings) -> subprocess.Popen:
    """A process that knows the same keys, and no database."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
        "MAILLAGE_VAULT_DIR": str(folder),
        "MAILLAGE_VAULT_KEYS": settings.VAULT_KEYS,
    }
    start = "import sys, django; django.setup(); from maillage.core import keys, vault\n"
    return subprocess.Popen(
        [sys.executable, "-c", start + program],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_nothing_in_the_folder_is_a_key_in_clear_or_open_to_others(own_keys):
    raw = keys.index_key(OURS)
    vault.seal(b"x", "a.b", OURS)

    files = list(own_keys.glob("*.json"))
    assert len(files) == 2
    for path in files:
        assert raw not in path.read_bytes()
        assert raw.hex() not in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_keys.stat().st_mode) == 0o700


def test_a_key_file_given_to_another_owner_opens_nothing(own_keys):
    vault.seal(b"x", "a.b", OURS)
    [path] = own_keys.glob("*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "organisation": 2}))
    keys.forget()

    with pytest.raises(VaultError, match="another owner"):
        vault.seal(b"x", "a.b", THEIRS)


def test_a_value_is_bound_to_its_owner_even_where_two_owners_had_the_same_key(own_keys):
    sealed = vault.seal(b"clear", "a.b", OURS)
    [path] = own_keys.glob("*.json")
    key = keys.Key(**json.loads(path.read_text()))
    [wrapper] = wrappers(settings.VAULT_KEYS, "").values()
    theirs = replace(key, organisation=2).wrapped_with(wrapper, key.unwrapped())
    path.write_text(json.dumps(asdict(theirs)))
    keys.forget()

    with pytest.raises(VaultError, match="altered or moved"):
        vault.unseal(sealed, "a.b")


def test_a_value_of_a_key_that_is_lost_says_which(own_keys):
    sealed = vault.seal(b"clear", "a.b", OURS)
    [path] = own_keys.glob("*.json")
    path.unlink()
    keys.forget()

    with pytest.raises(VaultError, match=path.stem):
        vault.unseal(sealed, "a.b")


def test_a_damaged_key_file_stops_the_making_of_others(own_keys):
    vault.seal(b"x", "a.b", OURS)
    [path] = own_keys.glob("*.json")
    path.write_text("{")
    keys.forget()

    with pytest.raises(VaultError, match=path.name):
        vault.seal(b"x", "a.b", OURS)
    assert [path.name in fault for fault in keys.faults()] == [True]


def test_in_production_a_folder_that_is_not_there_is_never_made_up(own_keys, settings):
    settings.MODE = "production"

    with pytest.raises(VaultError, match="vault init"):
        vault.seal(b"x", "a.b", OURS)
    assert not keys.is_ready()

    keys.init()
    assert keys.is_ready()
    assert vault.unseal(vault.seal(b"x", "a.b", OURS), "a.b") == b"x"


@pytest.mark.parametrize("spec", ["", "k1", "k1:", "k1:short", ":" + "A" * 43 + "="])
def test_unusable_keys_are_refused(own_keys, settings, spec):
    settings.VAULT_KEYS = spec

    with pytest.raises((ImproperlyConfigured, ValueError)):
        keys.check()


def test_processes_that_write_first_at_the_same_moment_share_one_key(own_keys, settings):
    program = (
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(vault.seal(b'x', 'a.b', (1, 'programme'))[:10].decode())"
    )
    others = [seen_from_another_process(program, own_keys, settings) for _ in range(6)]
    for other in others:
        other.stdout.readline()
    for other in others:
        other.stdin.write("go\n")
        other.stdin.flush()
    names = {other.communicate(timeout=60)[0].strip() for other in others}

    assert names == {key.name for key in keys.every_key()}
    assert len(names) == 1


def test_a_key_just_made_by_another_process_is_read_at_once(own_keys, settings):
    vault.seal(b"x", "a.b", OURS)
    program = "print(vault.seal(b'clair', 'a.b', (2, 'programme')).hex())"
    written = seen_from_another_process(program, own_keys, settings).communicate(timeout=60)[0]

    assert vault.unseal(bytes.fromhex(written.strip()), "a.b") == b"clair"


@pytest.mark.slow
def test_a_key_destroyed_by_another_process_reads_no_more_within_seconds(own_keys, settings):
    sealed = vault.seal(b"x", "a.b", OURS)
    program = "print(keys.destroy((1, 'programme')))"
    assert seen_from_another_process(program, own_keys, settings).communicate(timeout=60)[0] == (
        "1\n"
    )

    time.sleep(keys.CHECK_EVERY)
    with pytest.raises(vault.Destroyed):
        vault.unseal(sealed, "a.b")
    with pytest.raises(vault.Destroyed):
        vault.seal(b"x", "a.b", OURS)


class TestTheKeyThatWraps:
    def test_is_changed_without_touching_a_stored_value(self, own_keys, settings):
        sealed, digest = vault.seal(b"clear", "a.b", OURS), vault.blind("x", "name", OURS)
        new = f"k2:{new_key()}"
        settings.VAULT_KEYS = f"{new},{settings.VAULT_KEYS}"
        keys.forget()
        assert any("rotate --kek" in fault for fault in keys.faults())

        assert keys.rewrap() == 2

        settings.VAULT_KEYS = new
        keys.forget()
        assert vault.unseal(sealed, "a.b") == b"clear"
        assert vault.blind("x", "name", OURS) == digest
        assert keys.faults() == []

    def test_is_named_when_it_is_missing(self, own_keys, settings):
        sealed = vault.seal(b"clear", "a.b", OURS)
        settings.VAULT_KEYS = f"other:{new_key()}"
        keys.forget()

        with pytest.raises(VaultError, match="k1"):
            vault.unseal(sealed, "a.b")
        assert "k1" in keys.faults()[0]

    def test_opens_nothing_under_the_name_of_another(self, own_keys, settings):
        sealed = vault.seal(b"clear", "a.b", OURS)
        settings.VAULT_KEYS = f"k1:{new_key()}"
        keys.forget()

        with pytest.raises(VaultError):
            vault.unseal(sealed, "a.b")


class TestTheCommandOfAKms:
    @pytest.fixture
    def kms(self, own_keys, settings, tmp_path):
        """A real program that wraps, and counts how often it was asked."""
        counted = tmp_path / "asked"

        def install(broken: bool = False) -> Path:
            program = tmp_path / "kms"
            program.write_text(
                KMS.format(python=sys.executable, counted=str(counted), broken=broken)
            )
            program.chmod(0o700)
            settings.VAULT_COMMAND, settings.VAULT_KEYS = str(program), ""
            keys.forget()
            return counted

        return install

    def test_wraps_each_key_and_unwraps_it_once_a_process(self, kms):
        asked = kms()
        sealed = vault.seal(b"clear", "a.b", OURS)
        keys.forget()

        for _ in range(50):
            assert vault.unseal(sealed, "a.b") == b"clear"

        assert {key.wrapped_by for key in keys.every_key()} == {"command"}
        assert asked.read_text().split() == ["wrap", "unwrap", "unwrap"]

    def test_takes_over_from_the_keys_of_the_environment(self, kms, settings):
        given = settings.VAULT_KEYS
        sealed = vault.seal(b"clear", "a.b", OURS)
        kms()
        settings.VAULT_KEYS = given
        keys.forget()

        assert keys.rewrap() == 1

        settings.VAULT_KEYS = ""
        keys.forget()
        assert vault.unseal(sealed, "a.b") == b"clear"

    def test_that_refuses_says_why(self, kms):
        kms(broken=True)

        with pytest.raises(VaultError, match="refus du module"):
            keys.check()

    def test_that_is_not_there_is_told(self, kms, settings):
        kms()
        settings.VAULT_COMMAND = "/nulle/part"
        keys.forget()

        with pytest.raises(VaultError, match="does not answer"):
            vault.seal(b"x", "a.b", OURS)


class TestARotation:
    def test_writes_with_a_new_key_and_still_reads_the_old_one(self, own_keys):
        before = vault.seal(b"clear", "a.b", OURS)

        new, left, was_begun = keys.begin_rotation(OURS)

        assert not was_begun
        assert [key.name for key in left] == [before[:10].decode()]
        assert vault.seal(b"x", "a.b", OURS)[:10].decode() == new.name
        assert vault.unseal(before, "a.b") == b"clear"

    def test_that_was_begun_is_taken_up_again(self, own_keys):
        vault.seal(b"clear", "a.b", OURS)
        new, left, _ = keys.begin_rotation(OURS)

        again = keys.begin_rotation(OURS)

        assert again == (new, left, True)
        assert any("pas achevée" in fault for fault in keys.faults())

    def test_leaves_the_key_of_the_digests_and_the_other_owners_alone(self, own_keys):
        digest, theirs = vault.blind("x", "name", OURS), vault.seal(b"x", "a.b", THEIRS)
        vault.seal(b"clear", "a.b", OURS)

        keys.begin_rotation(OURS)

        assert vault.blind("x", "name", OURS) == digest
        assert vault.seal(b"x", "a.b", THEIRS)[:10] == theirs[:10]
