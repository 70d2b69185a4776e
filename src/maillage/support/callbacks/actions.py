"""A request is received from the public site, and handled by its counter. Nothing is ever sent."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from maillage.core import rowlock, trail
from maillage.core.errors import Refused
from maillage.network.actors import CommandLine
from maillage.network.roles import Permission, Side
from maillage.support.callbacks import access
from maillage.support.callbacks.models import Callback, desk_for

SEALED = ("town", "phone", "hours", "code_word", "note")


@dataclass(frozen=True)
class Visitor(CommandLine):
    """Somebody of whom nothing is known, writing to one counter and reading nothing of it."""

    side: str = Side.SUPPORT
    role: str = "visitor"

    def holds(self, permission: Permission) -> bool:
        return False


def receive(
    *, uid: str, need: str, department: str, may_leave_message: bool, **told: str
) -> Callback:
    """Keeps one request for the counter of its place and need; the same form sent twice is one."""
    desk = desk_for(department, need)
    if desk is None:
        raise Refused("Aucun guichet ne rappelle pour cela dans ce département.")
    visitor = Visitor(desk.organisation)
    with transaction.atomic(), rowlock.acting(visitor):
        callback, is_new = Callback.objects.get_or_create(
            uid=uid,
            defaults={
                "organisation": desk.organisation,
                "need": need,
                "may_leave_message": may_leave_message,
                **{name: told.get(name, "") for name in SEALED},
            },
        )
        if is_new:
            trail.record("callback_asked", by=visitor, target=callback.uid)
    return callback


@transaction.atomic
def handle(*, callback: Callback, by, outcome: str) -> Callback:
    """Says what came of it, and forgets how to reach the person: that belongs to a file now."""
    mine = Callback.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    found = mine.get(pk=callback.pk)
    access.check_can_handle(by, found)
    if outcome not in Callback.Outcome.values or outcome == Callback.Outcome.OPEN:
        raise Refused("Choisissez ce qu’il en est\u00a0: jointe, injoignable, mauvais numéro.")
    for name in SEALED:
        setattr(found, name, None)
    found.outcome = outcome
    found.handled_at = timezone.now()
    found.handled_by = by.user
    found.save()
    trail.record("callback_handled", by=by, target=found.uid, outcome=outcome)
    return found
