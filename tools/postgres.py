"""A PostgreSQL server of one's own for a while, from binaries that are installed."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_binaries() -> Path | None:
    """The folder of the newest installed `initdb`, or None."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True
    )
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).parent)
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: the user to become, None where one is not root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running() -> Iterator[str]:
    """Gives the address of an empty database on a Unix socket; takes everything away after."""
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError("PostgreSQL is not installed")
    user = _server_user()
    folder = Path(tempfile.mkdtemp(prefix="maillage-pg-"))
    if user:
        shutil.chown(folder, user)
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    if user:
        quiet["user"] = user
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "maillage", "-A", "trust", "-E", "UTF8"]
        + ["--locale=C.UTF-8", "--no-sync"],
        **quiet,
    )
    options = (
        f"-c listen_addresses='' -k {folder} -c fsync=off -c synchronous_commit=off"
        " -c full_page_writes=off -c shared_buffers=256MB -c max_connections=200"
    )
    start = [binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"]
    subprocess.run(start, **quiet)
    try:
        yield f"postgres://maillage@/postgres?host={folder}"
    finally:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    with running() as url:
        command = sys.argv[1:] or ["bash"]
        sys.exit(
            subprocess.run(command, env={**os.environ, "MAILLAGE_DATABASE_URL": url}).returncode
        )
