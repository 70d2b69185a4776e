"""A table as a page shows it: each number with its address, its share and its bar."""

from dataclasses import dataclass

from django.urls import reverse

from maillage.observatory.tables import TOTAL, Report, Table


@dataclass(frozen=True)
class Cell:
    value: int
    url: str | None


@dataclass(frozen=True)
class Line:
    label: str
    cells: tuple[Cell, ...]
    total: Cell
    before: int | None


@dataclass(frozen=True)
class PageTable:
    table: Table
    lines: tuple[Line, ...]
    totals: tuple[Cell, ...]
    grand_total: Cell | None
    before: Table | None
    largest: int


def tables_of(report: Report, *, opens: bool) -> list[PageTable]:
    """The tables of a report; cells have an address where `opens` and there is somebody in them."""
    return [_page_table(report, table, opens) for table in report.tables]


def _page_table(report: Report, table: Table, opens: bool) -> PageTable:
    def cell(value: int, row: str, column: str = TOTAL.code) -> Cell:
        if not (opens and value):
            return Cell(value, None)
        where = (report.organisation, report.period.year, report.grid.id, table.id, row, column)
        return Cell(value, reverse("report_cell", args=where))

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
            total=cell(totals[number], row.code),
            before=before.row_totals[number] if before else None,
        )
        for number, (row, values) in enumerate(zip(table.rows, table.cells, strict=True))
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
        largest=max(totals, default=0),
    )
