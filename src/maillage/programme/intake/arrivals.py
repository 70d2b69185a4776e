"""Who else wants to know what a referral asks for: rooms above this one say so at start.

Each listener is called in the transaction of the act, with the referral as it stands: what it
writes is kept or undone with it.
"""

from collections.abc import Callable, Collection
from typing import Any

from maillage.programme.intake.models import Referral

Listener = Callable[..., Any]  # called as listener(referral, by=…, asked=…, dropped=…, again=…)

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Called once by a room, when the program starts."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(
    referral: Referral,
    *,
    by,
    asked: Collection[str],
    dropped: Collection[str] = (),
    again: bool = False,
) -> None:
    """A referral that arrives, changes or ends; `asked` are its modules and `dropped` those that it
    no longer asks for, `again` says that it was over and is taken up."""
    for listener in _listeners:
        listener(referral, by=by, asked=asked, dropped=dropped, again=again)
