"""Reads a follow-up spreadsheet whole, and tells every error of it at once; stores nothing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from maillage.core.calendar import full_years, short_date
from maillage.core.tables import Cell, CellError, TableFile, read_table
from maillage.core.text import squash
from maillage.programme.episodes.followups.columns import (
    BLANKS,
    REQUIRED,
    Read,
    Refused,
    Sites,
    readers,
    shown,
)

OLDEST_AGE = 110

RowError = CellError
MOST_ROWS = 100_000  # ten years of the largest centre of the country, tenfold
Interval = tuple[date, date | None]


@dataclass(slots=True)
class Row:
    """One episode; texts and codes that are not given are "", dates and answers None."""

    number: int
    dossier: str
    episode: int
    nom: str
    prenom: str
    sexe: str
    date_naissance: date | None
    commune: str
    situation_conjugale: str
    situation_professionnelle: str
    ressources: str
    prescripteur: str
    cadre: str
    obligation_soins: bool | None
    date_orientation: date
    date_entree: date | None
    lieu: str
    module: str
    date_sortie: date | None
    motif_sortie: str


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The rows are to be stored only when there is no error; unknown columns were left out."""

    rows: list[Row]
    errors: list[RowError]
    unknown_columns: list[str]


def parse(path: str | Path, *, sites: Sites, today: date) -> ParsedFile:
    """Raises `TableError` when the file as a whole cannot be read.

    `sites` gives the slug of a site by its spelling. The birth date that one row of a dossier gives
    is that of all its rows.
    """
    table = read_table(path, max_rows=MOST_ROWS)
    reading = _Reading(table, readers(sites, today))
    for number, cells in table.rows:
        reading.add(number, cells)
    reading.check_persons()
    return reading.result()


def overlaps(intervals: Sequence[Interval]) -> list[tuple[int, int]]:
    """For each interval that starts before an earlier one has ended: the positions of both.

    An entry on the very day of the previous exit is allowed; without an exit, an interval overlaps
    all that starts later.
    """
    in_time = sorted(
        range(len(intervals)), key=lambda i: (intervals[i][0], intervals[i][1] or date.max)
    )
    found = []
    last = None
    for position in in_time:
        entry, exit_ = intervals[position]
        if last is not None and (intervals[last][1] or date.max) > entry:
            found.append((last, position))
        if last is None or (exit_ or date.max) > (intervals[last][1] or date.max):
            last = position
    return found


