"""Who else wants to know what a referral asks for: rooms above this one say so at start.

Each listener is called in the transaction of the act, with the referral as it stands: what it
writes is kept or undone with it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from maillage.network.models import Membership
from maillage.programme.intake.models import Referral


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A referral that arrives, changes or ends, and what it asks for from now on."""

    referral: Referral
    by: Membership
    asked: Collection[str]  # its modules
    dropped: Collection[str] = ()  # those that it no longer asks for
    again: bool = False  # it was over, and is taken up


Listener = Callable[[Arrival], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Called once by a room, when the program starts."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(arrival: Arrival) -> None:
    for listener in _listeners:
        listener(arrival)
