"""The national lines: dated data, each dialled from the territory it is published for (R229)."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

from maillage.core.calendar import hour
from maillage.network.entries import published_phone

LINES = Path(__file__).parent / "data" / "helplines.toml"
VERIFIED_FOR = timedelta(days=90)
HOME = "FR"


class LineError(Exception):
    """A line of the file that nobody could call, or of which too little is told."""


@dataclass(frozen=True, kw_only=True)
class Line:
    code: str
    uid: str
    name: str
    says: str
    audience: str
    source: str
    valid_from: date
    valid_until: date | None = None
    verified_on: date | None = None
    number: str = ""
    shown: str = ""
    by: str = "phone"
    address: str = ""
    territory: str = HOME
    near: tuple[str, ...] = ()
    always: bool = False
    opens: time | None = None
    closes: time | None = None
    hours: str = ""
    cost: str = ""
    confidentiality: str = ""
    is_emergency: bool = False

    @property
    def label(self) -> str:
        return self.shown or self.number or self.name

    @property
    def href(self) -> str:
        return self.address or f"{'sms' if self.by == 'sms' else 'tel'}:{self.number}"

    @property
    def when(self) -> str:
        if self.always:
            return "jour et nuit, tous les jours"
        if self.opens and self.closes:
            return f"tous les jours, {hour(self.opens)}–{hour(self.closes)}"
        return self.hours

    def is_open(self, at: datetime) -> bool | None:
        """Whether somebody answers; `None` where the hours are told in words alone."""
        if self.always:
            return True
        if self.opens and self.closes:
            return self.opens <= at.time() < self.closes
        return None

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day <= (self.valid_until or date.max)

    def is_overdue(self, today: date) -> bool:
        """Nobody looked for more than ninety days, or ever; said in public."""
        return self.verified_on is None or today - self.verified_on > VERIFIED_FOR

    def reaches(self, department: str | None) -> bool:
        """A line of another country is shown to its neighbours alone."""
        return self.territory == HOME or department in self.near


def read(path: Path) -> tuple[Line, ...]:
    """Every line of the file, or a `LineError` that names the faulty one."""
    with path.open("rb") as file:
        lines = tuple(_line(row) for row in tomllib.load(file)["line"])
    if len({line.uid for line in lines}) != len(lines):
        raise LineError(f"{path.name}\u00a0: deux lignes ont la même adresse")
    return lines


def _line(row: dict) -> Line:
    given = row | {key: time.fromisoformat(row[key]) for key in ("opens", "closes") if key in row}
    try:
        line = Line(**(given | {"near": tuple(row.get("near", ()))}))
        if line.number:
            published_phone(line.number, line.territory)
    except (TypeError, ValueError) as error:
        raise LineError(f"«\u202f{row.get('code')}\u202f»\u00a0: {error}") from error
    if bool(line.number) == bool(line.address):
        raise LineError(f"«\u202f{line.code}\u202f»\u00a0: un numéro ou une adresse, l’un des deux")
    if not line.when:
        raise LineError(f"«\u202f{line.code}\u202f»\u00a0: les horaires ne sont pas dits")
    return line


@lru_cache(maxsize=1)
def _known() -> tuple[Line, ...]:
    return read(LINES)


def lines_on(day: date) -> dict[str, Line]:
    """The lines in force, by code, in the order of the file."""
    return {line.code: line for line in _known() if line.is_valid_on(day)}
