"""Facts frozen in a Parquet file, known by the fingerprint of what they say."""

import csv
import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import duckdb

from maillage.observatory import engine
from maillage.observatory.facts import FACT_COLUMNS
from maillage.observatory.group_facts import TABLES, GroupFact, as_row, columns_of

_WHOLE_NUMBERS = {"seq": "INTEGER", "age_at_entry": "INTEGER", "age_at_referral": "INTEGER"}
_KEYS = {"referral": "BIGINT", "participant": "BIGINT"}
_DATES = {name: "DATE" for name in FACT_COLUMNS if name.endswith("_on") or name.startswith("after")}
COLUMN_TYPES = {
    name: {**_WHOLE_NUMBERS, **_KEYS, **_DATES}.get(name, "VARCHAR") for name in FACT_COLUMNS
}


class SnapshotChanged(Exception):
    """The file does not hold, or does not say, what it was frozen with."""


@dataclass(frozen=True)
class Snapshot:
    path: Path
    sha256: str
    row_count: int

    def verify(self) -> None:
        """Raises `SnapshotChanged` unless the rows still give the fingerprint."""
        with (
            tempfile.TemporaryDirectory(dir=self.path.parent) as folder,
            duckdb.connect() as opened,
        ):
            texts = []
            for name, columns in _every_table():
                file = engine.file_of(self.path, name)
                if file.exists():
                    rows = opened.read_parquet(str(file)).order(next(iter(columns))).fetchall()
                    texts.append(_write_csv(rows, columns, Path(folder) / f"{name}.csv"))
            found = _fingerprint(texts)
        if found != self.sha256:
            raise SnapshotChanged(f"{self.path.name} : l’empreinte des faits a changé")


def _every_table() -> list[tuple[str, dict[str, str]]]:
    """The referrals, then what is told of groups: name and columns of each."""
    return [("", COLUMN_TYPES), *((kind.table, columns_of(kind)) for kind in TABLES)]


def write_snapshot(rows: Iterable[tuple], path: Path, groups: Iterable[GroupFact] = ()) -> Snapshot:
    """Freezes rows in `FACT_COLUMNS` order, and what is told of groups in files beside; the same
    facts in any order give the same `sha256`."""
    path = Path(path)
    told: dict[str, list[tuple]] = {"": list(rows)}
    for fact in groups:
        told.setdefault(fact.table, []).append(as_row(fact))
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        texts = {}
        for name, columns in _every_table():
            if name in told:
                text = Path(folder) / f"{name}.csv"
                _write_csv(sorted(told[name], key=itemgetter(0)), columns, text)
                texts[name] = (text, columns)
        sha256 = _fingerprint([text for text, _ in texts.values()])
        with duckdb.connect(config={"threads": 1}) as connection:
            for name, (text, columns) in texts.items():
                known = f", KV_METADATA {{sha256: '{sha256}', row_count: '{len(told[''])}'}}"
                _write_parquet(connection, text, columns, "" if name else known)
        for name in reversed(texts):
            os.replace(texts[name][0].with_suffix(".parquet"), engine.file_of(path, name))
    return Snapshot(path, sha256, len(told[""]))


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, text: Path, columns: dict[str, str], known: str
) -> None:
    told = ", ".join(f"\"{name}\": '{kind}'" for name, kind in columns.items())
    connection.execute(
        "COPY (FROM read_csv($text, auto_detect = false, header = true, delim = ',',"
        f" quote = '\"', escape = '\"', columns = {{{told}}}))"
        f" TO $parquet (FORMAT parquet, COMPRESSION zstd{known})",
        {"text": str(text), "parquet": str(text.with_suffix(".parquet"))},
    )


def open_snapshot(path: Path) -> Snapshot:
    """Reads the fingerprint a snapshot was written with, without reading its rows."""
    path = Path(path)
    with engine.cursor() as opened:
        found = dict(
            opened.execute(
                "SELECT decode(key), decode(value) FROM parquet_kv_metadata($path)",
                {"path": str(path)},
            ).fetchall()
        )
    if not {"sha256", "row_count"} <= found.keys():
        raise SnapshotChanged(f"{path.name} n’est pas un instantané de l’observatoire")
    return Snapshot(path, found["sha256"], int(found["row_count"]))


def _write_csv(rows: Iterable[tuple], columns: Iterable[str], path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def _fingerprint(texts: Iterable[Path]) -> str:
    """Of the texts one after the other."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.read_bytes())
    return digest.hexdigest()
