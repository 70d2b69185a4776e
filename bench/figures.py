"""The import of 50,000 rows and the report on them."""

import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from statistics import median

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from bench import floors_figures, invented
from bench.measure import costs, load, publish, seconds, tell
from maillage.core.tests.guards import lifted
from maillage.network.models import Organisation
from maillage.observatory.branch_report import branch_report
from maillage.observatory.engine import session
from maillage.observatory.indicators import Year
from maillage.observatory.reports import grid_named, sites_of
from maillage.observatory.source import snapshot_of
from maillage.observatory.tables import Period, Report

BRANCH, YEAR = "via-voltaire", 2023
MAILLAGE = Path(sys.executable).with_name("maillage")


def command(*arguments: str) -> float:
    """Seconds on the clock of one whole command, its start included."""
    return seconds(
        lambda: subprocess.run(
            [MAILLAGE, *arguments], check=True, stdout=subprocess.DEVNULL, env=os.environ
        )
    )


def empty_database() -> None:
    with lifted():
        call_command("flush", interactive=False, verbosity=0)
    call_command("network", "load", stdout=StringIO())


def measure_import(path: Path, repeats: int) -> None:
    floor = median(seconds(lambda: floors_figures.import_plain(path)) for _ in range(repeats))
    measured = []
    for _ in range(repeats):
        empty_database()
        measured.append(command("import", "follow-ups", str(path), "--organisation", BRANCH))
        tell(f"import: {measured[-1]:.1f} s, {load()}")
    publish("import_50k_rows", "s", median(measured), floor)


def measure_report(repeats: int) -> None:
    measured = []
    for _ in range(repeats):
        shutil.rmtree(Path(settings.DATA_DIR) / "snapshots", ignore_errors=True)
        measured.append(
            command(
                "report",
                "branch",
                "--organisation",
                BRANCH,
                "--year",
                str(YEAR),
                "--format",
                "json",
            )
        )
    tell(f"report: {load()}")
    publish("report_50k_rows", "s", median(measured))


def cells_of(report: Report) -> dict[tuple[str, str, str], int]:
    return {
        (table.id, row.code, column.code): n
        for table in report.tables
        for row, line in zip(table.rows, table.cells, strict=True)
        for column, n in zip(table.columns, line, strict=True)
        if n
    }


def measure_tables(repeats: int) -> None:
    """The twelve tables of a year from a snapshot that is already there; then the whole report,
    with the year before and the doubts about the data."""
    organisation = Organisation.objects.get(slug=BRANCH)
    given = {
        "snapshot": snapshot_of(organisation),
        "organisation": organisation.slug,
        "organisation_name": organisation.name,
        "sites": sites_of(organisation),
        "year": YEAR,
        "grid": grid_named("default"),
        "computed_on": timezone.localdate(),
    }
    ours = cells_of(branch_report(**given))
    theirs = floors_figures.twelve_tables(YEAR)
    if ours != theirs:
        raise SystemExit(f"the report and the SQL differ: {sorted(ours.items() ^ theirs.items())}")
    tell(f"tables: {len(ours)} cells agree with the SQL, {load()}")

    def tables() -> None:
        with session(given["snapshot"].path) as opened:
            Year(opened, given["grid"], given["sites"], Period.of_year(YEAR)).tables()

    floor = costs(lambda: floors_figures.twelve_tables(YEAR), repeats=repeats)
    alone = costs(tables, repeats=repeats)
    whole = costs(lambda: branch_report(**given), repeats=repeats)
    publish("twelve_tables", "ms", alone.cpu_ms, floor.cpu_ms)
    publish("twelve_tables_wall", "ms", alone.wall_ms, floor.wall_ms)
    publish("branch_report", "ms", whole.cpu_ms)


def main(quick: bool) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    empty_database()
    path = Path(settings.DATA_DIR) / "follow-ups.csv"
    sites = [slug for slug, _ in sites_of(Organisation.objects.get(slug=BRANCH))]
    size = 5_000 if quick else 50_000
    invented.write_csv(path, invented.rows(size, sites, waiting=size // 50))
    measure_import(path, repeats=1 if quick else 3)
    measure_report(repeats=2 if quick else 5)
    measure_tables(repeats=5 if quick else 25)
