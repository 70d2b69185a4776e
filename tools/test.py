"""Runs the suite on SQLite, then all that touches data on PostgreSQL, where one is given or can be
started.

MAILLAGE_TEST_POSTGRES_URL names a server that is already there.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import postgres

ROOT = Path(__file__).resolve().parents[1]


def run(name: str, url: str, arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="maillage-test-") as folder:
        print(f"\n== {name} ==", flush=True)
        environment = {
            **os.environ,
            "MAILLAGE_MODE": "local",
            "MAILLAGE_DATA_DIR": folder,
            "MAILLAGE_DATABASE_URL": url or f"sqlite:///{folder}/maillage.sqlite3",
        }
        command = [sys.executable, "-m", "pytest", "-n", "2", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment).returncode


def main() -> int:
    arguments = sys.argv[1:]
    quick = "--quick" in arguments
    if quick:
        arguments.remove("--quick")
        arguments += ["-m", "not slow and not browser"]
    elif not (shutil.which("chromium") or shutil.which("google-chrome")):
        print("No Chromium here: the tests that drive a browser are skipped.")
    given = os.environ.get("MAILLAGE_TEST_POSTGRES_URL", "")
    has_postgres = bool(given or postgres.find_binaries()) and not quick
    if not has_postgres and not quick:
        print("No PostgreSQL here: the suite runs on SQLite alone.")
    failed = run("SQLite", "", arguments)
    if not has_postgres:
        return failed
    arguments += ["-m", "data"]
    if given:
        return run("PostgreSQL", given, arguments) or failed
    with postgres.running() as url:
        return run("PostgreSQL", url, arguments) or failed


if __name__ == "__main__":
    sys.exit(main())
