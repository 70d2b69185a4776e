"""APEX's 159 interviews of 2024: 36 assessments and reviews, 37 before a course, 41 single ones,
45 not kept, which the report does not tell apart (I68): here 28 absences, 9 excuses, 8 put off."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, islice
from random import Random

from maillage.demo.days import working_days
from maillage.demo.published import margin
from maillage.demo.rows import DemoRow

ORGANISATION = "apex"
PUT_OFF, EXCUSED = 8, 9
_START, _END = date(2024, 1, 2), date(2024, 12, 20)


@dataclass(frozen=True, slots=True)
class Interview:
    """`put_off_from` is the day it was first fixed for."""

    row: DemoRow
    kind: str
    status: str
    day: date
    put_off_from: date | None = None


def interviews_of_2024(rows: Iterable[DemoRow]) -> list[Interview]:
    rows, rng, told = list(rows), Random("apex interviews"), margin("apex-entretiens")
    kept = [
        *_before_course(rng, rows, told["before_course"]),
        *_assessments_and_reviews(rows, told["evaluation_or_review"]),
        *_single(rng, rows, told["individual"]),
    ]
    kept = [
        Interview(one.row, one.kind, one.status, one.day, _earlier(one.day)) if n < PUT_OFF else one
        for n, one in enumerate(sorted(kept, key=lambda one: (-one.day.toordinal(), one.kind)))
    ]
    missed = told["not_kept"] - PUT_OFF
    return kept + list(_not_kept(rng, kept, missed))


def _worked(day: date) -> date:
    return working_days(2024).on_or_before(min(max(day, _START), _END))


def _earlier(day: date) -> date:
    return _worked(day - timedelta(days=9))


def _before_course(rng: Random, rows: list[DemoRow], count: int) -> Iterator[Interview]:
    """Of the last courses of the year: they were begun in the middle of October (R87)."""
    done = [r for r in rows if r.module == "stage" and r.date_entree and r.entry.year == 2024]
    done.sort(key=lambda row: row.entry)
    for row in done[-count:]:
        yield Interview(
            row, "assessment", "kept", _worked(row.entry - timedelta(days=rng.randint(2, 10)))
        )


def _assessments_and_reviews(rows: list[DemoRow], count: int) -> Iterator[Interview]:
    others = [row for row in rows if row.module != "stage"]
    received = [row for row in others if row.date_orientation.year == 2024]
    for row in received:
        day = row.date_entree or row.closed_on or row.date_orientation
        yield Interview(row, "assessment", "kept", _worked(min(day, _END)))
    left = [row for row in others if row.date_sortie and row.exit.year == 2024]
    left.sort(
        key=lambda row: (row.module != "groupe_parole", row.motif_sortie != "concertee", row.exit)
    )
    for row in left[: count - len(received)]:
        yield Interview(row, "review", "kept", _worked(row.exit))


def _single(rng: Random, rows: list[DemoRow], count: int) -> Iterator[Interview]:
    followed = [
        row
        for row in rows
        if row.module == "suivi_socio_educatif"
        and row.date_entree
        and row.entry <= date(2024, 11, 30)
        and (row.date_sortie is None or row.exit > date(2024, 1, 31))
    ]
    for row in islice(cycle(followed), count):
        first, last = max(row.entry, _START), min(row.date_sortie or _END, _END)
        day = first + timedelta(days=rng.randint(0, (last - first).days))
        yield Interview(row, "follow_up", "kept", _worked(day))


def _not_kept(rng: Random, kept: list[Interview], count: int) -> Iterator[Interview]:
    """A week before one that was kept."""
    for number, one in enumerate(rng.sample(kept, count)):
        status = "excused" if number < EXCUSED else "missed"
        yield Interview(one.row, one.kind, status, _earlier(one.day))
