"""What a validator that is not ours finds wrong in a PDF (PDF/UA-1, by `outloud`)."""

import json
import subprocess
import sys
from pathlib import Path


def errors_of(content: bytes, folder: Path) -> list[tuple[str, str]]:
    """The rules that do not hold, each with what is said of it."""
    path = folder / "document.pdf"
    path.write_bytes(content)
    command = [Path(sys.executable).with_name("outloud"), path, "--json", "-", "--quiet"]
    run = subprocess.run(
        [*command, "--fail-on", "never"], capture_output=True, text=True, check=True
    )
    [told] = json.loads(run.stdout[run.stdout.index("{") :])["results"]
    assert not told["error"], told["error"]
    assert sum(rule["status"] == "ran" for rule in told["rules"]) > 20
    found = told["findings"]
    return [(one["rule"], one["message"]) for one in found if one["severity"] == "error"]
