"""Known vulnerabilities of the locked dependencies; fails when it could not really look.

pip-audit says « No known vulnerabilities found » and succeeds when it reached no database at all.
Here each locked package must have been looked up, and a version known to be vulnerable be found so.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ("requirements/base.txt", "requirements/dev.txt")
KNOWN_FAULTY = "django==3.2.0"
PIP_AUDIT = [ROOT / ".venv/bin/uv", "tool", "run", "--quiet", "pip-audit==2.10.1"]


def names(requirements: Path) -> set[str]:
    """The packages of a lock file that this machine would install, or another."""
    return set(re.findall(r"^([\w.-]+)==", requirements.read_text(), re.M))


def ask(requirements: Path, *how: str) -> list[dict]:
    told = subprocess.run(
        [*PIP_AUDIT, "-r", requirements, "--disable-pip", *how, "--format", "json"]
        + ["--progress-spinner", "off"],
        capture_output=True,
        text=True,
    )
    try:
        return json.loads(told.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (told.stderr.strip() or "no answer").splitlines()[-1]
        sys.exit(f"The audit could not run: {last}")


def faults(locked: set[str], answers: list[dict], canary: list[dict]) -> list[str]:
    """Why the audit does not pass; empty when every package was looked up and none is faulty."""
    found = [
        f"{each['name']} {each['version']}: {', '.join(v['id'] for v in each['vulns'])}"
        for each in answers
        if each.get("vulns")
    ]
    looked_up = {each["name"] for each in answers if "skip_reason" not in each}
    if missing := sorted(locked - looked_up):
        found.append(f"not looked up: {len(missing)} of {len(locked)} ({', '.join(missing[:5])}…)")
    if not any(each.get("vulns") for each in canary):
        found.append(f"{KNOWN_FAULTY} passed: the database was not reached, or knows nothing")
    return found


def main() -> int:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(KNOWN_FAULTY + "\n")
        file.flush()
        canary = ask(Path(file.name), "--no-deps")
    locked: set[str] = set()
    answers: list[dict] = []
    for name in LOCKED:
        answers += ask(ROOT / name, "--require-hashes")
        locked |= names(ROOT / name)
    locked &= {each["name"] for each in answers}  # others are for another system
    if found := faults(locked, answers, canary):
        print("The audit does not pass:", *found, sep="\n  ")
        return 1
    print(f"{len(locked)} packages looked up, no known vulnerability.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
