"""What is wrong with a file, told so that the person who sent it can put it right."""

from dataclasses import dataclass

_LONGEST_SHOWN = 60


class TableError(Exception):
    """The whole file cannot be read; the message is a French sentence for the user."""


@dataclass(frozen=True, slots=True)
class CellError:
    """One refused cell; `row` is the file's own number, the headers being row 1."""

    row: int
    column: str
    value: str
    expected: str
    problem: str = ""

    def __str__(self) -> str:
        shown = self.value[:_LONGEST_SHOWN] + "…" * (len(self.value) > _LONGEST_SHOWN)
        if shown:
            told = f"«\u202f{shown}\u202f» {self.problem or 'n’est pas accepté'}"
        else:
            told = self.problem or "la cellule est vide"
        return (
            f"ligne {self.row}, colonne {self.column}\u00a0: {told}\u202f; "
            f"attendu\u00a0: {self.expected}"
        )


def column_letters(index: int) -> str:
    """The spreadsheet's own name of a column: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def formula_error(row: int, index: int, header: str, formula: str) -> CellError:
    cell = f"{column_letters(index)}{row}"
    return CellError(
        row,
        header or column_letters(index),
        formula,
        f"une valeur (la cellule {cell} contient une formule, collez la valeur)",
        "est une formule",
    )


def damaged(name: str) -> TableError:
    return TableError(
        f"«\u202f{name}\u202f» est endommagé. Ouvrez-le dans le tableur, enregistrez-le "
        "de nouveau, puis recommencez."
    )


def protected(name: str) -> TableError:
    return TableError(f"«\u202f{name}\u202f» est protégé par un mot de passe. Enregistrez-le sans.")


def too_many_rows(name: str, most: int) -> TableError:
    return TableError(
        f"«\u202f{name}\u202f» a plus de {most:,} lignes. ".replace(",", "\u202f")
        + "Découpez-le en plusieurs fichiers."
    )
