"""Who is convened to which run, and why: rules in the open, no optimiser behind them (R84, R88).

Pure: it knows people by their keys, and neither the database nor names. Runs are filled in the
order of their dates. Whoever would pass their limit before another run suits them goes first, then
those whom justice sent back, the urgent ones, and the order of the limits and of arrival. How many
are convened follows from how many come: as many as the places hold, but for an accepted risk.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from operator import itemgetter
from typing import Any

RISK = 0.15  # that more people come than there are places
SPREAD = 0.8  # of what happens lies between the two figures that are shown
LATE_SHARE = 2  # one place in so many is for those past their limit
PRIOR = (2.0, 1.0)  # as if three had been convened before and two had come

Reason = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One person to whom a place is owed; `apart` are the keys they never sit with."""

    key: int
    asked_on: date
    limit_on: date
    sex: str = "H"
    is_urgent: bool = False
    is_returned: bool = False
    not_before: date | None = None
    apart: frozenset[int] = frozenset()
    site: int | None = None
    stays_near: bool = False  # no way to another place than the one where they wait
    needs_interpreter: bool = False
    shows: float = PRIOR[0] / sum(PRIOR)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run to fill: its places, who already sits there and how probably each comes."""

    key: int
    starts_on: date
    capacity: int
    smallest: int = 6
    most: int = 60  # convocations, whoever comes
    audience: str = "mixed"
    site: int | None = None
    seated: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    waiting: Waiting
    rank: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Filled:
    """A run as it would be: who is convened to it, and how many would come."""

    run: Run
    choices: tuple[Choice, ...]
    expected: float
    low: int
    high: int

    @property
    def is_small(self) -> bool:
        return self.expected < self.run.smallest


@dataclass(frozen=True)
class Plan:
    runs: tuple[Filled, ...]
    left: dict[int, tuple[Reason, ...]]  # by key, why none of the runs took them
    first_left: dict[int, tuple[Reason, ...]]  # the same of the first run alone


def chance(convened: int, came: int) -> float:
    """How probably somebody comes, of whom so many were convened before and so many came."""
    if not 0 <= came <= convened:
        raise ValueError(f"{came} came of {convened}")
    return (PRIOR[0] + came) / (sum(PRIOR) + convened)


def distribution(chances: Iterable[float]) -> list[float]:
    """How probably 0, 1, 2… come: exact, each person on their own (Poisson binomial)."""
    found = [1.0]
    for one in chances:
        found = _with(found, one)
    return found


def _with(found: list[float], one: float) -> list[float]:
    padded = [0.0, *found, 0.0]
    return [come * one + stay * (1 - one) for come, stay in pairwise(padded)]


def bounds(found: Sequence[float]) -> tuple[int, int]:
    """Between which two figures `SPREAD` of what happens lies, as much left below as above."""
    tail, below, low, high = (1 - SPREAD) / 2, 0.0, 0, len(found) - 1
    for count, share in enumerate(found):
        if below <= tail:
            low = count
        below += share
        if below >= 1 - tail:
            high = count
            break
    return low, max(low, high)


def _overflow(found: Sequence[float], capacity: int) -> float:
    return sum(found[capacity + 1 :])


def _suits(run: Run, one: Waiting) -> bool:
    return run.audience == "mixed" or (run.audience == "women") == (one.sex == "F")


def _is_reached(run: Run, one: Waiting) -> bool:
    """Whether somebody gets there: who has no transport goes to no other place than their own."""
    return not one.stays_near or None in (one.site, run.site) or one.site == run.site


def _can_wait_for(one: Waiting, run: Run) -> bool:
    """Whether another run suits that is neither too soon nor past the limit."""
    return (
        _suits(run, one)
        and _is_reached(run, one)
        and run.starts_on <= one.limit_on
        and (one.not_before is None or run.starts_on >= one.not_before)
    )


def _order(one: Waiting, run: Run, next_on: date | None) -> tuple:
    """Before all others whoever is in time today and would not be at the next run."""
    saved = run.starts_on <= one.limit_on and (next_on is None or one.limit_on < next_on)
    first = (not one.is_returned, not one.is_urgent)
    return (not saved, *first, one.limit_on, one.asked_on, one.key)


def propose(waiting: Sequence[Waiting], runs: Sequence[Run], *, risk: float = RISK) -> Plan:
    """Everybody of the list once: in one run with the reasons of it, or left with theirs."""
    coming = sorted(runs, key=lambda run: (run.starts_on, run.key))
    arrival = {
        one.key: rank
        for rank, one in enumerate(sorted(waiting, key=lambda w: (w.asked_on, w.key)), 1)
    }
    free = {one.key: one for one in waiting}
    filled: list[Filled] = []
    left: dict[int, tuple[Reason, ...]] = dict.fromkeys(free, (("no_run",),))
    first_left: dict[int, tuple[Reason, ...]] = {}
    for at, run in enumerate(coming):
        filled.append(_fill(run, coming[at + 1 :], free, left, arrival, risk))
        for choice in filled[-1].choices:
            del free[choice.waiting.key], left[choice.waiting.key]
        if at == 0:
            first_left = dict(left)
    return Plan(tuple(filled), left, first_left)


def _fill(
    run: Run,
    later: Sequence[Run],
    free: dict[int, Waiting],
    left: dict[int, tuple[Reason, ...]],
    arrival: dict[int, int],
    risk: float,
) -> Filled:
    candidates: list[tuple[tuple, Waiting]] = []
    kept: list[tuple[tuple, Waiting]] = []  # for a run that suits them better, if this one can do
    for one in free.values():
        if not _suits(run, one):
            left[one.key] = (("audience", run.audience),)
        elif not _is_reached(run, one):
            left[one.key] = (("too_far",),)
        elif one.not_before is not None and run.starts_on < one.not_before:
            left[one.key] = (("postponed_until", one.not_before.isoformat()),)
        else:
            others = [other for other in later if _can_wait_for(one, other)]
            order = _order(one, run, others[0].starts_on if others else None)
            better = _better(run, one, others)
            if better is not None:
                left[one.key] = (better,)
            (candidates if better is None else kept).append((order, one))
    in_turn = _with_the_late(run, [one for _, one in sorted(candidates, key=itemgetter(0))])
    chosen: list[Waiting] = []
    present = set(run.seated)
    found = distribution(run.seated.values())
    expected = sum(run.seated.values())
    preferring = [one for _, one in sorted(kept, key=itemgetter(0))]
    for is_kept, ranked in ((False, in_turn), (True, preferring)):
        for one in ranked:
            if is_kept and expected >= run.smallest:
                break  # they wait for the run that suits them better
            if one.apart & present:
                left[one.key] = (("apart",),)
                continue
            after = _with(found, one.shows)
            is_full = _overflow(after, run.capacity) > risk
            if len(present) >= run.most or is_full:
                left[one.key] = (("full", arrival[one.key]),)
                continue
            chosen.append(one)
            present.add(one.key)
            found, expected = after, expected + one.shows
    low, high = bounds(found)
    return Filled(
        run,
        tuple(
            Choice(one, rank, _why(run, one, later, arrival[one.key]))
            for rank, one in enumerate(chosen, 1)
        ),
        expected,
        low,
        high,
    )


def _with_the_late(run: Run, ranked: Sequence[Waiting]) -> list[Waiting]:
    """One place in `LATE_SHARE` is for whoever is past their limit already, the oldest first: those
    who still can be in time do not make them wait for ever."""
    late = deque(one for one in ranked if one.limit_on < run.starts_on)
    others = deque(one for one in ranked if one.limit_on >= run.starts_on)
    found: list[Waiting] = []
    while late or others:
        turn = late if late and (not others or len(found) % LATE_SHARE == 0) else others
        found.append(turn.popleft())
    return found


def _better(run: Run, one: Waiting, others: Sequence[Run]) -> Reason | None:
    """A women's run for a woman, else a run at the place where one waits, still in time."""
    if one.sex == "F" and run.audience != "women":
        for other in others:
            if other.audience == "women":
                return ("women_run", other.starts_on.isoformat())
    if one.site is not None and run.site not in (None, one.site):
        for other in others:
            if other.site == one.site:
                return ("nearer_run", other.starts_on.isoformat())
    return None


def _why(run: Run, one: Waiting, later: Sequence[Run], arrival: int) -> tuple[Reason, ...]:
    others = [other for other in later if _can_wait_for(one, other)]
    reasons: list[Reason] = []
    if one.limit_on < run.starts_on:
        reasons.append(("limit_passed", one.limit_on.isoformat()))
    elif not others:
        reasons.append(("last_before_limit", one.limit_on.isoformat()))
    if one.is_returned:
        reasons.append(("returned",))
    if one.is_urgent:
        reasons.append(("urgent",))
    reasons.append(("arrival", arrival))
    if run.audience == "women":
        reasons.append(("women",))
    if run.site is not None and run.site == one.site:
        reasons.append(("own_site",))
    if one.needs_interpreter:
        reasons.append(("interpreter",))
    return tuple(reasons)
