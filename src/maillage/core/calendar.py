"""Days, months and ages as the law and the counting rules count them, and as French writes them."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from types import MappingProxyType

from maillage.core.text import fold, squash

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
    *("septembre", "octobre", "novembre", "décembre"),
)

# Departments whose holidays are filed under another code; the others follow the national list.
_SUBDIVISION_OF = {"67": "6AE", "68": "6AE"}
_DEPARTMENTS = frozenset(
    [f"{n:02}" for n in range(1, 96) if n != 20]
    + ["2A", "2B", "971", "972", "973", "974", "975", "976", "977", "978"]
)


def add_months(day: date, n: int) -> date:
    """The same day n months later (earlier if n < 0), or that month's last day if there is none."""
    years, month = divmod(day.month - 1 + n, 12)
    year = day.year + years
    if not date.min.year <= year <= date.max.year:
        raise ValueError(f"{n} months from {day} is out of the calendar")
    return day.replace(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_between(start: date, end: date) -> int:
    """The greatest n for which `add_months(start, n)` is not after `end`; negative before start."""
    n = (end.year - start.year) * 12 + end.month - start.month
    return n if add_months(start, n) <= end else n - 1


def full_years(birth: date, on: date) -> int:
    """Age in full years; who was born on 29 February gains a year on 1 March of a common year."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """The days from start to end, both included."""

    start: date
    end: date

    def __post_init__(self):
        if self.end < self.start:
            raise ValueError(f"a period cannot end ({self.end}) before it starts ({self.start})")

    @classmethod
    def year(cls, year: int) -> "Period":
        return cls(date(year, 1, 1), date(year, 12, 31))

    def contains(self, day: date) -> bool:
        return self.start <= day <= self.end

    def overlaps(self, other: "Period") -> bool:
        return self.start <= other.end and other.start <= self.end


@lru_cache(maxsize=256)
def public_holidays(year: int, subdivision: str | None = None) -> Mapping[date, str]:
    """Public holidays by day, named in French; the subdivision is a department (57, 68, 974)."""
    import holidays  # 0.4 s, which no command that needs no calendar should pay

    if subdivision is not None and subdivision not in _DEPARTMENTS:
        raise ValueError(f"{subdivision!r} is not the number of a French department")
    code = _SUBDIVISION_OF.get(subdivision or "", subdivision)
    known = code if code in holidays.France.subdivisions else None
    found = holidays.France(years=year, subdiv=known, language="fr")
    return MappingProxyType({day: found[day] for day in sorted(found)})


def is_public_holiday(day: date, subdivision: str | None = None) -> bool:
    return day in public_holidays(day.year, subdivision)


def is_working_day(day: date, subdivision: str | None = None) -> bool:
    """Monday to Friday, public holidays apart (jours ouvrés)."""
    return day.weekday() < 5 and not is_public_holiday(day, subdivision)


def add_working_days(day: date, n: int, subdivision: str | None = None) -> date:
    """The nth working day after `day` (before, if n < 0); 0 is `day` itself, worked or not."""
    step = timedelta(days=1 if n > 0 else -1)
    left = abs(n)
    while left:
        day += step
        left -= is_working_day(day, subdivision)
    return day


def long_date(day: date) -> str:
    """« mardi 3 février 2026 », « dimanche 1er mars 2026 »."""
    number = "1er" if day.day == 1 else day.day
    return f"{WEEKDAYS[day.weekday()]} {number} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """« 03/02/2026 »."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def hour(at: time) -> str:
    """« 18 h 15 », « 9 h », with no-break spaces."""
    return f"{at.hour}\u00a0h\u00a0{at.minute:02}" if at.minute else f"{at.hour}\u00a0h"


def age_of_thing(day: date, today: date) -> str:
    """How long ago (« il y a 5 mois ») or how far ahead (« dans 3 jours »), in one rounded unit."""
    days = (today - day).days
    near = {-1: "demain", 0: "aujourd’hui", 1: "hier"}.get(days)
    if near:
        return near
    months = abs(months_between(day, today) if days > 0 else months_between(today, day))
    if months >= 24:
        number, unit = months // 12, "ans"
    elif months >= 2:
        number, unit = months, "mois"
    elif abs(days) >= 14:
        number, unit = abs(days) // 7, "semaines"
    else:
        number, unit = abs(days), "jours"
    return f"{'il y a' if days > 0 else 'dans'} {number}\u00a0{unit}"


_RELATIVE = {"avanthier": -2, "hier": -1, "aujourdhui": 0, "demain": 1, "apresdemain": 2}
_WEEKDAYS = {name: rank for rank, name in enumerate(WEEKDAYS)}
_MONTHS = {fold(name): rank for rank, name in enumerate(MONTHS, start=1)} | {
    short: rank
    for rank, names in enumerate(
        ("janv jan", "fevr fev", "mar", "avr", "", "", "juil", "", "sept sep", "oct", "nov", "dec"),
        start=1,
    )
    for short in names.split()
}
_ISO = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})", re.A)
_NUMBERS = re.compile(
    r"(?P<d>\d{1,2})\s*[/.\-\s]\s*(?P<m>\d{1,2})(?:\s*[/.\-\s]\s*(?P<y>\d+))?", re.A
)
_DIGITS = re.compile(r"(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d{4}|\d\d)", re.A)
_WORDS = re.compile(r"(?P<d>\d{1,2})(?:\s*er)?\s*(?P<m>[a-z]+)\.?(?:\s*(?P<y>\d+))?", re.A)
_WEEKDAY = re.compile(rf"(?P<day>{'|'.join(WEEKDAYS)})(?:\s+(?P<which>prochain|dernier|en huit))?")
_NAMED_DAY = re.compile(rf"(?:le\s+)?(?:(?P<day>{'|'.join(WEEKDAYS)})\s+)?(?:le\s+)?(?P<rest>.+)")
_DISTANCE = re.compile(
    r"(?P<way>dans|il y a)\s+(?P<n>\d{1,3}|une?)\s*(?P<unit>jour|semaine|mois|an|annee)s?", re.A
)
_OLDEST_YEAR = 1900
_YEARS_AHEAD = 50


