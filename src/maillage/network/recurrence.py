"""When somebody receives: weekdays, perhaps of certain ranks in the month (R24–R38)."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import groupby
from typing import Protocol

from maillage.core.calendar import WEEKDAYS, add_months, hour, is_public_holiday

LAST = -1
RANKS = (1, 2, 3, 4, 5, LAST)
HALF_DAYS = {"morning": "matin", "afternoon": "après-midi"}
_HALF_DAY_STARTS = {"matin": time(8), "après-midi": time(13)}
_RANK_WORDS = {1: "1er", LAST: "dernier"}
_HORIZON_MONTHS = 120  # who looks further for a next date looks for one that never comes


class OpeningLike(Protocol):
    weekday: int
    half_day: str
    starts_at: time | None
    ends_at: time | None
    ranks: list[int]
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A weekday (0 = Monday) at hours or on a half-day; no rank means every week."""

    weekday: int
    starts: time | None = None
    ends: time | None = None
    half_day: str | None = None
    ranks: tuple[int, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self):
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"weekday {self.weekday}: 0 is Monday, 6 is Sunday")
        if self.half_day not in (None, *HALF_DAYS.values()):
            raise ValueError(f"unknown half-day {self.half_day!r}")
        if [rank for rank in RANKS if rank in self.ranks] != list(self.ranks):
            raise ValueError(f"ranks {self.ranks}: some of {RANKS}, once each, in this order")
        if self.ends and (self.starts is None or self.ends <= self.starts):
            raise ValueError(f"from {self.starts} to {self.ends}")
        if self.starts and self.half_day:
            raise ValueError("hours or a half-day, not both")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError(f"valid from {self.valid_from} until {self.valid_until}")

    @classmethod
    def of(cls, opening: OpeningLike) -> "Recurrence":
        return cls(
            opening.weekday,
            opening.starts_at,
            opening.ends_at,
            HALF_DAYS[opening.half_day] if opening.half_day else None,
            tuple(opening.ranks),
            opening.valid_from,
            opening.valid_until,
        )

    def is_valid_on(self, day: date) -> bool:
        return (self.valid_from or date.min) <= day <= (self.valid_until or date.max)

    def occurs_on(self, day: date) -> bool:
        """By the rule alone: a public holiday is the caller's to know."""
        if day.weekday() != self.weekday or not self.is_valid_on(day):
            return False
        return not self.ranks or _rank(day) in self.ranks or (LAST in self.ranks and _is_last(day))

    def next_dates(
        self,
        start: date,
        count: int,
        closed: Callable[[date], bool] = is_public_holiday,
    ) -> list[date]:
        """The first dates from `start`, itself included; fewer when validity or ten years end."""
        limit = min(self.valid_until or date.max, add_months(start, _HORIZON_MONTHS))
        day = max(start, self.valid_from or date.min)
        day += timedelta(days=(self.weekday - day.weekday()) % 7)
        found: list[date] = []
        while day <= limit and len(found) < count:
            if self.occurs_on(day) and not closed(day):
                found.append(day)
            day += timedelta(days=7)
        return found

    @property
    def at(self) -> str:
        """« 9 h–12 h », « matin », or nothing when the source says no more than the day."""
        if self.starts and self.ends:
            return f"{hour(self.starts)}–{hour(self.ends)}"
        if self.starts:
            return f"à partir de {hour(self.starts)}"
        return self.half_day or ""

    @property
    def sort_key(self) -> tuple[time, time]:
        starts = self.starts or _HALF_DAY_STARTS.get(self.half_day or "", time.min)
        return starts, self.ends or time.max


def _rank(day: date) -> int:
    return (day.day - 1) // 7 + 1


def _in_month(recurrence: Recurrence) -> tuple[int, ...]:
    """Every week first, then by rank, the last one at the end."""
    return tuple(rank % 7 for rank in recurrence.ranks)


def _is_last(day: date) -> bool:
    return (day + timedelta(days=7)).month != day.month


def sentence(recurrences: Iterable[Recurrence]) -> str:
    """A group of recurrences in French, those of every week first, then by rank in the month."""
    ordered = sorted(set(recurrences), key=lambda r: (_in_month(r), r.weekday, r.sort_key))
    weekly: dict[int, list[str]] = {}
    told_ranks: list[str] = []
    for recurrence in ordered:
        if recurrence.ranks:
            told_ranks.append(_ranked(recurrence))
        elif recurrence.at not in weekly.setdefault(recurrence.weekday, []):
            weekly[recurrence.weekday].append(recurrence.at)
    by_hours: dict[str, list[int]] = {}
    for weekday, hours in weekly.items():
        by_hours.setdefault(_and([each for each in hours if each]), []).append(weekday)
    told = [_weekly(days, hours) for hours, days in by_hours.items()]
    return "\u202f; ".join(dict.fromkeys(told + told_ranks))


def _weekly(days: list[int], hours: str) -> str:
    named = _days(days)
    if not hours:
        return named
    if hours in _HALF_DAY_STARTS:
        if len(days) == 1:
            return f"{named} {hours}"
        hours = "le matin" if hours == "matin" else "l’après-midi"
    return f"{named}, {hours}"


def _days(days: list[int]) -> str:
    if len(days) == 7:
        return "tous les jours"
    if len(days) >= 3 and days[-1] - days[0] == len(days) - 1:
        return f"du {WEEKDAYS[days[0]]} au {WEEKDAYS[days[-1]]}"
    return _and([WEEKDAYS[day] for day in days])


def _ranked(recurrence: Recurrence) -> str:
    plural = "s" if len(recurrence.ranks) > 1 else ""
    named = f"{_ranks(recurrence.ranks)} {WEEKDAYS[recurrence.weekday]}{plural}"
    separator = " " if recurrence.half_day else ", "
    return f"{named}{separator}{recurrence.at}" if recurrence.at else named


def _ranks(ranks: Collection[int]) -> str:
    return _and([_RANK_WORDS.get(rank, f"{rank}e") for rank in ranks])


def _and(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} et {words[-1]}"


def week(recurrences: Iterable[Recurrence]) -> list[tuple[str, list[str]]]:
    """The days on which somebody receives, each with what is told of it, in order."""
    ordered = sorted(set(recurrences), key=lambda r: (r.weekday, r.sort_key, _in_month(r)))
    return [
        (WEEKDAYS[weekday], list(dict.fromkeys(map(_of_a_day, group))))
        for weekday, group in groupby(ordered, key=lambda r: r.weekday)
    ]


def _of_a_day(recurrence: Recurrence) -> str:
    told = recurrence.at or "horaires non précisés"
    return f"{told} ({_ranks(recurrence.ranks)} du mois)" if recurrence.ranks else told
