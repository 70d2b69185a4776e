"""The openings of an organisation as people read them: sentences, a week, the next dates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from maillage.core.calendar import WEEKDAYS, is_public_holiday
from maillage.network.models import Opening, Organisation
from maillage.network.recurrence import Recurrence, sentence, week

DATES_SHOWN = 3
_DEPARTMENT = re.compile(r"\((2[AB]|\d{2,3})\)")


@dataclass(frozen=True)
class Held:
    """One thing that is held behind one door: « soutien individuel », at « Maison René Cassin »."""

    purpose: str
    town: str
    door: str
    recurrences: tuple[Recurrence, ...]
    source: str
    department: str | None

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.town, self.door) if part) or self.purpose

    @property
    def sentence(self) -> str:
        return sentence(self.recurrences)

    def next_dates(self, start: date, count: int = DATES_SHOWN) -> list[tuple[date, str]]:
        """The first days from `start` that are no public holiday, with their hours."""
        days = [
            (day, recurrence.sort_key, recurrence.at)
            for recurrence in self.recurrences
            for day in recurrence.next_dates(start, count, self._is_closed)
        ]
        return [(day, at) for day, _, at in sorted(days)[:count]]

    def _is_closed(self, day: date) -> bool:
        return is_public_holiday(day, self.department)


def department_of(organisation: Organisation) -> str | None:
    """The department that its territory names alone: « Hérault (34) »; None where it names many."""
    found = set(_DEPARTMENT.findall(organisation.territory))
    return found.pop() if len(found) == 1 else None


def held_by(organisation: Organisation, openings: Iterable[Opening], today: date) -> list[Held]:
    """What the organisation holds today or later, grouped by place and purpose in a stable order.

    A protected site tells its town alone.
    """
    groups: dict[tuple[str, str, str], list[Opening]] = {}
    for opening in openings:
        if opening.valid_until and opening.valid_until < today:
            continue
        site, address = opening.site, opening.address
        door = address.label if address and site and not site.is_protected else ""
        groups.setdefault((site.name if site else "", door, opening.purpose), []).append(opening)
    department = department_of(organisation)
    return [
        Held(
            purpose,
            town,
            door,
            tuple(Recurrence.of(each) for each in group),
            "\u202f; ".join(dict.fromkeys(each.source for each in group)),
            department,
        )
        for (town, door, purpose), group in sorted(groups.items())
    ]


def week_of(held: Iterable[Held]) -> list[tuple[str, list[tuple[Held, str]]]]:
    """The days on which anything is held, Monday first, with what and when."""
    days: dict[str, list[tuple[Held, str]]] = {}
    for each in held:
        for day, hours in week(each.recurrences):
            days.setdefault(day, []).append((each, "\u202f; ".join(hours)))
    return [(day, days[day]) for day in WEEKDAYS if day in days]
