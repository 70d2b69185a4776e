"""Tables that leave: typed cells, headers that stay in view, and no cell that can be computed."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import xlsxwriter

from maillage.core.calendar import short_date
from maillage.core.tables.csvfile import FORMULA_STARTS

_NEGATIVE_NUMBER = re.compile(r"-\d+(?:[.,]\d+)?")
_NOT_IN_TITLE = re.compile(r"[\[\]:*?/\\]")
_LONGEST_CELL = 32_767
_MOST_ROWS = 1_048_576
_EXACT = 10**15  # beyond, a spreadsheet drops digits: written as text
_SAMPLE = 200  # rows looked at to choose widths

Sheet = tuple[str, Sequence[str], Iterable[Sequence[Any]]]  # title, headers, rows


class Writable(Protocol):
    def write(self, data: bytes, /) -> Any: ...


def neutral(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet might compute it; « -5 » stays."""
    if text[:1] in FORMULA_STARTS and not _NEGATIVE_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def write_csv(buffer: Writable, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """UTF-8 with its mark and semicolons, as French spreadsheets open it by a double click."""
    buffer.write(b"\xef\xbb\xbf")
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    for row in chain([headers], rows):
        writer.writerow([_csv_text(value) for value in row])
        buffer.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()


def _csv_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case datetime():
            return f"{short_date(value)} {value:%H:%M}"
        case date():
            return short_date(value)
        case float() | Decimal():
            return str(value).replace(".", ",")
        case int():
            return str(value)
    return neutral(str(value))


def write_xlsx(target: str | Path | BinaryIO, sheets: Iterable[Sheet]) -> None:
    """Strings stay strings whatever they start with; times are local, without a time zone."""
    options = {
        "in_memory": True,  # no name of a person in a temporary file
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options) as book:
        formats = _Formats(book)
        for title, headers, rows in sheets:
            sheet = book.add_worksheet(_NOT_IN_TITLE.sub(" ", title).strip("'")[:31])
            _write_sheet(sheet, formats, headers, rows)


class _Formats:
    def __init__(self, book: xlsxwriter.Workbook):
        self.header = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.date = book.add_format({"num_format": "dd/mm/yyyy", "align": "left"})
        self.datetime = book.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left"})
        self.time = book.add_format({"num_format": "hh:mm", "align": "left"})
        self.duration = book.add_format({"num_format": "[h]:mm", "align": "left"})


def _write_sheet(
    sheet: Any, formats: _Formats, headers: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    widths = [len(header) + 3 for header in headers]  # the filter's arrow covers three letters
    for column, header in enumerate(headers):
        sheet.write_string(0, column, header, formats.header)
    number = 0
    for number, row in enumerate(rows, start=1):
        if len(row) != len(headers) or number >= _MOST_ROWS:
            raise ValueError(f"row {number} has {len(row)} cells for {len(headers)} headers")
        for column, value in enumerate(row):
            _write_cell(sheet, formats, number, column, value)
            if number <= _SAMPLE:
                widths[column] = max(widths[column], _width(value))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(max(width, 8), 60))
    sheet.freeze_panes(1, 0)
    if headers:
        sheet.autofilter(0, 0, number, len(headers) - 1)


def _width(value: Any) -> int:
    if isinstance(value, datetime):
        return 17
    if isinstance(value, date):
        return 11
    return max((len(line) + 1 for line in str(value or "").splitlines()), default=0)


def _write_cell(sheet: Any, formats: _Formats, row: int, column: int, value: Any) -> None:
    match value:
        case None | "":
            return
        case bool():
            sheet.write_boolean(row, column, value)
        case int() | float() | Decimal() if -_EXACT < value < _EXACT:
            sheet.write_number(row, column, value)
        case datetime() if value.tzinfo is not None:
            raise TypeError("a time with a time zone: make it local, then naive")
        case datetime():
            sheet.write_datetime(row, column, value, formats.datetime)
        case date():
            sheet.write_datetime(row, column, value, formats.date)
        case time():
            sheet.write_datetime(row, column, value, formats.time)
        case timedelta():
            sheet.write_datetime(row, column, value, formats.duration)
        case _:
            text = str(value)
            if len(text) > _LONGEST_CELL:
                raise ValueError(f"a cell of {len(text)} characters, at most {_LONGEST_CELL}")
            sheet.write_string(row, column, text)
