"""The report as a workbook: a sheet a table, numbers as numbers, nothing that computes."""

from io import BytesIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from maillage.observatory.render import layout, palette
from maillage.observatory.render.layout import Figure, Share, Shown, Value
from maillage.observatory.tables import Report

_FONT: dict[str, object] = {
    "font_name": "Source Sans 3",
    "font_size": 11,
    "font_color": palette.INK,
}
_FORMATS: dict[str, dict[str, object]] = {
    "plain": {},
    "title": {"bold": True, "font_size": 14, "font_color": palette.ACCENT},
    "cover": {"bold": True, "font_size": 22, "font_color": palette.ACCENT},
    "muted": {"font_color": palette.MUTED},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "bold": {"bold": True, "valign": "top", "text_wrap": True},
    "head": {"bold": True, "bottom": 2, "text_wrap": True, "valign": "bottom"},
    "head_number": {"bold": True, "bottom": 2, "text_wrap": True, "align": "right"},
    "count": {"num_format": "#,##0"},
    "tenths": {"num_format": "#,##0.0"},
    "hundredths": {"num_format": "#,##0.00"},
    "share": {"num_format": "0.0%"},
    "total_text": {"bold": True, "top": 1},
    "total_count": {"bold": True, "top": 1, "num_format": "#,##0"},
    "total_share": {"bold": True, "top": 1, "num_format": "0.0%"},
}
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def render_xlsx(report: Report) -> bytes:
    buffer = BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    book.set_properties(
        {
            "title": layout.title(report),
            "author": report.organisation_name,
            "subject": layout.subtitle(report),
        }
    )
    styles = {name: book.add_format({**_FONT, **more}) for name, more in _FORMATS.items()}
    _cover(book.add_worksheet("Rapport"), report, styles)
    for place, table in enumerate(report.tables, start=1):
        sheet = book.add_worksheet(_sheet_name(place, table.title))
        _table(sheet, layout.shown(report, table), styles)
    _definitions(book.add_worksheet("Définitions"), report, styles)
    book.close()
    return buffer.getvalue()


def _sheet_name(place: int, title: str) -> str:
    """Excel takes 31 signs, and not all of them."""
    title = title.replace("\u00a0:", "")
    short = title.replace("Personnes ", "").replace("selon ", "").replace("nouvellement ", "nouv. ")
    return f"{place:02} {short.translate(_FORBIDDEN)}"[:31].strip()


def _cover(sheet: Worksheet, report: Report, styles: dict[str, Format]) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, layout.title(report), styles["cover"])
    sheet.set_row(0, 32)
    line = 2
    for name, value in layout.provenance(report, whole=True):
        sheet.write_string(line, 0, name, styles["muted"])
        sheet.write_string(line, 1, value, styles["plain"])
        line += 1
    sheet.write_string(line, 1, layout.comparison(report), styles["muted"])
    if report.alerts:
        sheet.write_string(line + 2, 0, "À vérifier", styles["title"])
        for number, alert in enumerate(report.alerts, start=line + 3):
            sheet.write_string(number, 1, alert.text, styles["wrapped"])
    sheet.set_portrait()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _table(sheet: Worksheet, shown: Shown, styles: dict[str, Format]) -> None:
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, shown.table.title, styles["title"])
    sheet.write_string(1, 0, shown.base, styles["muted"])
    sheet.write_string(
        2, 0, f"Unité : {shown.table.unit}".replace(" :", "\u00a0:"), styles["muted"]
    )
    header, lines, total = layout.joined(shown.strips)
    for column, text in enumerate(header):
        sheet.write_string(4, column, text, styles["head_number" if column else "head"])
    for number, line in enumerate(lines, start=5):
        for column, value in enumerate(line):
            _write(sheet, number, column, value, styles, "")
    if total:
        for column, value in enumerate(total):
            _write(sheet, 5 + len(lines), column, value, styles, "total_")
    sheet.set_column(0, 0, max(24, *(len(str(line[0])) for line in lines)) + 2)
    sheet.set_column(1, len(header) - 1, 12)
    sheet.freeze_panes(5, 1)
    sheet.repeat_rows(4)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _write(
    sheet: Worksheet, row: int, column: int, value: Value, styles: dict[str, Format], kind: str
) -> None:
    """A share is a number too; where there is no base the cell stays empty."""
    if isinstance(value, Share):
        if value.whole:
            sheet.write_number(row, column, value.part / value.whole, styles[f"{kind}share"])
    elif isinstance(value, Figure):
        style = styles[("count", "tenths", "hundredths")[value.places]]
        sheet.write_number(row, column, value.value / 10**value.places, style)
    elif isinstance(value, int):
        sheet.write_number(row, column, value, styles[f"{kind}count"])
    elif value is not None:
        sheet.write_string(row, column, value, styles["total_text" if kind else "plain"])


def _definitions(sheet: Worksheet, report: Report, styles: dict[str, Format]) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, "Définitions", styles["title"])
    for number, table in enumerate(report.tables, start=2):
        sheet.write_string(number, 0, table.title, styles["bold"])
        sheet.write_string(number, 1, table.definition, styles["wrapped"])
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
