"""Who may do what with somebody who is helped; each check raises its reason."""

from django.core.exceptions import PermissionDenied

from maillage.network.models import works_today
from maillage.network.roles import Permission, Side, check_holds
from maillage.support.reception.models import Beneficiary


def check_can_read(by) -> None:
    """Lists and search hold names: who reads no file sees none of them."""
    if by.side != Side.SUPPORT or not works_today(by):
        raise PermissionDenied("Ces pages sont celles de l’aide aux victimes et aux familles.")
    check_holds(by, Permission.BENEFICIARY_READ, "Votre rôle ne donne pas accès aux dossiers.")


def check_can_write(by) -> None:
    check_can_read(by)
    check_holds(by, Permission.BENEFICIARY_WRITE, "Votre rôle ne permet pas d’écrire ici.")


def check_can_write_in(by, beneficiary: Beneficiary) -> None:
    """What is written goes into an open file; one that came back is opened again first."""
    check_can_write(by)
    if not beneficiary.is_open:
        raise PermissionDenied("Ce dossier est clos\u00a0: rouvrez-le d’abord.")


def check_can_reopen(by, beneficiary: Beneficiary) -> None:
    check_can_write(by)
    if beneficiary.is_open:
        raise PermissionDenied("Ce dossier est déjà ouvert.")
