"""CSV as people really send it: UTF-8 with or without a mark, commas or semicolons."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from maillage.core.tables.errors import TableError

FORMULA_STARTS = frozenset("=+@-\t\r")


def is_formula(value: str) -> bool:
    """Whether a spreadsheet that opens this text might compute it."""
    return value[:1] in FORMULA_STARTS and not (value[0] == "-" and value[1:2].isdigit())


def csv_records(path: Path) -> Iterator[list[str]]:
    """Records in order, blank ones as empty lists, so that counting them gives the file's rows."""
    line = 0
    try:
        delimiter = _delimiter(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(_without_nul(file, path), delimiter=delimiter, strict=True)
            for record in reader:
                yield record
                line = reader.line_num
    except UnicodeDecodeError as error:
        raise _wrong_encoding(path) from error
    except csv.Error as error:
        raise TableError(
            f'«\u202f{path.name}\u202f», ligne {line + 1}\u00a0: un guillemet (") n’est pas '
            "refermé ou n’est pas doublé dans une cellule. Corrigez-le, ou enregistrez de nouveau "
            "le fichier depuis le tableur."
        ) from error


def _delimiter(path: Path) -> str:
    width = {}
    for delimiter in (";", ","):
        with path.open(encoding="utf-8-sig", newline="") as file:
            width[delimiter] = next(csv.reader(file, delimiter=delimiter), [])
    chosen = max(width, key=lambda each: len(width[each]))
    headers = width[chosen]
    if len(headers) == 1 and "\t" in headers[0]:
        raise TableError(
            f"«\u202f{path.name}\u202f»\u00a0: les colonnes sont séparées par des tabulations. "
            "Enregistrez le fichier avec des virgules ou des points-virgules."
        )
    return chosen


def _without_nul(lines: Iterable[str], path: Path) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise TableError(
                f"«\u202f{path.name}\u202f», ligne {number}\u00a0: ce n’est pas du texte (octet "
                "nul). Enregistrez le fichier au format «\u202fCSV UTF-8\u202f»."
            )
        yield line


def _wrong_encoding(path: Path) -> TableError:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = line[error.start]
                return TableError(
                    f"«\u202f{path.name}\u202f», ligne {number}, octet {error.start + 1} "
                    f"(0x{byte:02X})\u00a0: le texte n’est pas en UTF-8. Dans le tableur, "
                    "enregistrez au format «\u202fCSV UTF-8\u202f»."
                )
    return TableError(f"«\u202f{path.name}\u202f»\u00a0: le texte n’est pas en UTF-8.")
