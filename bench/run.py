"""Measures speed, one JSON object a line: `make bench`, or with `--quick` a tenth of the sizes.

Everything runs on a PostgreSQL server of its own, or on SQLite where there is none or `--sqlite`
asks for it. What is said to a person goes to the error output.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import postgres

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("figures", "pages", "portal")


@contextmanager
def database(on_sqlite: bool, folder: str) -> Iterator[str]:
    if on_sqlite:
        yield f"sqlite:///{folder}/maillage.sqlite3"
    else:
        with postgres.running() as url:
            yield url


def run(stage: str, on_sqlite: bool, quick: bool) -> int:
    """One stage in a process, a database and a data folder of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="maillage-bench-") as folder,
        database(on_sqlite, folder) as url,
    ):
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
            "MAILLAGE_MODE": "local",
            "MAILLAGE_DATA_DIR": folder,
            "MAILLAGE_DATABASE_URL": url,
        }
        command = [sys.executable, "-m", "bench.stage", stage, *(["--quick"] if quick else [])]
        return subprocess.run(command, cwd=ROOT, env=environment).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    parser.add_argument("--sqlite", action="store_true", help="SQLite even where PostgreSQL is")
    parser.add_argument("--only", choices=STAGES, help="one part of it")
    options = parser.parse_args()
    on_sqlite = options.sqlite or postgres.find_binaries() is None
    if on_sqlite and not options.sqlite:
        print("No PostgreSQL here: everything is measured on SQLite.", file=sys.stderr)
    stages = (options.only,) if options.only else STAGES
    return max(run(stage, on_sqlite, options.quick) for stage in stages)


if __name__ == "__main__":
    sys.exit(main())
