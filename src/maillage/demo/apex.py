"""APEX: the published referrals, and the life of its stages and follow-ups since."""

from datetime import date, timedelta
from random import Random

from maillage.core.calendar import is_working_day
from maillage.demo.apex_until_2024 import (
    OTHER_REFERRERS,
    entered,
    not_entered,
    referred,
    referred_until_2024,
    some_facts,
    stage_done,
)
from maillage.demo.days import working_days
from maillage.demo.people import weighted
from maillage.demo.published import margin
from maillage.demo.rows import DemoRow, check_today, numbered, seen

STAGE_REFERRALS_A_MONTH = 14
OTHER_REFERRALS_A_MONTH = 2
CONVENED, ABSENT = 16, 4
_ONE_DAY = timedelta(days=1)
_LEAVING = {"concertee": 6, "abandon": 3, "changement_situation": 1, "recidive": 1}


def apex(today: date) -> list[DemoRow]:
    """All rows as known on that day, from 1 June 2025 on; those of 2024 are the same for all."""
    check_today(today)
    rows = referred_until_2024(Random("apex until 2024"))
    rng = Random("apex since 2025")
    queue = [row for row in rows if row.is_waiting]
    settled = [row for row in rows if not row.is_waiting and not row.is_open]
    settled += [_leaves(rng, row, date(2025, 1, 6)) for row in rows if row.is_open]
    for year in range(2025, today.year + 1):
        for month in range(1, 13):
            queue += _referred_in(rng, year, month)
            settled += _other_referrals(rng, year, month)
            if month != 8:
                settled += _hold_stage(rng, queue, stage_of(year, month))
    return numbered(seen([[row] for row in settled + queue], today), "APX")


def stage_of(year: int, month: int) -> date:
    """The first Thursday from the 15th on that is worked, as its Friday is."""
    day = date(year, month, 15)
    while day.weekday() != 3 or not (is_working_day(day) and is_working_day(day + _ONE_DAY)):
        day += _ONE_DAY
    return day


def _month(year: int, month: int) -> tuple[date, date]:
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - _ONE_DAY


def _referred_in(rng: Random, year: int, month: int) -> list[DemoRow]:
    days = working_days(year).between(*_month(year, month))
    rows = []
    for day in sorted(rng.choices(days, k=STAGE_REFERRALS_A_MONTH)):
        source = weighted(rng, margin("apex-orientations-stage-prescripteur"))
        sex = "F" if source == "delegue_procureur" and rng.random() < 0.19 else "H"
        rows.append(some_facts(rng, referred(rng, day, source, "stage", sex)))
    return rows


def _hold_stage(rng: Random, queue: list[DemoRow], session: date) -> list[DemoRow]:
    """Takes those convened, in order of arrival (R88), out of the queue.

    What the report says of the persons referred in 2024 stays as it says it.
    """
    queue.sort(key=lambda row: row.date_orientation)
    told_in_time = session - timedelta(days=14)
    convened = [row for row in queue if row.date_orientation <= told_in_time][:CONVENED]
    del queue[: len(convened)]
    absent = set(rng.sample(range(len(convened)), min(ABSENT, len(convened))))
    settled = []
    for place, row in enumerate(convened):
        if place in absent:
            settled.append(not_entered(rng, row, "absent", session))
            continue
        row = stage_done(row, session)
        settled.append(row if row.date_orientation.year < 2025 else some_facts(rng, row))
    return settled


def _other_referrals(rng: Random, year: int, month: int) -> list[DemoRow]:
    rows = []
    days = working_days(year).between(*_month(year, month))
    for day in rng.choices(days, k=OTHER_REFERRALS_A_MONTH):
        row = referred(rng, day, weighted(rng, OTHER_REFERRERS), None)
        if rng.random() < 0.4:
            rows.append(not_entered(rng, row, "no_demand", day + timedelta(days=14)))
            continue
        row = entered(rng, row, weighted(rng, {"groupe_parole": 3, "suivi_socio_educatif": 2}))
        rows.append(_leaves(rng, some_facts(rng, row), row.entry))
    return rows


def _leaves(rng: Random, row: DemoRow, after: date) -> DemoRow:
    """Drawn ahead: three to ten months later."""
    day = after + timedelta(days=rng.randint(90, 300))
    day = working_days(day.year + 1).on_or_after(day)
    return row.left(day, weighted(rng, _LEAVING))
