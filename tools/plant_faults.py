"""Breaks each promise in turn, in a copy of the sources, and says whether its test fails.

`make faults` plants all of `faults.toml`; words after it choose among the promises. What a planted
fault leaves green is told, and the end is a failure.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import Queue
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import postgres

ROOT = Path(__file__).resolve().parents[1]
LEFT = shutil.ignore_patterns(".git", ".venv", "node_modules", "var", "__pycache__", "screenshots")
FAILED = 1  # the code of pytest where tests ran, and one did not pass


class Copy:
    """One tree to be spoilt and mended, with a folder of its own for data."""

    def __init__(self, folder: Path):
        self.root, self.data = folder / "tree", folder / "data"
        shutil.copytree(ROOT, self.root, ignore=LEFT)
        self.data.mkdir()
        for shared in (".venv", "node_modules"):
            (self.root / shared).symlink_to(ROOT / shared)

    def run(self, tests: str, url: str) -> subprocess.CompletedProcess:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAILLAGE_")}
        environment |= {
            "MAILLAGE_MODE": "local",
            "MAILLAGE_DATA_DIR": str(self.data),
            "MAILLAGE_DATABASE_URL": url or f"sqlite:///{self.data}/maillage.sqlite3",
            "PYTHONPATH": f"{self.root}/src:{self.root}",
        }
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        return subprocess.run(
            [*command, *tests.split()],
            cwd=self.root, env=environment, capture_output=True, text=True,
        )  # fmt: skip

    def plant(self, fault: dict[str, Any], url: str) -> str:
        """Why the promise is not kept by its test, or nothing."""
        edits = [fault, *fault.get("also", [])]
        right = {edit["file"]: (self.root / edit["file"]).read_text() for edit in edits}
        try:
            for edit in edits:
                path = self.root / edit["file"]
                if edit["old"] not in (text := path.read_text()):
                    return f"{edit['file']} no longer holds what is to be spoilt"
                path.write_text(text.replace(edit["old"], edit["new"]))
            for _ in range(fault.get("tries", 1)):  # what is found by chance is sought again
                told = self.run(fault["test"], url)
                if told.returncode == FAILED:
                    return ""
        finally:
            for file, text in right.items():
                (self.root / file).write_text(text)
        end = "\n".join((told.stdout + told.stderr).splitlines()[-12:])
        return f"its test did not fail (code {told.returncode})\n{end}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="of the promises to break")
    words = [word.lower() for word in parser.parse_args().words]
    faults = tomllib.loads((Path(__file__).parent / "faults.toml").read_text())["fault"]
    faults = [f for f in faults if all(word in f["promise"].lower() for word in words)]
    with ExitStack() as stack:
        url = stack.enter_context(postgres.running()) if postgres.find_binaries() else ""
        copies: Queue[Copy] = Queue()
        for _ in range(2):
            copies.put(Copy(Path(stack.enter_context(tempfile.TemporaryDirectory()))))

        def one(fault: dict[str, Any]) -> bool | None:
            needs = fault.get("on") == "postgresql"
            if needs and not url:
                print(f"not tried, no PostgreSQL here: {fault['promise']}", flush=True)
                return None
            copy = copies.get()
            try:
                why = copy.plant(
                    fault, url.replace("/postgres?", f"/planted{id(copy)}?") if needs else ""
                )
            finally:
                copies.put(copy)
            print(
                f"{'NOT FOUND' if why else 'found'}: {fault['promise']} {why}".rstrip(), flush=True
            )
            return not why

        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(one, faults))
    tried = [each for each in found if each is not None]
    print(f"{sum(tried)} of {len(tried)} faults found by their tests, {len(faults)} in all")
    return 0 if all(tried) else 1


if __name__ == "__main__":
    sys.exit(main())
