"""The command line as a host uses it, each in a process of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from maillage.config.environment import new_keys

pytestmark = pytest.mark.slow
MAILLAGE = Path(sys.executable).with_name("maillage")


def command_in(folder: Path):
    """Runs the command in the installation of a folder, with only the variables given."""

    def run(*arguments: str, answer: str = "", **variables: str) -> subprocess.CompletedProcess:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAILLAGE_")}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        environment |= {
            "MAILLAGE_DATA_DIR": str(folder / "data"),
            "MAILLAGE_DATABASE_URL": f"sqlite:///{folder}/base.sqlite3",
        } | variables
        return subprocess.run(
            [MAILLAGE, *arguments], env=environment, input=answer, capture_output=True, text=True
        )

    return run


@pytest.fixture
def maillage(tmp_path):
    return command_in(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A folder with an installation that knows the network, and nobody."""
    folder = tmp_path_factory.mktemp("ready")
    run = command_in(folder)
    assert run("migrate", "--no-input").returncode == 0
    assert run("network", "load").returncode == 0
    return folder


@pytest.fixture
def installed(ready, tmp_path):
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    return command_in(tmp_path)


def test_an_installation_not_yet_migrated_is_told_what_to_do(maillage):
    told = maillage("doctor")

    assert told.returncode == 1
    assert "maillage migrate" in told.stdout
    assert maillage("serve").returncode == 1


def test_a_ready_installation_has_nothing_to_mend_and_lists_each_setting(installed):
    told = installed("doctor")

    assert told.returncode == 0, told.stdout + told.stderr
    for name in ("MAILLAGE_MODE", "MAILLAGE_DATABASE_URL", "MAILLAGE_VAULT_KEYS"):
        assert name in told.stdout


def test_a_secret_given_is_never_printed(installed):
    keys = new_keys()

    told = installed("doctor", **keys)

    assert not any(secret in told.stdout for secret in keys.values())


def test_a_vault_key_that_is_lost_is_told(installed, tmp_path):
    source = tmp_path / "suivis.csv"
    source.write_text(
        "dossier;nom;sexe;prescripteur;cadre;date_orientation\n"
        "A1;Essai;F;spip;volontaire;01/02/2024\n"
    )
    stored = installed("import", "follow-ups", str(source), "--organisation", "apex")
    assert stored.returncode == 0, stored.stderr

    told = installed("doctor", **new_keys())

    assert told.returncode == 1
    assert "Coffre illisible" in told.stdout


def test_a_folder_of_keys_that_is_lost_is_told(installed, tmp_path):
    source = tmp_path / "suivis.csv"
    source.write_text(
        "dossier;nom;sexe;prescripteur;cadre;date_orientation\n"
        "A1;Essai;F;spip;volontaire;01/02/2024\n"
    )
    stored = installed("import", "follow-ups", str(source), "--organisation", "apex")
    assert stored.returncode == 0, stored.stderr
    assert installed("doctor").returncode == 0

    shutil.rmtree(tmp_path / "data/keys")
    told = installed("doctor")

    assert told.returncode == 1
    assert "Coffre illisible" in told.stdout
    assert "apex" not in told.stdout


def test_in_production_the_folder_of_keys_is_made_once_by_hand(installed, tmp_path):
    served = {"MAILLAGE_MODE": "production", "MAILLAGE_ALLOWED_HOSTS": "x.example"} | new_keys()
    assert "n’est pas monté" in installed("serve", **served).stderr

    made = installed("vault", "init", **served)

    assert made.returncode == 0, made.stderr
    assert (tmp_path / "data/keys").stat().st_mode & 0o077 == 0
    assert "n’est pas monté" not in installed("doctor", **served).stdout


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "MAILLAGE_SECRET_KEY manque"),
        ({"MAILLAGE_SECRET_KEY": "court", "MAILLAGE_ALLOWED_HOSTS": "x.example"}, "moins de 50"),
        ({"MAILLAGE_ALLOWED_HOSTS": "*"}, "MAILLAGE_ALLOWED_HOSTS"),
        ({}, "MAILLAGE_ALLOWED_HOSTS"),
        ({"MAILLAGE_ALLOWED_HOSTS": "x.example", "MAILLAGE_HTTPS": "False"}, "MAILLAGE_HTTPS"),
        ({"MAILLAGE_ALLOWED_HOSTS": "x.example", "MAILLAGE_VAULT_KEYS": "k1:abc"}, "coffre"),
        ({"MAILLAGE_ALLOWED_HOSTS": "x.example", "MAILLAGE_VAULT_COMMAND": "false"}, "coffre"),
        ({"MAILLAGE_ALLOWED_HOSTS": "x.example"}, "maillage vault init"),
    ],
)
def test_production_refuses_to_serve_with_an_unsafe_setting(installed, variables, said):
    given = variables if said.endswith("manque") else new_keys() | variables

    refused = installed("serve", MAILLAGE_MODE="production", **given)

    assert refused.returncode == 1
    assert said in refused.stderr


