"""The courses of a branch and the way of each person who was sent to one."""

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from maillage.core.calendar import add_months, is_working_day
from maillage.demo.apex import stage_of
from maillage.demo.course_rows import AHEAD, runs_of
from maillage.demo.days import working_days
from maillage.demo.offers import Offering, offering
from maillage.demo.rows import DemoRow
from maillage.demo.ways import (
    Run,
    Way,
    asked,
    asks_for_later,
    comes,
    course_run,
    does_not_come,
)

APEX = "apex"
POSTPONED_IN_2024, ABSENT_AND_WAITING = 13, 1
END_OF_2024 = date(2024, 12, 31)
SECOND_TIME = 0.1
CANCELLED = "Annulé à notre demande, avec l’accord du parquet."
CONVENED_TODAY, BACK_FROM_COURT, POSTPONED_NOW, ABSENT_NOW = 8, 3, 4, 2
_ONE_DAY = timedelta(days=1)


def courses_of(slug: str, rows: Iterable[DemoRow], today: date) -> tuple[list[Run], list[Way]]:
    """The runs, past and planned, and one way a referral to a course, none where none is held."""
    offer = offering(slug, "course")
    if offer is None:
        return [], []
    rng = Random(f"{slug} courses")
    sent = sorted((r for r in rows if r.module == "stage"), key=lambda r: r.date_orientation)
    runs = _runs(slug, offer, sent, today)
    ways = [asked(row, "course") for row in sent]
    in_2024 = _undecided_in_2024(rng, slug, ways, runs)
    for way in ways:
        if id(way) not in in_2024:
            _second_time(rng, way, runs)
        _settle(rng, way, runs)
    waiting = [way for way in ways if way.row.is_waiting]
    if slug == APEX:
        runs.append(_held_today(rng, offer, waiting, today))
        _make_wait(rng, waiting, runs, today)
    else:
        _convene_next(waiting, runs, today)
    return sorted(runs, key=lambda run: run.first_day), ways


def _runs(slug: str, offer: Offering, sent: list[DemoRow], today: date) -> list[Run]:
    """Those that somebody attended, and those to come; the last held is left to be certified."""
    held = sorted({(r.entry, r.lieu) for r in sent if r.date_entree})
    runs = [course_run(offer, site, day) for day, site in held]
    for run in runs:
        run.is_over = run.last_day <= today
    if runs:
        runs[-1].is_left = True
    for day, site in _planned(slug, today):
        if (day, site) not in held:
            runs.append(course_run(offer, site, day, is_ticked=False, is_over=False))
    return runs


def _planned(slug: str, today: date) -> list[tuple[date, str]]:
    if slug != APEX:
        soon = [(run.first_day, run.site) for run in runs_of(slug, today + AHEAD)]
        return [(day, site) for day, site in soon if day >= today][:3]
    months = (add_months(today.replace(day=1), n) for n in range(5))
    days = [stage_of(month.year, month.month) for month in months if month.month != 8]
    return [(day, "perpignan") for day in days if day >= today][:3]


def _run_before(runs: list[Run], day: date, site: str) -> Run | None:
    """The last run of that site that began before that day."""
    held = [run for run in runs if run.is_ticked and run.site == site and run.first_day < day]
    return held[-1] if held else None


def _undecided_in_2024(rng: Random, slug: str, ways: list[Way], runs: list[Run]) -> set[int]:
    """APEX's fourteen who were convened in 2024 and waited at its end."""
    if slug != APEX:
        return set()
    waited = [
        way
        for way in ways
        if way.row.date_orientation.year == 2024
        and (way.row.date_entree is None or way.row.entry > END_OF_2024)
        and (way.row.closed_on is None or way.row.closed_on > END_OF_2024)
    ][: POSTPONED_IN_2024 + ABSENT_AND_WAITING]
    absent = {id(way) for way in rng.sample(waited, ABSENT_AND_WAITING)}
    came = [way.row for way in ways if way.row.date_entree and way.row.entry <= END_OF_2024]
    for way in waited:
        with_them = [r for r in came if r.date_orientation <= way.row.date_orientation]
        day = max(with_them[-1].entry, way.row.date_orientation + timedelta(days=15))
        run = next(run for run in runs if run.first_day >= day)
        if id(way) in absent:
            does_not_come(rng, way, run)
        else:
            asks_for_later(rng, way, run, date(2025, 1, 6))
    return {id(way) for way in waited}