class _Reading:
    """What was read so far: values by row, those that were refused left out."""

    def __init__(self, table: TableFile, reads: dict[str, Read]):
        canonical = {squash(name): name for name in reads}
        self.columns: list[tuple[int, str, Read, dict | None]] = []
        self.unknown: list[str] = []
        self.errors: list[RowError] = []
        self.order = {name: position for position, name in enumerate(reads)}
        for index, header in enumerate(table.headers):
            name = canonical.get(squash(header))
            if name is None:
                self.unknown.append(header)
            else:
                cache: dict | None = None if name in ("dossier", "nom", "prenom") else {}
                self.columns.append((index, name, reads[name], cache))
        present = {name for _, name, _, _ in self.columns}
        self.errors += [
            RowError(1, name, "", "cette colonne obligatoire", "la colonne manque")
            for name in REQUIRED
            if name not in present
        ]
        self.missing = {name: BLANKS[name] for name in reads if name not in present}
        self.refused_cells: set[tuple[int, str]] = set()
        self._take_table_errors(table, canonical)
        self.values: dict[int, dict[str, Any]] = {}
        self.seen: dict[tuple[str, int], int] = {}
        self.by_person: dict[str, list[int]] = defaultdict(list)

    def _take_table_errors(self, table: TableFile, canonical: dict[str, str]) -> None:
        for error in table.errors:
            if error.column in self.unknown:
                continue
            name = canonical.get(squash(error.column), error.column)
            self.refused_cells.add((error.row, name))
            self.errors.append(
                RowError(error.row, name, error.value, error.expected, error.problem)
            )

    def add(self, number: int, cells: Sequence[Cell]) -> None:
        values: dict[str, Any] = {
            name: value for name, value in self.missing.items() if name not in REQUIRED
        }
        for index, name, read, cache in self.columns:
            cell = cells[index]
            if cell == "" or (isinstance(cell, str) and cell.isspace()):
                value = BLANKS[name]
            elif cache is None:
                value = read(cell)
            else:
                key = (cell.__class__, cell)
                value = cache.get(key)
                if value is None:
                    value = cache[key] = read(cell)
            if self.refused_cells and (number, name) in self.refused_cells:
                continue
            if value.__class__ is Refused:
                self._refuse(number, name, cell, value.expected, value.problem)
            else:
                values[name] = value
        self.values[number] = values
        if "dossier" in values:
            self.by_person[values["dossier"]].append(number)
            self._check_unique(number, values)
        self._check_dates(number, values)
        self._check_needs(number, values)

    def _refuse(self, number: int, name: str, value: Any, expected: str, problem: str = "") -> None:
        self.errors.append(RowError(number, name, shown(value), expected, problem))

    def _check_unique(self, number: int, values: dict[str, Any]) -> None:
        if "episode" not in values:
            return
        key = (values["dossier"], values["episode"])
        first = self.seen.setdefault(key, number)
        if first != number:
            self._refuse(
                number,
                "episode",
                values["episode"],
                f"un numéro que le dossier {key[0]} n’a pas déjà en ligne {first}",
                "est en double",
            )

    def _check_dates(self, number: int, values: dict[str, Any]) -> None:
        referred, entered = values.get("date_orientation"), values.get("date_entree")
        left = values.get("date_sortie")
        for name, day, earliest, limit in (
            ("date_entree", entered, referred, "date_orientation"),
            ("date_sortie", left, entered, "date_entree"),
        ):
            if day and earliest and day < earliest:
                self._refuse(
                    number,
                    name,
                    day,
                    f"au plus tôt {limit}, le {short_date(earliest)}",
                    f"est avant {limit}",
                )
        if left and "date_entree" in values and not entered:
            self._refuse(
                number, "date_sortie", left, "une date_entree, ou rien", "est sans date_entree"
            )

    def _check_needs(self, number: int, values: dict[str, Any]) -> None:
        if values.get("date_entree") and values.get("lieu") == "":
            self._refuse(number, "lieu", "", "le site, puisque date_entree est remplie")
        if "date_sortie" not in values:
            return
        reason = values.get("motif_sortie")
        if values["date_sortie"] and reason == "":
            self._refuse(number, "motif_sortie", "", "le motif, puisque date_sortie est remplie")
        elif reason and not values["date_sortie"]:
            self._refuse(
                number, "motif_sortie", reason, "rien, ou une date_sortie", "est sans date_sortie"
            )

    def check_persons(self) -> None:
        """Rows of one dossier are one person's: one sex, one birth date, one episode at a time."""
        for numbers in self.by_person.values():
            if len(numbers) > 1:
                for name in ("sexe", "date_naissance"):
                    self._check_agreement(name, numbers)
                self._share_birth_date(numbers)
                self._check_overlaps(numbers)
        for number, values in self.values.items():
            self._check_age(number, values)

    def _check_agreement(self, name: str, numbers: Iterable[int]) -> None:
        first = None
        for number in numbers:
            value = self.values[number].get(name)
            if value is None:
                continue
            if first is None:
                first = (number, value)
            elif value != first[1]:
                self._refuse(
                    number,
                    name,
                    value,
                    f"«\u202f{shown(first[1])}\u202f», comme en ligne {first[0]} du même dossier",
                    f"contredit la ligne {first[0]}",
                )

    def _share_birth_date(self, numbers: Sequence[int]) -> None:
        known = next((d for n in numbers if (d := self.values[n].get("date_naissance"))), None)
        if known:
            for number in numbers:
                if self.values[number].get("date_naissance", known) is None:
                    self.values[number]["date_naissance"] = known

    def _check_overlaps(self, numbers: Iterable[int]) -> None:
        stays = []
        for number in numbers:
            entered = self.values[number].get("date_entree")
            if entered and "date_sortie" in self.values[number]:
                left = self.values[number]["date_sortie"]
                if left is None or left >= entered:
                    stays.append((number, (entered, left)))
        for earlier, later in overlaps([interval for _, interval in stays]):
            (other, (_, left)), (number, (entered, _)) = stays[earlier], stays[later]
            self._refuse(
                number,
                "date_entree",
                entered,
                f"au plus tôt le {short_date(left)}, sortie de la ligne {other} du même dossier"
                if left
                else f"une date_sortie en ligne {other} du même dossier, encore ouverte",
                f"chevauche l’épisode de la ligne {other}",
            )

    def _check_age(self, number: int, values: dict[str, Any]) -> None:
        born, referred = values.get("date_naissance"), values.get("date_orientation")
        if not born or not referred:
            return
        if born > referred:
            self._refuse(
                number,
                "date_naissance",
                born,
                f"au plus tard date_orientation, le {short_date(referred)}",
                "est après date_orientation",
            )
        elif full_years(born, max(referred, values.get("date_entree") or referred)) > OLDEST_AGE:
            self._refuse(
                number,
                "date_naissance",
                born,
                f"un âge d’au plus {OLDEST_AGE}\u00a0ans",
                f"donne plus de {OLDEST_AGE}\u00a0ans",
            )

    def result(self) -> ParsedFile:
        width = len(self.order)
        rows = [
            Row(number, **values) for number, values in self.values.items() if len(values) == width
        ]
        errors = sorted(self.errors, key=lambda e: (e.row, self.order.get(e.column, width)))
        return ParsedFile(rows, errors, self.unknown)
