"""Keys and passwords left in files that git keeps; `allowed_secrets.toml` explains what is none.

Tests invent passwords by the dozen: there, what is only called a password passes, and what looks
like a key does not.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = Path(__file__).with_name("allowed_secrets.toml")
OWN_KEY = re.compile(r"(?<![\w/+-])[\w-]{43}=(?![\w=])")  # 32 bytes, as our keys are written
LEFT_OUT = (  # public digests and figures
    *("requirements/", "package-lock.json", "tools/allowed_secrets.toml"),
    "src/maillage/portal/data/outlines.tsv",
)


def files(root: Path) -> list[str]:
    """What git keeps or would keep, without what it ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    names = filter(None, listed.stdout.split("\0"))
    return [n for n in sorted(names) if not n.startswith(LEFT_OUT) and (root / n).is_file()]


def found_in(root: Path, name: str) -> list[tuple[int, str, str]]:
    """Line, kind and text of each thing in a file that looks like a secret."""
    found = SecretsCollection()
    found.scan_file(str(root / name))
    is_test = "tests" in Path(name).parts
    seen = [
        (secret.line_number, secret.type, secret.secret_value or "")
        for _, secret in found
        if not (is_test and secret.type == "Secret Keyword")
    ]
    try:
        text = (root / name).read_text()
    except UnicodeDecodeError:
        return seen
    for number, line in enumerate(text.splitlines(), 1):
        seen += [(number, "Key of 32 bytes", key) for key in OWN_KEY.findall(line)]
    return seen


def main(root: Path = ROOT, allowed: Path = ALLOWED) -> int:
    excuses = tomllib.loads(allowed.read_text())["allowed"]
    waiting = {(e["file"], e["text"]) for e in excuses if e["reason"].strip()}
    used, faults = set(), []
    with default_settings():
        for name in files(root):
            for line, kind, text in found_in(root, name):
                if (name, text) in waiting:
                    used.add((name, text))
                else:
                    faults.append(f"{name}:{line}: {kind}")
    faults += [f"{name}: allowed, and not found any more" for name, _ in sorted(waiting - used)]
    print(*faults, sep="\n") if faults else print("No secret found.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
