"""Who may do what with somebody who is helped; each check raises its reason."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from maillage.barriers.walls import wall_of
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


def traceable_files(by) -> Q:
    """The files whose trail a membership may read: those of its organisation and side, restricted
    ones too, but none that one is shut out of."""
    if by.side != Side.SUPPORT or not by.holds(Permission.TRAIL_READ):
        return Q(pk__in=[])
    mine = Q(organisation_id=by.organisation_id)
    return mine & wall_of(Side.SUPPORT).unbarred(by, "pk")
