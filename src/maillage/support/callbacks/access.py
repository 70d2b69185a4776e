"""Who may read and answer the requests of a counter."""

from django.core.exceptions import PermissionDenied

from maillage.network.models import works_today
from maillage.network.roles import Permission, Side, check_holds
from maillage.support.callbacks.models import Callback


def check_can_read(by) -> None:
    if by.side != Side.SUPPORT or not works_today(by):
        raise PermissionDenied("Ces pages sont celles de l’aide aux victimes et aux familles.")
    check_holds(by, Permission.BENEFICIARY_READ, "Votre rôle ne donne pas accès aux rappels.")


def check_can_handle(by, callback: Callback) -> None:
    check_can_read(by)
    check_holds(by, Permission.BENEFICIARY_WRITE, "Votre rôle ne permet pas d’écrire ici.")
    if not callback.is_open:
        raise PermissionDenied("Cette demande a déjà eu une suite.")
