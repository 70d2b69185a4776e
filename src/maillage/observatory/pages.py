"""A table as a page shows it: each number with its address, its share and its bar."""

from dataclasses import dataclass

from django.urls import reverse

from maillage.observatory.french import decimal, number
from maillage.observatory.tables import TOTAL, Report, Table


@dataclass(frozen=True)
class Cell:
    value: int
    url: str | None
    text: str


@dataclass(frozen=True)
class Line:
    label: str
    cells: tuple[Cell, ...]
    total: Cell
    before: str
    part: int
    whole: int


@dataclass(frozen=True)
class PageTable:
    table: Table
    lines: tuple[Line, ...]
    totals: tuple[Cell, ...]
    grand_total: Cell | None
    before: Table | None
    largest: int
    met: int  # of the base, what the last line's share is of


def tables_of(report: Report, *, opens: bool) -> list[PageTable]:
    """The tables of a report; cells have an address where `opens` and there is somebody in them."""
    return [_page_table(report, table, opens) for table in report.tables]


def _measure(table: Table, code: str) -> Cell | None:
    found = table.measure(code)
    return None if found is None else Cell(found[0], None, decimal(*found))


def _before(before: Table | None, code: str, place: int) -> str:
    if before is None:
        return ""
    if before.decimals is None:
        return number(before.row_totals[place])
    measured = _measure(before, code)
    return measured.text if measured else "–"


def _page_table(report: Report, table: Table, opens: bool) -> PageTable:
    def cell(value: int, row: str, column: str = TOTAL.code) -> Cell:
        if not (opens and value and table.is_opened):
            return Cell(value, None, number(value))
        where = (report.organisation, report.period.year, report.grid.id, table.id, row, column)
        return Cell(value, reverse("report_cell", args=where), number(value))

    before = report.before(table)
    totals = table.row_totals
    lines = tuple(
        Line(
            label=row.label,
            cells=()
            if table.is_one_way
            else tuple(
                cell(value, row.code, column.code)
                for value, column in zip(values, table.columns, strict=True)
            ),
            total=_measure(table, row.code) or cell(totals[place], row.code),
            before=_before(before, row.code, place),
            part=totals[place] if table.rate_of is None else table.part_of_row(place),
            whole=table.total or 0 if table.rate_of is None else totals[place],
        )
        for place, (row, values) in enumerate(zip(table.rows, table.cells, strict=True))
    )
    columns = table.column_totals
    return PageTable(
        table=table,
        lines=lines,
        totals=()
        if columns is None or table.is_one_way
        else tuple(
            cell(value, TOTAL.code, column.code)
            for value, column in zip(columns, table.columns, strict=True)
        ),
        grand_total=None if table.total is None else cell(table.total, TOTAL.code),
        before=before,
        largest=0 if table.decimals else max(totals, default=0),
        met=sum(line.part for line in lines),
    )
