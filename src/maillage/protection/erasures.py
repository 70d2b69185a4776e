"""The journal of erasures: random uids of files erased, kept beside the database and its backups.

A database restored from before an erasure brings the file back; `retention.replay` erases it again
by this journal. A line is on the disk before the erasure is committed. Each line carries a code
over itself and the line before, so that none is changed, added or taken out unseen; only the last
lines can be cut off, which a copy kept elsewhere shows.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from maillage.core import keys

FILE_NAME = "erasures.jsonl"
_START = "0" * 64


class JournalBroken(Exception):
    """A line of the journal was changed, added or taken out."""


@dataclass(frozen=True)
class Erasure:
    at: datetime
    organisation: str
    side: str
    file: str


def journal_path() -> Path:
    return Path(settings.DATA_DIR) / FILE_NAME


def _code(before: str, told: str) -> str:
    secret = keys.index_key(keys.INSTALLATION)
    return salted_hmac(FILE_NAME, before + told, secret=secret, algorithm="sha256").hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The journal, open for reading and appending by one process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(path, "a+b", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _lines(content: bytes) -> list[bytes]:
    """Whole lines; a torn last one belongs to an erasure that was never committed."""
    return content.split(b"\n")[:-1]


def append(organisation: str, side: str, files: Iterable[str]) -> None:
    """Writes one line a file and waits for the disk; stands last in the transaction that erases."""
    at = timezone.now().isoformat()
    with _locked(journal_path()) as file:
        file.seek(0)
        content = file.read()
        lines = _lines(content)
        whole = sum(len(line) + 1 for line in lines)
        if whole < len(content):
            file.truncate(whole)
        before = json.loads(lines[-1])["code"] if lines else _START
        for uid in files:
            told = json.dumps({"at": at, "organisation": organisation, "side": side, "file": uid})
            before = _code(before, told)
            file.write(f'{told[:-1]}, "code": "{before}"}}\n'.encode())
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(journal_path().parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read() -> list[Erasure]:
    """Every erasure, oldest first; raises `JournalBroken` naming the first line at fault."""
    path = journal_path()
    if not path.exists():
        return []
    with _locked(path) as file:
        file.seek(0)
        content = file.read()
    found, before = [], _START
    for number, line in enumerate(_lines(content), start=1):
        try:
            row = json.loads(line)
            code = row.pop("code")
            erasure = Erasure(**(row | {"at": datetime.fromisoformat(row["at"])}))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise JournalBroken(f"{path.name}, ligne {number} : illisible") from error
        if not constant_time_compare(code, _code(before, json.dumps(row))):
            raise JournalBroken(f"{path.name}, ligne {number} : son code ne correspond pas")
        found.append(erasure)
        before = code
    return found
