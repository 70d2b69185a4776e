"""One line of an invented caseload: the columns of the follow-up spreadsheet, and a few more."""

from dataclasses import dataclass, replace
from datetime import date

CONTRACT_COLUMNS = (
    "dossier",
    "episode",
    "nom",
    "prenom",
    "sexe",
    "date_naissance",
    "commune",
    "situation_conjugale",
    "situation_professionnelle",
    "ressources",
    "prescripteur",
    "cadre",
    "obligation_soins",
    "date_orientation",
    "date_entree",
    "lieu",
    "module",
    "date_sortie",
    "motif_sortie",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRow:
    """A referral and the follow-up it led to, if it did; `lieu` of one who waits is the site asked.

    `closed_on` and `return_reason` stand together, on a referral that ended without entry.
    """

    dossier: str = ""
    episode: int = 1
    nom: str
    prenom: str
    sexe: str
    date_naissance: date | None
    commune: str
    situation_conjugale: str | None = None
    situation_professionnelle: str | None = None
    ressources: str | None = None
    prescripteur: str
    cadre: str
    obligation_soins: bool | None = None
    date_orientation: date
    date_entree: date | None = None
    lieu: str
    module: str | None = None
    date_sortie: date | None = None
    motif_sortie: str | None = None
    referrer: str | None = None
    motivation: str = "non_precise"
    closed_on: date | None = None
    return_reason: str | None = None

    @property
    def entry(self) -> date:
        return known(self.date_entree)

    @property
    def exit(self) -> date:
        return known(self.date_sortie)

    @property
    def is_open(self) -> bool:
        return self.date_entree is not None and self.date_sortie is None

    @property
    def is_waiting(self) -> bool:
        return self.date_entree is None and self.closed_on is None

    def left(self, day: date, reason: str) -> "DemoRow":
        return replace(self, date_sortie=day, motif_sortie=reason)

    def closed(self, day: date, reason: str) -> "DemoRow":
        return replace(self, closed_on=day, return_reason=reason)

    def contract_row(self) -> dict:
        """The columns of the spreadsheet alone, codes as they are written there."""
        row = {column: getattr(self, column) for column in CONTRACT_COLUMNS}
        row["obligation_soins"] = {True: "oui", False: "non", None: None}[self.obligation_soins]
        return row


FIRST_TODAY = date(2025, 6, 1)


def check_today(today: date) -> None:
    if today < FIRST_TODAY:
        raise ValueError(f"the invented people are looked at from {FIRST_TODAY} on, not on {today}")


def known(day: date | None) -> date:
    """A day that must be there: the drawing of who has none went wrong."""
    if day is None:
        raise ValueError("no entry, exit or birth on this row")
    return day


File = list[DemoRow]
"""The episodes of one person in one organisation, in order of time."""


def seen(files: list[File], today: date) -> list[File]:
    """What was drawn ahead, cut to what is known today."""

    def cut(row: DemoRow) -> DemoRow:
        if row.date_sortie is not None and row.date_sortie > today:
            row = replace(row, date_sortie=None, motif_sortie=None)
        if row.date_entree is not None and row.date_entree > today:
            row = replace(row, date_entree=None)
        if row.closed_on is not None and row.closed_on > today:
            row = replace(row, closed_on=None, return_reason=None)
        return row

    known_rows = ([cut(row) for row in file if row.date_orientation <= today] for file in files)
    return [file for file in known_rows if file]


def numbered(files: list[File], prefix: str) -> list[DemoRow]:
    """All rows, with a reference by year and order of the first referral (« VV-2024-0123 »)."""
    rows = []
    numbers: dict[int, int] = {}
    for file in sorted(files, key=lambda file: file[0].date_orientation):
        year = file[0].date_orientation.year
        numbers[year] = numbers.get(year, 0) + 1
        dossier = f"{prefix}-{year}-{numbers[year]:04}"
        rows += [replace(row, dossier=dossier, episode=n) for n, row in enumerate(file, start=1)]
    return rows
