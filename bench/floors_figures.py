"""What the import and the twelve tables would cost at least: one plain table, one statement."""

import csv
from datetime import date, datetime
from pathlib import Path

from django.db import connection, transaction

from bench.invented import COLUMNS

TABLE = "bench_follow_ups"
DATES = {"date_naissance", "date_orientation", "date_entree", "date_sortie"}


def import_plain(path: Path) -> None:
    """The same columns, read by `csv` and inserted in clear."""
    columns = ", ".join(
        f"{name} {'date' if name in DATES else 'integer' if name == 'episode' else 'text'}"
        for name in COLUMNS
    )
    names = ", ".join(COLUMNS)
    days = [COLUMNS.index(name) for name in DATES]
    with path.open(encoding="utf-8", newline="") as file, transaction.atomic():
        lines = csv.reader(file, delimiter=";")
        next(lines)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
            cursor.execute(f"CREATE TABLE {TABLE} ({columns}, PRIMARY KEY (dossier, episode))")
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {TABLE} ({names}) FROM STDIN") as copy:
                    for line in lines:
                        copy.write_row(_with_days(line, days))
            else:
                marks = ", ".join(["%s"] * len(COLUMNS))
                cursor.executemany(
                    f"INSERT INTO {TABLE} ({names}) VALUES ({marks})",
                    [_with_days(line, days) for line in lines],
                )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLE}")


def _with_days(line: list[str], days: list[int]) -> list[str | date | None]:
    cells: list[str | date | None] = list(line)
    for place in days:
        cells[place] = datetime.strptime(line[place], "%d/%m/%Y").date() if line[place] else None
    return cells


def _months_later(months: int) -> str:
    """The same day n months later, or that month's last day."""
    if connection.vendor == "postgresql":
        return f"date_entree + interval '{months} months'"
    return (
        f"min(date(date_entree, '+{months} months'),"
        f" date(date_entree, 'start of month', '+{months + 1} months', '-1 day'))"
    )


def _age() -> str:
    if connection.vendor == "postgresql":
        return "extract(year FROM age(date_entree, date_naissance))"
    return (
        "strftime('%%Y', date_entree) - strftime('%%Y', date_naissance)"
        " - (strftime('%%m%%d', date_entree) < strftime('%%m%%d', date_naissance))"
    )


def _statement() -> str:
    by_site = "SELECT '{0}', {1}, lieu, count(*) FROM counted WHERE {2} GROUP BY 2, 3"
    alone = "SELECT '{0}', {1}, 'total', count(*) FROM counted WHERE {2} GROUP BY 2"
    flow = "SELECT 'flow', '{0}', 'total', count(*) FROM counted WHERE {1}"
    entered_anew = "is_first AND date_entree IS NOT NULL"
    parts = [
        flow.format("received", "true"),
        flow.format("new", "is_first"),
        flow.format("resumed", "NOT is_first AND date_entree >= %(start)s"),
        flow.format("continuing", "NOT is_first AND date_entree < %(start)s"),
        flow.format("exited", "is_out"),
        flow.format("followed", "NOT is_out"),
        f"SELECT 'flow', 'waiting_at_end', 'total', count(DISTINCT dossier) FROM {TABLE}"
        " WHERE date_orientation <= %(end)s AND (date_entree IS NULL OR date_entree > %(end)s)",
        alone.format("received-by-sex", "sexe", "true"),
        by_site.format("received-by-prescriber-and-site", "prescriber", "true"),
        by_site.format("new-by-prescriber-and-site", "prescriber", entered_anew),
        by_site.format("new-by-age-and-site", "age_class", entered_anew),
        alone.format("received-by-resources", "ressources", "true"),
        alone.format("received-by-employment", "situation_professionnelle", "true"),
        alone.format("received-by-marital-status", "situation_conjugale", "true"),
        by_site.format("exited-by-reason-and-site", "motif_sortie", "is_out"),
        alone.format("exited-by-duration", "duration", "is_out"),
        by_site.format("followed-by-site", "'followed'", "NOT is_out"),
        alone.format("followed-by-duration", "duration", "NOT is_out"),
    ]
    return f"""
WITH active AS (
    SELECT f.*, row_number() OVER (
        PARTITION BY dossier ORDER BY date_entree DESC, episode DESC) AS latest
    FROM {TABLE} f
    WHERE date_entree <= %(end)s AND (date_sortie IS NULL OR date_sortie >= %(start)s)
), aged AS (
    SELECT a.*, {_age()} AS age,
        coalesce(date_sortie <= %(end)s, false) AS is_out,
        CASE WHEN date_sortie <= %(end)s THEN date_sortie ELSE %(end)s END AS until,
        NOT EXISTS (SELECT 1 FROM {TABLE} b
            WHERE b.dossier = a.dossier AND b.date_entree < %(start)s) AS is_first
    FROM active a WHERE latest = 1
), counted AS (
    SELECT aged.*,
        CASE WHEN prescripteur = 'spip' THEN 'spip'
            WHEN prescripteur IN ('spontane', 'proche') THEN 'spontanee'
            ELSE 'autres_partenaires' END AS prescriber,
        CASE WHEN age IS NULL THEN 'non_precise' WHEN age < 18 THEN 'lt18'
            WHEN age <= 25 THEN '18to25' WHEN age <= 34 THEN '26to34'
            WHEN age <= 44 THEN '35to44' WHEN age <= 54 THEN '45to54'
            ELSE 'ge55' END AS age_class,
        CASE WHEN until < {_months_later(3)} THEN 'lt3' WHEN until < {_months_later(6)} THEN '3to6'
            WHEN until < {_months_later(12)} THEN '6to12' ELSE 'ge12' END AS duration
    FROM aged
)
{" UNION ALL ".join(parts)}"""


def twelve_tables(year: int) -> dict[tuple[str, str, str], int]:
    """Every cell that is not zero, by table, row and column."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"start": date(year, 1, 1), "end": date(year, 12, 31)})
        return {(table, row, column): n for table, row, column, n in cursor.fetchall() if n}