def _second_time(rng: Random, way: Way, runs: list[Run]) -> None:
    """Since 2025, one in ten who came had been convened to the run before, and asked for later or
    did not come."""
    row = way.row
    if row.date_entree is None or row.entry <= END_OF_2024 or rng.random() >= SECOND_TIME:
        return
    before = _run_before(runs, row.entry, row.lieu)
    if before is None or before.first_day < row.date_orientation + timedelta(days=28):
        return
    if before.first_day <= END_OF_2024:
        return
    if rng.random() < 0.6:
        asks_for_later(rng, way, before, row.entry - timedelta(days=14))
    else:
        does_not_come(rng, way, before)


def _settle(rng: Random, way: Way, runs: list[Run]) -> None:
    """As the row says it: came, was absent, moved, was cancelled, or still waits."""
    row = way.row
    if row.date_entree is not None:
        comes(rng, way, next(r for r in runs if (r.first_day, r.site) == (row.entry, row.lieu)))
    if row.closed_on is None:
        return
    run = _run_before(runs, row.closed_on, row.lieu)
    known = run is not None and run.first_day > row.date_orientation
    if run is None or not known or row.return_reason == "hors_criteres":
        way.step("cancelled", row.closed_on, reason=CANCELLED)
    elif row.return_reason == "hors_territoire":
        way.convene(run, max(row.date_orientation, run.first_day - timedelta(days=14)))
        way.step("moved", row.closed_on)
    else:
        does_not_come(rng, way, run)
        if not run.is_left:
            way.certificate = ("non_attendance", row.closed_on)


def _held_today(rng: Random, offer: Offering, waiting: list[Way], today: date) -> Run:
    """An added run that begins on the last day worked, whose attendance is still to be taken."""
    first_day = today
    while not is_working_day(first_day):
        first_day -= _ONE_DAY
    run = course_run(offer, "perpignan", first_day, is_ticked=False, is_over=False)
    told = working_days(today.year).on_or_before(first_day - timedelta(days=21))
    known = [way for way in waiting if way.row.date_orientation <= told]
    for way in known[:CONVENED_TODAY]:
        way.convene(run, told)
        if rng.random() < 0.6:
            way.step("confirmed", max(told, first_day - timedelta(days=5)), run)
    return run


def _make_wait(rng: Random, waiting: list[Way], runs: list[Run], today: date) -> None:
    """Some of the list had asked for later or had not come; some are sent back by justice."""
    last = [run for run in runs if run.is_ticked][-1]
    still = [way for way in waiting if way.status == "to_convene"]
    known = [w for w in still if w.row.date_orientation <= last.first_day - timedelta(days=15)]
    for way in known[:POSTPONED_NOW]:
        asks_for_later(rng, way, last, today + timedelta(days=rng.randint(5, 40)))
    for way in known[POSTPONED_NOW : POSTPONED_NOW + ABSENT_NOW]:
        does_not_come(rng, way, last)
    rest = [way for way in still if way.status == "to_convene"]
    for way in rng.sample(rest, min(BACK_FROM_COURT, len(rest))):
        way.is_returned_by_court = True


def _convene_next(waiting: list[Way], runs: list[Run], today: date) -> None:
    """The next run of a small branch has its first summons, half of its places."""
    coming = [run for run in runs if not run.is_ticked]
    if not coming or coming[0].first_day > today + timedelta(days=45):
        return
    run = coming[0]
    there = [way for way in waiting if way.row.lieu == run.site]
    for way in there[: run.offering.capacity // 2]:
        way.convene(run, max(way.row.date_orientation, today - timedelta(days=3)))
