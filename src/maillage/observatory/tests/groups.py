"""Invented demands, runs and sessions, and the facts that they say."""

from datetime import date, timedelta

from hypothesis import strategies as st
from tests.independent_groups import six_months_after

from maillage.observatory.group_facts import Interviews, Meeting, Module, Money, Run, Turn, Wait

STATES = (
    *("to_convene", "convened", "confirmed", "postponed", "excused", "absent"),
    *("attending", "completed", "cancelled", "moved", "returned"),
)
EDGES = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 6, 30), date(2024, 12, 31)]
days = st.dates(date(2023, 1, 1), date(2025, 6, 30)) | st.sampled_from(EDGES)


@st.composite
def demand(draw):
    asked = draw(days)
    steps, day = [(asked, "to_convene")], asked
    for _ in range(draw(st.integers(0, 5))):
        day += timedelta(draw(st.integers(0, 200)))
        steps.append((day, draw(st.sampled_from(STATES))))
    closed = draw(st.none() | st.integers(0, 500).map(lambda n: asked + timedelta(n)))
    kind = draw(st.sampled_from(["course", "course", "talk_group"]))
    return {"kind": kind, "asked_on": asked, "closed_on": closed, "steps": steps}


demands = st.lists(demand(), max_size=15)


def turns_of(some: list[dict]) -> list[Turn]:
    found = []
    for enrolment, one in enumerate(some, 1):
        for rank, (on, state) in enumerate(one["steps"], 1):
            found.append(
                Turn(
                    turn=100 * enrolment + rank,
                    enrolment=enrolment,
                    participant=enrolment,
                    kind=one["kind"],
                    asked_on=one["asked_on"],
                    six_months_on=six_months_after(one["asked_on"]),
                    closed_on=one["closed_on"],
                    rank=rank,
                    state=state,
                    on=on,
                )
            )
    return found


def run(number: int, starts_on: date, convened: int, attended: int, kind="course") -> Run:
    return Run(number, kind, starts_on, convened, attended)


def meeting(
    number: int, on: date, minutes=180, expected=0, present=0, kind="course", is_individual=False
) -> Meeting:
    return Meeting(number, kind, on, minutes, is_individual, expected, present)


def module(number: int, on: date, place: int, title: str, expected: int, present: int) -> Module:
    return Module(number, "course", on, place, title, expected, present)


def wait(number: int, on: date, length: int, what="course", is_long=False) -> Wait:
    return Wait(number, what, on, length, is_long)


def interviews(number: int, on: date, purpose: str, status: str, count: int) -> Interviews:
    return Interviews(number, on, purpose, status, count)


def money(number: int, on: date, kind: str, cents: int) -> Money:
    return Money(number, on, kind, cents)
