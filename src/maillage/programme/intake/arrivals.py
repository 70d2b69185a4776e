"""Who else wants to know that a referral asks for something: rooms above this one say so at start.

Each listener is called in the transaction of the act, with the referral as it stands: what it
writes is kept or undone with it.
"""

from collections.abc import Callable
from typing import Any

from maillage.programme.intake.models import Referral

Listener = Callable[..., Any]  # called as listener(referral, by=…)

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Called once by a room, when the program starts."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(referral: Referral, *, by) -> None:
    for listener in _listeners:
        listener(referral, by=by)
