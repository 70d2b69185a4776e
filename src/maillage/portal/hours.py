"""Whether a place receives now, today or this week, and when next; in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from maillage.core.calendar import is_public_holiday, long_date
from maillage.network.recurrence import OpeningLike, Recurrence, sentence
from maillage.portal.models import Closure

WHENS = {"now": "maintenant", "today": "aujourd’hui", "week": "cette semaine"}
WEEK, LOOKED_AHEAD = 7, 120
_HALF_DAYS = {"matin": (time(0), time(12)), "après-midi": (time(12), time.max)}


@dataclass(frozen=True)
class Hours:
    """When one service receives, seen from one moment."""

    recurrences: tuple[Recurrence, ...]
    closures: tuple[Closure, ...]
    department: str
    site: int | None
    now: datetime

    @property
    def sentence(self) -> str:
        return sentence(self.recurrences)

    @property
    def is_open(self) -> bool | None:
        """`None` where the day is right and the hours were never published."""
        held, at = self._on(self.now.date()), self.now.time()
        if any(r.starts and r.ends and r.starts <= at < r.ends for r in held):
            return True
        return None if any(not r.ends and _starts(r) <= at < _ends(r) for r in held) else False

    def answers(self, when: str) -> bool:
        """Whether somebody who asks for « maintenant », « aujourd’hui »… is received then."""
        if when == "now":
            return self.is_open is True
        today, at = self.now.date(), self.now.time()
        if any(_ends(r) > at for r in self._on(today)):
            return True
        return when == "week" and any(self._on(today + timedelta(n)) for n in range(1, WEEK))

    @property
    def told(self) -> str:
        """« Ouvert maintenant », the next time, or what is not known."""
        if not self.recurrences:
            return "Horaires non publiés\u00a0: appelez avant de venir"
        match self.is_open:
            case True:
                return "Ouvert maintenant"
            case None:
                return "Permanence aujourd’hui, sans heures publiées\u00a0: appelez avant de venir"
        upcoming = self._next()
        return f"Prochaine permanence\u00a0: {upcoming}" if upcoming else "Aucune date à venir"

    @property
    def closed_until(self) -> date | None:
        """The last day of a closure that runs today."""
        today = self.now.date()
        return max((c.ends_on for c in self.closures if c.covers(today, self.site)), default=None)

    def _next(self) -> str:
        today, at = self.now.date(), self.now.time()
        for n in range(LOOKED_AHEAD):
            held = [r for r in self._on(today + timedelta(n)) if n or _starts(r) > at]
            if held:
                told = min(held, key=lambda r: r.sort_key).at
                day = {0: "aujourd’hui", 1: "demain"}.get(n) or long_date(today + timedelta(n))
                return f"{day}, {told}" if told else day
        return ""

    def _on(self, day: date) -> list[Recurrence]:
        found = [r for r in self.recurrences if r.occurs_on(day)]
        if not found or any(closure.covers(day, self.site) for closure in self.closures):
            return []
        return [] if is_public_holiday(day, self.department) else found


def _starts(recurrence: Recurrence) -> time:
    return recurrence.starts or _HALF_DAYS.get(recurrence.half_day or "", (time.min,))[0]


def _ends(recurrence: Recurrence) -> time:
    return recurrence.ends or _HALF_DAYS.get(recurrence.half_day or "", (time.min, time.max))[1]


def hours_of(
    openings: Iterable[OpeningLike],
    closures: Iterable[Closure],
    *,
    department: str,
    site: int | None,
    now: datetime,
) -> Hours:
    """From the openings in force; those that ceased are left out."""
    recurrences = tuple(
        Recurrence.of(opening)
        for opening in openings
        if not (opening.valid_until and opening.valid_until < now.date())
    )
    return Hours(recurrences, tuple(closures), department, site, now)