def test_an_unknown_mode_is_refused(installed):
    assert "local ou production" in installed("serve", MAILLAGE_MODE="prod").stderr


def test_the_demonstration_never_installs_itself_in_production(installed):
    served = {"MAILLAGE_MODE": "production", "MAILLAGE_ALLOWED_HOSTS": "x.example"}

    refused = installed("demo", "--no-serve", **served, **new_keys())

    assert refused.returncode == 1
    assert "ne s’installe pas en production" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (["--organisation=nulle-part", "--role=manager"], "quatre mots bien choisis", "Aucune"),
        (["--organisation=apex", "--role=manager"], "court", "12"),
        (["--organisation=apex", "--role=manager"], "123456789012", "numérique"),
    ],
)
def test_createuser_says_what_is_wrong(installed, arguments, password, said):
    made = installed("createuser", "a@example.org", "--name=A", *arguments, answer=f"{password}\n")

    assert made.returncode == 1
    assert said in made.stderr


def test_an_account_is_made_once_whatever_the_case_of_its_address(installed):
    arguments = ["--name=A", "--organisation=apex", "--role=manager"]
    first = installed(
        "createuser", "a@example.org", *arguments, answer="quatre mots bien choisis\n"
    )
    second = installed(
        "createuser", "A@Example.org", *arguments, answer="quatre mots bien choisis\n"
    )

    assert (first.returncode, second.returncode) == (0, 1)
    assert "existe déjà" in second.stderr


def test_a_report_of_an_unknown_organisation_names_those_that_are_known(installed):
    told = installed("report", "branch", "--organisation", "nulle-part", "--year", "2024")

    assert told.returncode == 1
    assert "via-voltaire" in told.stderr


def test_a_report_on_the_standard_output_is_nothing_but_the_report(installed):
    told = installed("report", "branch", "--organisation", "apex", "--year", "2024")

    assert json.loads(told.stdout)["organisation"] == "apex"


def test_an_unknown_grid_is_told(installed):
    told = installed(
        "report", "branch", "--organisation", "apex", "--year", "2024", "--grid", "nulle"
    )

    assert told.returncode == 1
    assert "nulle" in told.stderr


def test_a_grid_of_the_hosts_own_folder_is_used(installed, tmp_path):
    (tmp_path / "grilles").mkdir()
    source = Path(__file__).parents[1] / "src/maillage/observatory/grids/aers.toml"
    text = source.read_text().replace('id = "aers"', 'id = "financeur"')
    (tmp_path / "grilles/financeur.toml").write_text(text)

    told = installed(
        "report", "branch", "--organisation", "apex", "--year", "2024", "--grid", "financeur",
        MAILLAGE_GRIDS_DIR=str(tmp_path / "grilles"),
    )  # fmt: skip

    assert told.returncode == 0, told.stderr


def test_the_server_answers_on_the_loopback_address(installed, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAILLAGE_")}
    environment["MAILLAGE_DATA_DIR"] = str(tmp_path / "data")
    environment["MAILLAGE_DATABASE_URL"] = f"sqlite:///{tmp_path}/base.sqlite3"
    server = subprocess.Popen([MAILLAGE, "serve", "--port", str(port)], env=environment)
    try:
        assert "3919" in first_answer(f"http://127.0.0.1:{port}/")
    finally:
        server.terminate()
        server.wait()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_that_is_taken_is_told(installed):
    with socket.create_server(("127.0.0.1", 0)) as other:
        refused = installed("serve", "--port", str(other.getsockname()[1]))

    assert refused.returncode == 1
    assert "Choisissez-en un autre" in refused.stderr


def first_answer(address: str) -> str:
    for _ in range(150):
        try:
            return urllib.request.urlopen(address, timeout=5).read().decode()
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server never answered")
