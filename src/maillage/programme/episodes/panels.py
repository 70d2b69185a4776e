"""What rooms above this one show on the page of a file and on the page of one’s day: each says at
start how it is made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from maillage.programme.intake.models import Participant


@dataclass(frozen=True)
class Line:
    label: str
    url: str
    text: str
    since: str = ""
    state: str = ""
    look: str = ""


@dataclass(frozen=True)
class Panel:
    """A title, lines that lead somewhere, and one act under them."""

    title: str
    lines: list[Line] = field(default_factory=list)
    url: str = ""
    action: str = ""


Maker = Callable[[Any, Participant], Panel | None]  # for a membership and a file it may open
OfDay = Callable[[Any, bool], Panel | None]  # for a membership; whether of its own files alone

_makers: list[Maker] = []
_of_day: list[OfDay] = []


def add_panel(maker: Maker) -> None:
    if maker not in _makers:
        _makers.append(maker)


def panels_of(by, participant: Participant) -> list[Panel]:
    """Those that have something to say, in the order in which rooms came."""
    return [panel for maker in _makers if (panel := maker(by, participant)) is not None]


def add_day_panel(maker: OfDay) -> None:
    if maker not in _of_day:
        _of_day.append(maker)


def panels_of_day(by, is_mine: bool) -> list[Panel]:
    """What each room asks of one’s day; each line names a person."""
    return [panel for maker in _of_day if (panel := maker(by, is_mine)) is not None]
