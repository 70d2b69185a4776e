"""A second counter of the tables of groups, written from their definitions alone.

It shares no code with `src/maillage`, calendar included. A demand is a dict: `kind`, `asked_on`,
`closed_on` (when its referral ended without entry, or None) and `steps`, (day, state) in order.
"""

import math
import statistics
from calendar import monthrange
from datetime import date

WAITING = {"to_convene", "postponed", "excused"}
SEATED = {"convened", "confirmed", "attending"}
OUTCOMES = {
    "done": {"completed"},
    "postponed": {"postponed", "excused"},
    "absent": {"absent"},
    "cancelled": {"cancelled"},
    "moved": {"moved"},
    "returned": {"returned"},
    "convened": SEATED,
    "waiting": {"to_convene"},
}


def state_on(demand: dict, day: date) -> str | None:
    """The last state entered by the end of that day; none before it was asked."""
    if demand["asked_on"] > day:
        return None
    state = demand["steps"][0][1]
    for on, entered in demand["steps"][1:]:
        if on <= day:
            state = entered
    return state


def is_owed(demand: dict, day: date) -> bool:
    state = state_on(demand, day)
    if state == "absent":
        return demand["closed_on"] is None or demand["closed_on"] > day
    return state in WAITING or state in SEATED


def six_months_after(day: date) -> date:
    month = day.month + 6
    year = day.year + (month > 12)
    month = month - 12 if month > 12 else month
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def cohort(demands: list[dict], kind: str, year: int) -> dict[str, list[int]]:
    """Carried over, asked in the year, reopened in it, by outcome."""
    before, end = date(year - 1, 12, 31), date(year, 12, 31)
    table = {outcome: [0, 0, 0] for outcome in OUTCOMES}
    for demand in demands:
        if demand["kind"] != kind:
            continue
        if demand["asked_on"].year == year:
            column = 1
        elif is_owed(demand, before):
            column = 0
        elif is_reopened(demand, year):
            column = 2
        else:
            continue
        state = state_on(demand, end)
        for outcome, states in OUTCOMES.items():
            if state in states:
                table[outcome][column] += 1
    return table


def is_reopened(demand: dict, year: int) -> bool:
    """Settled when the year began, and wanted again in it."""
    end = date(year, 12, 31)
    if demand["asked_on"] >= date(year, 1, 1) or is_owed(demand, date(year - 1, 12, 31)):
        return False
    is_closed = demand["closed_on"] is not None and demand["closed_on"] <= end
    wanted = WAITING | SEATED | (set() if is_closed else {"absent"})
    return any(on.year == year and state in wanted for on, state in demand["steps"])


def waiting(demands: list[dict], kind: str, year: int) -> dict[str, int]:
    before, end = date(year - 1, 12, 31), date(year, 12, 31)
    mine = [demand for demand in demands if demand["kind"] == kind]

    def owed(day: date) -> list[dict]:
        return [demand for demand in mine if is_owed(demand, day)]

    def late(day: date) -> int:
        return sum(six_months_after(demand["asked_on"]) < day for demand in owed(day))

    def convened(some: list[dict]) -> int:
        return sum(
            any(state == "convened" and on.year == year for on, state in demand["steps"])
            for demand in some
        )

    asked = [demand for demand in mine if demand["asked_on"].year == year]
    reopened = [demand for demand in mine if is_reopened(demand, year)]
    followed = {id(demand) for demand in (*owed(before), *asked, *reopened)}
    still = {id(demand) for demand in owed(end)}
    return {
        "at_start": len(owed(before)),
        "asked": len(asked),
        "reopened": len(reopened),
        "settled": len(followed - still),
        "at_end": len(still),
        "late_at_start": late(before),
        "late_at_end": late(end),
        "convened": convened(mine),
        "convened_asked": convened(asked),
    }


def half_up(value: float) -> int:
    return math.floor(value + 0.5)


def runs(held: list[tuple[date, int, int]], minutes: list[int]) -> dict[str, int]:
    """Runs by first day, convened and attended, all of one year; then minutes of each session."""
    sizes = [attended for _, _, attended in held]
    convened = sum(line[1] for line in held)
    found = {
        "runs": len(held),
        "sessions": len(minutes),
        "hours": half_up(10 * sum(minutes) / 60),
        "convened": convened,
        "attended": sum(sizes),
    }
    if convened:
        found["rate"] = half_up(1000 * sum(sizes) / convened)
    if held:
        found |= {
            "mean": half_up(10 * statistics.fmean(sizes)),
            "deviation": half_up(10 * statistics.pstdev(sizes)),
            "smallest": min(sizes),
            "largest": max(sizes),
        }
    return found


def waits(days: list[int], late: int) -> dict[str, int]:
    found = {"people": len(days)}
    if days:
        ordered = sorted(days)
        found |= {
            "median": ordered[math.ceil(len(days) / 2) - 1],
            "p90": ordered[math.ceil(len(days) * 9 / 10) - 1],
            "late": late,
            "late_rate": half_up(1000 * late / len(days)),
        }
    return found
