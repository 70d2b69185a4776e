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
        with duckdb.connect() as connection:
            rows = connection.read_parquet(str(self.path)).order("referral").fetchall()
        with tempfile.TemporaryDirectory(dir=self.path.parent) as folder:
            found = _write_csv(rows, Path(folder) / "facts.csv")
        if found != self.sha256:
            raise SnapshotChanged(f"{self.path.name} : l’empreinte des faits a changé")


def write_snapshot(rows: Iterable[tuple], path: Path) -> Snapshot:
    """Freezes rows in `FACT_COLUMNS` order; the same facts in any order give the same `sha256`."""
    path = Path(path)
    ordered = sorted(rows, key=itemgetter(0))
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        text, parquet = Path(folder) / "facts.csv", Path(folder) / "facts.parquet"
        sha256 = _write_csv(ordered, text)
        with duckdb.connect(config={"threads": 1}) as connection:
            columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMN_TYPES.items())
            connection.execute(
                "COPY (FROM read_csv($text, auto_detect = false, header = true, delim = ',',"
                f" quote = '\"', escape = '\"', columns = {{{columns}}}))"
                " TO $parquet (FORMAT parquet, COMPRESSION zstd,"
                f" KV_METADATA {{sha256: '{sha256}', row_count: '{len(ordered)}'}})",
                {"text": str(text), "parquet": str(parquet)},
            )
        os.replace(parquet, path)
    return Snapshot(path, sha256, len(ordered))


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


def _write_csv(rows: Iterable[tuple], path: Path) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FACT_COLUMNS)
        writer.writerows(rows)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
