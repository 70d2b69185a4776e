"""What rooms above this one show on the page of a file: each says at start how it is made."""

from collections.abc import Callable
from dataclasses import dataclass, field

from maillage.programme.intake.models import Participant


@dataclass(frozen=True)
class Line:
    label: str
    url: str
    text: str
    since: str = ""


@dataclass(frozen=True)
class Panel:
    """A title, lines that lead somewhere, and one act under them."""

    title: str
    lines: list[Line] = field(default_factory=list)
    url: str = ""
    action: str = ""


Maker = Callable[[object, Participant], Panel | None]  # for a membership and a file it may open

_makers: list[Maker] = []


def add_panel(maker: Maker) -> None:
    if maker not in _makers:
        _makers.append(maker)


def panels_of(by, participant: Participant) -> list[Panel]:
    """Those that have something to say, in the order in which rooms came."""
    return [panel for maker in _makers if (panel := maker(by, participant)) is not None]
