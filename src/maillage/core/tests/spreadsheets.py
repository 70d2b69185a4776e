"""Small workbooks written by hand, as programs other than ours would write them."""

import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from maillage.core.tables import TableError, read_table

_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/>'
    "{more}</manifest:manifest>"
)


def ods_cell(value: Any, attributes: str = "") -> str:
    match value:
        case None | "":
            return f"<table:table-cell{attributes}/>"
        case date():
            day = value.isoformat()
            if isinstance(value, datetime):
                day = value.strftime("%Y-%m-%dT%H:%M:%S")
            typed = f'office:value-type="date" office:date-value="{day}"'
        case int() | float():
            typed = f'office:value-type="float" office:value="{value}"'
        case _:
            typed = 'office:value-type="string"'
    return (
        f"<table:table-cell {typed}{attributes}>"
        f"<text:p>{escape(str(value))}</text:p></table:table-cell>"
    )


def ods_row(cells: Iterable[Any], attributes: str = "") -> str:
    """A row as LibreOffice ends it: the cells to the right of the last one are told as repeated."""
    blank_end = '<table:table-cell table:number-columns-repeated="16300"/>'
    content = "".join(ods_cell(cell) for cell in cells)
    return f"<table:table-row{attributes}>{content}{blank_end}</table:table-row>"


def write_ods(path: Path, sheets: dict[str, Sequence[str]], manifest: str = "") -> Path:
    """Sheets by name, each a list of rows in XML, ended as LibreOffice ends them."""
    blank_end = ods_row([], ' table:number-rows-repeated="1048000"')
    content = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(rows)}{blank_end}</table:table>"
        for name, rows in sheets.items()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS, zipfile.ZIP_STORED)
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{_NAMES}>'
            f"<office:body><office:spreadsheet>{content}</office:spreadsheet></office:body>"
            "</office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", _MANIFEST.replace("{more}", manifest))
    return path


def rewrite(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """The same archive with each member passed through `change(name, content)`."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, change(name, content))
    return path


HEADERS = ["dossier", "nom"]


def refusal(path, **options):
    with pytest.raises(TableError) as raised:
        read_table(path, **options)
    return str(raised.value)
