"""The days on which a branch works, and a site receives (R24–R30, R35)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from random import Random

from maillage.core.calendar import is_working_day

NETWORK_STARTS = date(2020, 10, 5)
_MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY = range(5)


def _rank_in_month(day: date) -> int:
    return (day.day - 1) // 7 + 1


def _pezenas(day: date) -> bool:
    """First Friday, third and fourth Tuesdays of the month (R30)."""
    if day.weekday() == _FRIDAY:
        return _rank_in_month(day) == 1
    return day.weekday() == _TUESDAY and _rank_in_month(day) in (3, 4)


_RECEIVES: dict[tuple[str, str], Callable[[date], bool]] = {
    ("via-voltaire", "agde"): lambda day: day.weekday() == _FRIDAY,
    ("via-voltaire", "beziers"): lambda day: day.weekday() in (_TUESDAY, _FRIDAY),
    ("via-voltaire", "clermont-l-herault"): lambda day: day.weekday() == _WEDNESDAY,
    ("via-voltaire", "lunel"): lambda day: day.weekday() == _WEDNESDAY,
    ("via-voltaire", "montpellier"): lambda day: day.weekday() != _WEDNESDAY,
    ("via-voltaire", "pezenas"): _pezenas,
    ("via-voltaire", "sete"): lambda day: day.weekday() == _FRIDAY,
    ("apex", "perpignan"): lambda day: day.weekday() in (_MONDAY, _TUESDAY),
}


class Days:
    """Days in order, of which one is drawn or the nearest taken."""

    def __init__(self, days: list[date]):
        self._days = days

    def between(self, start: date, end: date) -> list[date]:
        return self._days[bisect_left(self._days, start) : bisect_right(self._days, end)]

    def draw(self, rng: Random, start: date, end: date) -> date:
        return rng.choice(self.between(start, end))

    def on_or_after(self, day: date) -> date:
        return self._days[bisect_left(self._days, day)]

    def on_or_before(self, day: date) -> date:
        return self._days[bisect_right(self._days, day) - 1]


@cache
def _worked(year: int) -> tuple[date, ...]:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return tuple(day for day in days if day.year == year and is_working_day(day))


@cache
def working_days(last_year: int) -> Days:
    years = range(NETWORK_STARTS.year - 1, last_year + 2)
    return Days([day for year in years for day in _worked(year)])


@cache
def opening_days(organisation: str, site: str, last_year: int) -> Days:
    """Working days on which the site receives; all of them where no rule is published."""
    receives = _RECEIVES.get((organisation, site), lambda day: True)
    every = working_days(last_year).between(date.min, date.max)
    return Days([day for day in every if receives(day)])
