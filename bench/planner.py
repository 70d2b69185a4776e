"""The planner against plain order of arrival, on random years like APEX's 2024.

    .venv/bin/python bench/planner.py --years 20 --seed 1 --json

54 people wait at the beginning, 171 are sent through the year, 11 runs are held; of those convened
two in three come, one in twenty moves away, one in eight asks for another day (`apex-stages-flux`,
`apex-attente-fin-2023`). Both ways of convening meet the same people, who decide alike each time
they are convened. Neither knows how probably somebody comes: both learn it from who came before.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from statistics import mean
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from maillage.core.calendar import add_months  # noqa: E402 — needs the path above
from maillage.programme.groups import planner  # noqa: E402 — as above

YEAR = 2024
WAITING, ORIENTED, RUNS = 54, 171, 11
CONVENED_BEFORE, CAME_BEFORE = 152, 101  # 54 + 98 convened, 34 + 67 came
MOVES, POSTPONES = 5 / 98, 13 / 98
CAPACITY, BY_ARRIVAL = 12, 15
SHOWS = (6.6, 3.4)  # of a beta distribution, two in three
COUPLES, WOMEN, URGENT, RETURNED, EARLIER = 0.06, 0.1, 0.05, 0.05, 0.15
MONTHS = 6
ABSENCES = 2  # convened again once, then the referrer is told (R80)


@dataclass
class Person:
    """Somebody invented, and what they will do each time they are convened."""

    key: int
    asked_on: date
    limit_on: date
    sex: str
    is_urgent: bool
    is_returned: bool
    apart: set[int]
    answers: list[tuple[str, int]]  # by turn: moved, postponed, came or absent; and days asked for
    turn: int = 0
    absences: int = 0
    not_before: date | None = None
    done_on: date | None = None
    is_gone: bool = False

    def answer(self) -> tuple[str, int]:
        self.turn += 1
        return self.answers[self.turn - 1]

    def is_over(self, day: date) -> bool:
        """Whether they waited more than six months, on that day or until their course."""
        return (self.done_on or day) > add_months(self.asked_on, MONTHS)


@dataclass
class Outcome:
    waiting: int = 0
    over_six_months: int = 0
    couples_together: int = 0
    smallest_expected: float = field(default=float("inf"))


def people(rng: Random) -> list[Person]:
    first = date(YEAR, 1, 1)
    asked = [first - timedelta(days=rng.randrange(1, 150)) for _ in range(WAITING)]
    asked += [first + timedelta(days=rng.randrange(366)) for _ in range(ORIENTED)]
    made = []
    for key, day in enumerate(sorted(asked)):
        shows = rng.betavariate(*SHOWS)
        limit = add_months(day, MONTHS)
        if rng.random() < EARLIER:
            limit = day + timedelta(days=rng.randrange(90, 180))
        made.append(
            Person(
                key,
                day,
                limit,
                sex="F" if rng.random() < WOMEN else "H",
                is_urgent=rng.random() < URGENT,
                is_returned=rng.random() < RETURNED,
                apart=set(),
                answers=[_answer(rng, shows) for _ in range(RUNS)],
            )
        )
    for one in made:
        if not one.apart and rng.random() < COUPLES:
            other = rng.choice([p for p in made if p is not one and not p.apart])
            one.apart.add(other.key)
            other.apart.add(one.key)
            if abs(one.key - other.key) > 3 and rng.random() < 0.7:  # sent together, for one affair
                other.asked_on = one.asked_on
                other.limit_on = add_months(other.asked_on, MONTHS)
    return made


def _answer(rng: Random, shows: float) -> tuple[str, int]:
    drawn, came, days = rng.random(), rng.random() < shows, rng.randrange(20, 80)
    if drawn < MOVES:
        return "moved", 0
    if drawn < MOVES + POSTPONES:
        return "postponed", days
    return ("came" if came else "absent"), 0


def runs() -> list[date]:
    """The third Thursday of each month but August."""
    found = []
    for month in range(1, 13):
        day = date(YEAR, month, 15)
        while day.weekday() != 3:
            day += timedelta(days=1)
        if month != 8:
            found.append(day)
    return found


def by_arrival(listed: list[Person], days: list[date], chance: float) -> list[Person]:
    return sorted(listed, key=lambda one: (one.asked_on, one.key))[:BY_ARRIVAL]


def by_planner(listed: list[Person], days: list[date], chance: float) -> list[Person]:
    by_key = {one.key: one for one in listed}
    waiting = [
        planner.Waiting(
            key=one.key,
            asked_on=one.asked_on,
            limit_on=one.limit_on,
            sex=one.sex,
            is_urgent=one.is_urgent,
            is_returned=one.is_returned,
            not_before=one.not_before,
            apart=frozenset(one.apart),
            shows=chance,
        )
        for one in listed
    ]
    coming = [
        planner.Run(key=rank, starts_on=day, capacity=CAPACITY) for rank, day in enumerate(days)
    ]
    first = planner.propose(waiting, coming).runs[0]
    return [by_key[choice.waiting.key] for choice in first.choices]


def live(everybody: list[Person], convene) -> Outcome:
    """A year: each run is filled three weeks before, then held."""
    told = Outcome()
    convened_before, came_before = CONVENED_BEFORE, CAME_BEFORE
    days = runs()
    for at, day in enumerate(days):
        asked = day - timedelta(days=21)
        listed = [
            one
            for one in everybody
            if one.asked_on <= asked
            and one.done_on is None
            and not one.is_gone
            and (one.not_before is None or one.not_before <= day)
        ]
        chance = planner.chance(convened_before, came_before)
        convened = convene(listed, days[at:], chance)
        told.smallest_expected = min(told.smallest_expected, chance * len(convened))
        keys = {one.key for one in convened}
        told.couples_together += sum(bool(one.apart & keys) for one in convened) // 2
        for one in convened:
            what, later = one.answer()
            one.not_before = None
            convened_before += 1
            if what == "came":
                one.done_on = day
                came_before += 1
            elif what == "moved":
                one.is_gone = True
            elif what == "postponed":
                one.not_before = day + timedelta(days=later)
            else:
                one.absences += 1
                one.is_gone = one.absences >= ABSENCES
    last = date(YEAR, 12, 31)
    told.waiting = sum(one.done_on is None and not one.is_gone for one in everybody)
    told.over_six_months = sum(one.is_over(last) for one in everybody if not one.is_gone)
    return told


def compare(years: int, seed: int) -> dict:
    found: dict[str, list[Outcome]] = {"arrival_order": [], "planner": []}
    for year in range(years):
        for name, convene in (("arrival_order", by_arrival), ("planner", by_planner)):
            found[name].append(live(people(Random(f"{seed}/{year}")), convene))
    return {"years": years} | {
        name: {
            "waiting": round(mean(one.waiting for one in outcomes), 2),
            "over_six_months": round(mean(one.over_six_months for one in outcomes), 2),
            "couples_together": round(mean(one.couples_together for one in outcomes), 2),
            "smallest_expected": round(min(one.smallest_expected for one in outcomes), 2),
        }
        for name, outcomes in found.items()
    }


def speed(seed: int) -> float:
    """Seconds for 1,000 people who wait and 50 runs."""
    rng = Random(seed)
    first = date(YEAR, 1, 1)
    waiting = []
    for key in range(1_000):
        asked = first - timedelta(days=rng.randrange(200))
        waiting.append(
            planner.Waiting(
                key=key,
                asked_on=asked,
                limit_on=add_months(asked, MONTHS),
                sex="F" if rng.random() < WOMEN else "H",
                apart=frozenset({key ^ 1}) if rng.random() < COUPLES else frozenset(),
                site=rng.randrange(6),
                shows=0.4 + rng.random() / 2,
            )
        )
    coming = [
        planner.Run(
            key=key,
            starts_on=first + timedelta(days=7 * key),
            capacity=CAPACITY,
            audience="women" if key % 10 == 0 else "mixed",
            site=key % 6,
        )
        for key in range(50)
    ]
    started = perf_counter()
    planner.propose(waiting, coming)
    return perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="the last line alone is JSON anyway")
    given = parser.parse_args()
    told = compare(given.years, given.seed)
    if not given.json:
        took = speed(given.seed)
        print(f"1,000 waiting, 50 runs: {took:.2f} s", file=sys.stderr)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
