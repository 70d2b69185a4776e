"""`maillage check --deploy` under the variables of a production, without touching one."""

import os
import subprocess
import sys
import tempfile

from maillage.config.environment import new_keys

COMMAND = [sys.executable, "-c", "from maillage.config.cli import main; main()"]


def main() -> int:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAILLAGE_", "DJANGO_"))}
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            "MAILLAGE_MODE": "production",
            "MAILLAGE_DATA_DIR": folder,
            "MAILLAGE_DATABASE_URL": f"sqlite:///{folder}/empty.sqlite3",
            "MAILLAGE_ALLOWED_HOSTS": "maillage.example.org",
            **new_keys(),
        }
        environment = kept | variables
        subprocess.run(
            [*COMMAND, "vault", "init"], env=environment, check=True, stdout=subprocess.DEVNULL
        )
        given = dict(each.split("=", 1) for each in sys.argv[1:])  # what a host may get wrong
        return subprocess.run(
            [*COMMAND, "check", "--deploy", "--fail-level", "WARNING"],
            env=environment | given,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
