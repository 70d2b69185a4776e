"""A spreadsheet becomes headers and numbered rows, or a French sentence that says why not."""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from xml.parsers.expat import ExpatError

import python_calamine as calamine

from maillage.core.tables.archives import (
    Archive,
    Formula,
    check_ods,
    ods_formulas,
    scan_xlsx,
)
from maillage.core.tables.csvfile import FORMULA_STARTS, csv_records, is_formula
from maillage.core.tables.errors import (
    CellError,
    TableError,
    column_letters,
    damaged,
    formula_error,
    protected,
    too_many_rows,
)
from maillage.core.text import squash

Cell = str | int | float | bool | date | datetime | time | timedelta

_CONTENTS = {
    ".xlsx": "un classeur XLSX",
    ".ods": "un classeur ODS",
    ".csv": "du texte",
    ".xls": "un ancien classeur XLS",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class TableFile:
    """Each row has the file's own number (headers = 1) and one cell a header, empty ones as ""."""

    headers: list[str]
    rows: list[tuple[int, Sequence[Cell]]]
    errors: list[CellError] = field(default_factory=list)


def read_table(path: str | Path, *, max_rows: int = 200_000, sheet: str | None = None) -> TableFile:
    """The first visible sheet, or the one named; `TableError` when the file as a whole is refused.

    Blank rows are left out but counted. Cells that are refused one by one (formulas, values without
    a header) are in `errors`. XLS is refused: its reader dies of a damaged file, hides formulas.
    """
    path = Path(path)
    suffix = _checked_suffix(path)
    formulas: list[Formula] = []
    if suffix == ".csv":
        records: Iterable[Sequence[Cell]] = csv_records(path)
    else:
        records, formulas = _workbook(path, suffix, sheet, max_rows)
    return _table(path.name, iter(records), formulas, max_rows, suffix == ".csv")


def cell_text(value: Cell | None) -> str:
    """A cell as text, as the person sees it: 123.0 → « 123 », a date → « 2024-02-03 »."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, bool):
        return "vrai" if value else "faux"
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    return "" if value is None else str(value)


def _checked_suffix(path: Path) -> str:
    """The extension, which the content bears out."""
    name = f"«\u202f{path.name}\u202f»"
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError as error:
        raise TableError(f"{name} est introuvable. Vérifiez le chemin du fichier.") from error
    except IsADirectoryError as error:
        raise TableError(f"{name} est un dossier. Indiquez un fichier.") from error
    except PermissionError as error:
        raise TableError(f"{name} ne peut pas être lu\u00a0: accès refusé.") from error
    suffix = path.suffix.lower()
    if suffix not in _CONTENTS:
        problem = (
            f"\u00a0: l’extension «\u202f{path.suffix}\u202f» n’est pas acceptée"
            if suffix
            else " n’a pas d’extension"
        )
        raise TableError(f"{name}{problem}. Enregistrez-le en .xlsx, .ods ou .csv.")
    if not head.strip(b"\xef\xbb\xbf\r\n\t ;,"):
        raise TableError(f"{name} est vide. Sa première ligne doit porter les en-têtes.")
    content = _content(path, head)
    if content != _CONTENTS[suffix]:
        raise TableError(
            f"{name} porte l’extension {path.suffix}, mais contient {content}. "
            "Ouvrez-le dans le tableur et enregistrez-le en .xlsx, .ods ou .csv."
        )
    if suffix == ".xls":
        raise TableError(
            f"{name} est un ancien classeur (.xls). Enregistrez-le en .xlsx, .ods ou .csv."
        )
    return suffix


def _content(path: Path, head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return _zipped_content(path)
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise protected(path.name)
        return _CONTENTS[".xls"]
    if head.startswith(_UTF16_MARKS):
        raise TableError(
            f"«\u202f{path.name}\u202f» est en UTF-16. Dans le tableur, enregistrez au format "
            "«\u202fCSV UTF-8\u202f»."
        )
    if head.startswith(b"%PDF"):
        return "un PDF"
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return "une page web ou du XML"
    return "un format inconnu" if b"\0" in head else _CONTENTS[".csv"]


def _zipped_content(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise damaged(path.name) from error
    if "xl/workbook.xml" in names:
        return _CONTENTS[".xlsx"]
    if "content.xml" in names:
        return _CONTENTS[".ods"]
    return "un document Word" if "word/document.xml" in names else "une archive"


def _workbook(
    path: Path, suffix: str, wanted: str | None, max_rows: int
) -> tuple[Iterator[list[Cell]], list[Formula]]:
    try:
        with path.open("rb") as file:
            archive = Archive(file, path.name)
            if suffix == ".ods":
                check_ods(archive)  # its sheets are all read as soon as it is opened
            file.seek(0)
            book = calamine.CalamineWorkbook.from_filelike(file)
            title = _title(book, wanted, path.name)
            if suffix == ".ods":
                formulas = ods_formulas(archive, title)
            else:
                scan = scan_xlsx(archive, title, max_rows)
                formulas = scan.formulas
                if scan.filled_rows > max_rows + 1:
                    raise too_many_rows(path.name, max_rows)
            sheet = book.get_sheet_by_name(title)
    except calamine.PasswordError as error:
        raise protected(path.name) from error
    except (zipfile.BadZipFile, ExpatError, ValueError, calamine.CalamineError) as error:
        raise damaged(path.name) from error
    return _from_first_column(sheet), formulas


def _title(book: calamine.CalamineWorkbook, wanted: str | None, name: str) -> str:
    if wanted is not None:
        if wanted not in book.sheet_names:
            raise TableError(
                f"«\u202f{name}\u202f» n’a pas de feuille «\u202f{wanted}\u202f». "
                f"Ses feuilles\u00a0: {', '.join(book.sheet_names)}."
            )
        return wanted
    for sheet in book.sheets_metadata:
        if (
            sheet.visible == calamine.SheetVisibleEnum.Visible
            and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ):
            return sheet.name
    raise TableError(f"«\u202f{name}\u202f» n’a aucune feuille visible.")


def _from_first_column(sheet: calamine.CalamineSheet) -> Iterator[list[Cell]]:
    before: list[Cell] = [""] * (sheet.start[1] if sheet.start else 0)
    for cells in sheet.iter_rows():
        yield [*before, *cells] if before else cells


def _table(
    name: str,
    records: Iterator[Sequence[Cell]],
    formulas: list[Formula],
    max_rows: int,
    is_csv: bool,
) -> TableFile:
    titles = [cell_text(cell) for cell in next(records, [])]
    named = [index for index, title in enumerate(titles) if title]
    if not named:
        raise TableError(
            f"«\u202f{name}\u202f»\u00a0: la première ligne est vide. "
            "Elle doit porter les en-têtes."
        )
    _refuse_twins(name, titles)
    if is_csv:
        formulas.extend((1, i, title) for i, title in enumerate(titles) if is_formula(title))
    width = len(named)
    contiguous = named[-1] == width - 1
    rows: list[tuple[int, Sequence[Cell]]] = []
    stray: dict[int, tuple[int, Cell]] = {}
    for number, cells in enumerate(records, start=2):
        if _is_blank(cells):
            continue
        if len(rows) == max_rows:
            raise too_many_rows(name, max_rows)
        if is_csv:
            formulas.extend(
                (number, index, cell)
                for index, cell in enumerate(cells)
                if isinstance(cell, str) and cell[:1] in FORMULA_STARTS and is_formula(cell)
            )
        if len(cells) > width:
            _note_stray(stray, number, cells, titles)
        elif len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]
        rows.append((number, cells[:width] if contiguous else _pick(cells, named)))
    return TableFile([titles[i] for i in named], rows, _errors(titles, stray, formulas))


def _is_blank(cells: Sequence[Cell]) -> bool:
    return all(cell == "" or (isinstance(cell, str) and cell.isspace()) for cell in cells)


def _pick(cells: Sequence[Cell], named: list[int]) -> list[Cell]:
    return [cells[index] if index < len(cells) else "" for index in named]


def _note_stray(
    stray: dict[int, tuple[int, Cell]], number: int, cells: Sequence[Cell], titles: list[str]
) -> None:
    for index, cell in enumerate(cells):
        if (index >= len(titles) or not titles[index]) and index not in stray and cell_text(cell):
            stray[index] = (number, cell)


def _errors(
    titles: list[str], stray: dict[int, tuple[int, Cell]], formulas: list[Formula]
) -> list[CellError]:
    errors = [
        CellError(
            row,
            column_letters(index),
            cell_text(value),
            f"un en-tête en cellule {column_letters(index)}1, ou une colonne vide",
            "est dans une colonne sans en-tête",
        )
        for index, (row, value) in sorted(stray.items())
    ]
    for row, index, text in sorted(formulas):
        header = titles[index] if row > 1 and index < len(titles) else ""
        errors.append(formula_error(row, index, header, text))
    return sorted(errors, key=lambda error: error.row)


def _refuse_twins(name: str, titles: list[str]) -> None:
    seen: dict[str, int] = {}
    for index, title in enumerate(titles):
        first = seen.setdefault(squash(title) or title, index) if title else index
        if first != index:
            raise TableError(
                f"«\u202f{name}\u202f»\u00a0: l’en-tête «\u202f{title}\u202f» est en double, "
                f"colonnes {column_letters(first)} et {column_letters(index)}. "
                "Renommez ou supprimez l’une des deux."
            )
