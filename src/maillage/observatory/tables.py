"""A table and a report: frozen, closed, and the same for every way of showing them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from maillage.observatory.grids import Grid


class TotalDoesNotClose(Exception):
    """The cells of a table do not add up to its base: an error, never a footnote (I5–I9)."""


@dataclass(frozen=True, slots=True)
class Category:
    code: str
    label: str


TOTAL = Category("total", "Total")


@dataclass(frozen=True, slots=True)
class Period:
    start: date
    end: date

    @classmethod
    def of_year(cls, year: int) -> "Period":
        return cls(date(year, 1, 1), date(year, 12, 31))

    @property
    def year(self) -> int:
        return self.start.year


@dataclass(frozen=True)
class Table:
    """`base_label` names the base with its count; `sensitive` marks what is protected first.

    `base_total` is counted apart from the cells; where there is none, the rows are not to be added.
    A table of measures has one measure a row, in units of a power of ten (`decimals`); `rate_of` is
    the column whose share of its row is printed; `is_opened` says that a cell leads to files.
    """

    id: str
    title: str
    unit: str
    base: str | None
    base_label: str
    base_total: int | None
    rows: tuple[Category, ...]
    columns: tuple[Category, ...]
    cells: tuple[tuple[int, ...], ...]
    definition: str
    sensitive: bool = False
    section: str | None = None
    decimals: tuple[int, ...] | None = None
    rate_of: str | None = None
    is_opened: bool = True

    def __post_init__(self) -> None:
        if len(self.cells) != len(self.rows) or any(
            len(line) != len(self.columns) for line in self.cells
        ):
            raise TotalDoesNotClose(f"{self.id} : il manque des cases")
        if self.base_total is not None and sum(self.row_totals) != self.base_total:
            raise TotalDoesNotClose(
                f"{self.id} : les cases font {sum(self.row_totals)}, la base {self.base_total}"
            )

    @property
    def row_totals(self) -> tuple[int, ...]:
        return tuple(map(sum, self.cells))

    @property
    def column_totals(self) -> tuple[int, ...] | None:
        if self.base_total is None:
            return None
        return tuple(sum(column) for column in zip(*self.cells, strict=True))

    @property
    def total(self) -> int | None:
        return self.base_total

    @property
    def is_one_way(self) -> bool:
        return self.columns == (TOTAL,)

    def measure(self, code: str) -> tuple[int, int] | None:
        """Value and decimals of a measure; none where it could not be taken."""
        codes = [row.code for row in self.rows]
        if self.decimals is None or code not in codes:
            return None
        return self.cells[codes.index(code)][0], self.decimals[codes.index(code)]

    def part_of_row(self, line: int) -> int:
        """Of which the share of a row's total is printed, where one is."""
        place = [column.code for column in self.columns].index(self.rate_of or "")
        return self.cells[line][place]

    def value(self, row: str, column: str = "total") -> int:
        """One cell by its codes; `total` as a column is the row's total."""
        line = [category.code for category in self.rows].index(row)
        if column == "total":
            return self.row_totals[line]
        return self.cells[line][[category.code for category in self.columns].index(column)]

    def _numbers(self, place: int, line: tuple[int, ...]) -> list[int | float]:
        places = self.decimals[place] if self.decimals else 0
        return [value / 10**places if places else value for value in line]

    def to_contract(self) -> dict:
        """The keys of the published format, in its order."""
        totals = self.column_totals
        return {
            "id": self.id,
            "title": self.title,
            "unit": self.unit,
            "base": self.base,
            "rows": [{"code": row.code, "label": row.label} for row in self.rows],
            "columns": [{"code": column.code, "label": column.label} for column in self.columns],
            "cells": [self._numbers(place, line) for place, line in enumerate(self.cells)],
            "row_totals": [
                total
                for place, line in enumerate(self.cells)
                for total in self._numbers(place, (sum(line),))
            ],
            "column_totals": None if totals is None else list(totals),
            "total": self.total,
        }


@dataclass(frozen=True, slots=True)
class Alert:
    """A doubt about the data or a case to look at, in a sentence with its n/N."""

    code: str
    text: str


@dataclass(frozen=True)
class Report:
    """`previous` holds the year before by table, or None where its base is unknown (I3)."""

    organisation: str
    organisation_name: str
    period: Period
    grid: Grid
    tables: tuple[Table, ...]
    previous: Mapping[str, Table] | None
    alerts: tuple[Alert, ...]
    snapshot_sha256: str
    computed_on: date
    kind: str = field(default="branch", init=False)

    def table(self, table_id: str) -> Table:
        return next(table for table in self.tables if table.id == table_id)

    def before(self, table: Table) -> Table | None:
        """The same table a year before, where its lines are the same or are told by their code."""
        found = None if self.previous is None else self.previous.get(table.id)
        if found is None or (found.rows != table.rows and table.decimals is None):
            return None
        return found

    def to_contract(self) -> dict:
        return {
            "report": self.kind,
            "organisation": self.organisation,
            "period": {
                "start": self.period.start.isoformat(),
                "end": self.period.end.isoformat(),
            },
            "tables": [table.to_contract() for table in self.tables],
        }
