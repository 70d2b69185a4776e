"""The guards of `make check` and `make audit`, each shown to fail on the fault it is there for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from maillage.config.environment import new_key

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "tools"
BIN = Path(sys.executable).parent
sys.path.insert(0, str(TOOLS))

import audit  # noqa: E402

pytestmark = pytest.mark.slow


def run(*command: str | Path, source: Path = ROOT / "src", cwd: Path = ROOT, **variables: str):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAILLAGE_")}
    environment |= {"PYTHONPATH": str(source)} | variables
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path) -> Path:
    """The sources, to be spoilt."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class TestBandit:
    def scan(self, root: Path):
        options = ("--quiet", "--recursive", "src", "--configfile", "pyproject.toml")
        return run(BIN / "bandit", *options, cwd=root)

    def test_passes_as_the_code_is(self):
        assert self.scan(ROOT).returncode == 0

    @pytest.mark.parametrize(
        "fault",
        [
            "import subprocess\nsubprocess.run('ls ' + input(), shell=True)\n",
            "import pickle\npickle.loads(b'')\n",
            "from django.utils.safestring import mark_safe\nmark_safe(input())\n",
            "import hashlib\nhashlib.md5(b'a')\n",
        ],
        ids=["shell", "pickle", "mark_safe", "md5"],
    )
    def test_fails_on_a_call_known_to_be_insecure(self, tmp_path, fault):
        """In a place of its own, under the settings of the project."""
        (tmp_path / "src/maillage/core").mkdir(parents=True)
        (tmp_path / "src/maillage/core/fault.py").write_text(fault)
        shutil.copy(ROOT / "pyproject.toml", tmp_path)

        assert self.scan(tmp_path).returncode == 1


class TestSecretScan:
    def scan(self, root: Path, allowed: Path = TOOLS / "allowed_secrets.toml"):
        return run(sys.executable, TOOLS / "secrets_scan.py", root, allowed)

    def test_passes_as_the_code_is(self):
        told = self.scan(ROOT)

        assert told.returncode == 0, told.stdout

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("settings.py", 'PASSWORD = "not-to-be-known-{}"'),
            ("notes.md", "MAILLAGE_VAULT_INDEX_KEY={}"),
            ("tests/test_a.py", 'KEY = "k1:{}"'),
            ("key.pem", "-----BEGIN PRIVATE" + " KEY-----\n{}"),
            ("url.py", 'URL = "postgres://maillage:{}@db.example.org/maillage"'),
        ],
    )
    def test_fails_on_a_key_left_in_a_file(self, tmp_path, name, content):
        nothing = tmp_path / "none.toml"
        nothing.write_text("allowed = []")
        root = tmp_path / "project"
        (root / "tests").mkdir(parents=True)
        run("git", "init", "--quiet", cwd=root)
        assert self.scan(root, nothing).returncode == 0
        (root / name).write_text(content.format(new_key()))

        told = self.scan(root, nothing)

        assert told.returncode == 1
        assert told.stdout.startswith(f"{name}:1: ")

    def test_fails_on_an_excuse_that_is_not_needed_any_more(self, tmp_path):
        allowed, root = tmp_path / "allowed.toml", tmp_path / "project"
        allowed.write_text('[[allowed]]\nfile = "gone.py"\ntext = "x"\nreason = "was"\n')
        root.mkdir()
        run("git", "init", "--quiet", cwd=root)

        told = self.scan(root, allowed)

        assert told.returncode == 1
        assert "gone.py: allowed, and not found any more" in told.stdout


class TestDeployCheck:
    def check(self, *given: str, source: Path = ROOT / "src"):
        return run(sys.executable, TOOLS / "deploy_check.py", *given, source=source)

    def test_passes_as_the_settings_are(self):
        told = self.check()

        assert told.returncode == 0, told.stderr

    @pytest.mark.parametrize(
        ("given", "fault"),
        [
            ("MAILLAGE_HTTPS=false", "maillage.E004"),
            ("MAILLAGE_ALLOWED_HOSTS=*", "maillage.E005"),
            ("MAILLAGE_SECRET_KEY=short", "maillage.E006"),
        ],
    )
    def test_fails_on_what_a_host_may_get_wrong(self, given, fault):
        told = self.check(given)

        assert told.returncode == 1
        assert fault in told.stderr

    @pytest.mark.parametrize(
        ("right", "wrong", "fault"),
        [
            ("DEBUG = False", "DEBUG = True", "security.W018"),
            ("SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS",
             "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False", "security.W012"),
            ("SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0", "SECURE_HSTS_SECONDS = 0",
             "security.W004"),
            ('    "maillage.core.middleware.OwnForms",\n', "", "maillage.E009"),
            ('X_FRAME_OPTIONS = "DENY"', 'X_FRAME_OPTIONS = "SAMEORIGIN"', "security.W019"),
        ],
    )  # fmt: skip
    def test_fails_on_a_setting_that_was_weakened(self, copy, right, wrong, fault):
        spoil(copy / "src/maillage/config/settings.py", right, wrong)

        told = self.check(source=copy / "src")

        assert told.returncode == 1
        assert fault in told.stderr


class TestAudit:
    LOOKED_UP = [{"name": "django", "version": "5.2", "vulns": []}]
    FAULTY = [{"name": "django", "version": "3.2.0", "vulns": [{"id": "CVE-1"}]}]

    def test_passes_when_every_package_was_looked_up_and_the_known_fault_was_found(self):
        assert audit.faults({"django"}, self.LOOKED_UP, self.FAULTY) == []

    def test_fails_on_a_vulnerability(self):
        assert audit.faults({"django"}, self.FAULTY, self.FAULTY) == ["django 3.2.0: CVE-1"]

    def test_fails_when_a_package_was_not_looked_up(self):
        skipped = [{"name": "django", "skip_reason": "not found on PyPI"}]

        [fault] = audit.faults({"django"}, skipped, self.FAULTY)

        assert fault.startswith("not looked up: 1 of 1 (django")

    def test_fails_when_a_version_known_to_be_faulty_passes(self):
        [fault] = audit.faults({"django"}, self.LOOKED_UP, self.LOOKED_UP)

        assert "was not reached" in fault

    def test_fails_when_no_service_answers(self):
        """pip-audit itself succeeds then; run for real, towards an address where nobody listens."""
        nowhere = "http://127.0.0.1:9"

        told = run(
            sys.executable, TOOLS / "audit.py",
            HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere, https_proxy=nowhere, http_proxy=nowhere,
        )  # fmt: skip

        assert told.returncode == 1, told.stdout
        assert "could not run" in told.stderr or "not looked up" in told.stdout