def parse_french_date(text: str, today: date) -> date | None:
    """The day meant, None for a blank text; `ValueError` carries a French sentence for the user.

    A two-digit year more than five years ahead of today belongs to the past century; a missing
    year is the one that brings the day nearest to today; « lundi », like « lundi prochain », is the
    first Monday after today.
    """
    typed = " ".join(fold(text).split())
    if not typed:
        return None
    return _spoken(typed, text.strip(), today) or _written(typed, text.strip(), today)


def _not_understood(text: str) -> str:
    return (
        f"«\u202f{text}\u202f» n’est pas une date comprise. Écrivez-la par exemple "
        "03/02/2026, «\u202f3 février 2026\u202f» ou «\u202fdemain\u202f»."
    )


def _spoken(typed: str, text: str, today: date) -> date | None:
    if squash(typed) in _RELATIVE:
        return today + timedelta(days=_RELATIVE[squash(typed)])
    if match := _WEEKDAY.fullmatch(typed):
        return _on_weekday(today, _WEEKDAYS[match["day"]], match["which"])
    if match := _DISTANCE.fullmatch(typed):
        number = 1 if match["n"].startswith("un") else int(match["n"])
        number = number if match["way"] == "dans" else -number
        found = _after(today, number, match["unit"])
        _check_year(text, found.year, today)
        return found
    return None


def _after(day: date, n: int, unit: str) -> date:
    if unit in ("jour", "semaine"):
        return day + timedelta(days=n * (7 if unit == "semaine" else 1))
    return add_months(day, n if unit == "mois" else n * 12)


def _on_weekday(today: date, weekday: int, which: str | None) -> date:
    if which == "dernier":
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    ahead = (weekday - today.weekday() - 1) % 7 + 1
    return today + timedelta(days=ahead + (7 if which == "en huit" else 0))


def _written(typed: str, text: str, today: date) -> date:
    named = _NAMED_DAY.fullmatch(typed)
    rest = named["rest"] if named else typed
    for pattern in (_ISO, _DIGITS, _NUMBERS, _WORDS):
        match = pattern.fullmatch(rest)
        if match is None:
            continue
        month = int(match["m"]) if match["m"].isdigit() else _MONTHS.get(match["m"])
        if month is None:
            break
        day = _day(text, match["y"], month, int(match["d"]), today)
        if named and named["day"] and _WEEKDAYS[named["day"]] != day.weekday():
            raise ValueError(
                f"«\u202f{text}\u202f»\u00a0: ce jour est un {long_date(day)}. "
                "Corrigez le jour de la semaine ou la date."
            )
        return day
    raise ValueError(_not_understood(text))


def _day(text: str, typed_year: str | None, month: int, day: int, today: date) -> date:
    if not 1 <= month <= 12:
        raise ValueError(
            f"«\u202f{text}\u202f» n’existe pas\u00a0: il n’y a pas de mois {month}. "
            "Écrivez le jour, puis le mois, puis l’année\u00a0: 03/02/2026."
        )
    if typed_year is None:
        return _nearest(text, month, day, today)
    if len(typed_year) not in (2, 4):
        raise ValueError(
            f"«\u202f{text}\u202f»\u00a0: l’année a deux ou quatre chiffres. "
            "Corrigez l’année, par exemple 2026."
        )
    year = int(typed_year)
    if len(typed_year) == 2:
        year += today.year // 100 * 100
        year -= 100 if year > today.year + 5 else 0
    _check_year(text, year, today)
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise ValueError(
            f"«\u202f{text}\u202f» n’existe pas\u00a0: {MONTHS[month - 1]} {year} a "
            f"{last}\u00a0jours. Corrigez le jour ou le mois."
        )
    return date(year, month, day)


def _nearest(text: str, month: int, day: int, today: date) -> date:
    years = (today.year - 1, today.year, today.year + 1)
    nearby = [date(y, month, day) for y in years if 1 <= day <= monthrange(y, month)[1]]
    if not nearby:
        raise ValueError(
            f"«\u202f{text}\u202f» n’existe ni cette année, ni la précédente, ni la suivante. "
            "Corrigez le jour ou ajoutez l’année."
        )
    return min(nearby, key=lambda each: (abs(each - today), each < today))


def _check_year(text: str, year: int, today: date) -> None:
    if not _OLDEST_YEAR <= year <= today.year + _YEARS_AHEAD:
        raise ValueError(
            f"«\u202f{text}\u202f»\u00a0: l’année {year} est hors d’atteinte. Écrivez une année "
            f"entre {_OLDEST_YEAR} et {today.year + _YEARS_AHEAD}."
        )
