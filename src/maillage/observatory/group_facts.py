"""What the observatory knows of groups, demands for them and interviews: days, codes and counts.

A key below zero stands for an erased file, whose days are the last of their month. Counts of runs,
sessions and modules hold the erased too.
"""

from dataclasses import astuple, dataclass, fields
from datetime import date
from typing import ClassVar, get_type_hints


@dataclass(slots=True)
class Turn:
    """One state that a demand for a kind of group entered. `closed_on` is when its referral ended
    without entry; `six_months_on` is the demand plus six calendar months."""

    table: ClassVar[str] = "turns"

    turn: int
    enrolment: int
    participant: int
    kind: str
    asked_on: date
    six_months_on: date
    closed_on: date | None
    rank: int
    state: str
    on: date


@dataclass(slots=True)
class Run:
    """One run that was held: how many were convened to it, how many came at least once."""

    table: ClassVar[str] = "runs"

    run: int
    kind: str
    starts_on: date
    convened: int
    attended: int


@dataclass(slots=True)
class Meeting:
    """One session that was held."""

    table: ClassVar[str] = "meetings"

    meeting: int
    kind: str
    on: date
    minutes: int
    is_individual: bool
    expected: int
    present: int


@dataclass(slots=True)
class Module:
    """One module of a session that was held; `place` orders modules as they are held."""

    table: ClassVar[str] = "modules"

    module: int
    kind: str
    on: date
    place: int
    title: str
    expected: int
    present: int


@dataclass(slots=True)
class Wait:
    """One wait that came to its end on a day: for a course, or for a first interview."""

    table: ClassVar[str] = "waits"

    wait: int
    what: str
    on: date
    days: int
    is_long: bool


@dataclass(slots=True)
class Interviews:
    """How many interviews were fixed for a month, by purpose and what became of them."""

    table: ClassVar[str] = "interviews"

    interviews: int
    on: date
    purpose: str
    status: str
    count: int


@dataclass(slots=True)
class Money:
    """One sum asked, received, given back or forgone on a day, in cents; below zero where it undoes
    another. A key below zero is of a file that was erased."""

    table: ClassVar[str] = "money"

    money: int
    on: date
    kind: str
    cents: int


TABLES = (Turn, Run, Meeting, Module, Wait, Interviews, Money)
_TYPES = {int: "BIGINT", str: "VARCHAR", date: "DATE", date | None: "DATE", bool: "BOOLEAN"}

GroupFact = Turn | Run | Meeting | Module | Wait | Interviews | Money


def as_row(fact: GroupFact) -> tuple:
    return astuple(fact)


def columns_of(kind: type) -> dict[str, str]:
    """Column → type, in order."""
    hints = get_type_hints(kind)
    return {field.name: _TYPES[hints[field.name]] for field in fields(kind)}
