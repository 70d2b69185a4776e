"""Who may read whose figures, and who may open the files behind them."""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from maillage.network.directory import network_branches
from maillage.network.models import Organisation
from maillage.network.roles import Permission, Side, check_holds


def reportable_by(by) -> QuerySet[Organisation]:
    """The organisations whose figures a membership may know exist."""
    if by.side != Side.PROGRAMME:
        return Organisation.objects.none()
    if by.holds(Permission.NETWORK_REPORT_READ):
        return network_branches()
    if by.holds(Permission.REPORT_READ):
        return network_branches().filter(pk=by.organisation_id)
    return Organisation.objects.none()


def check_can_read_reports(by) -> None:
    if not (by.holds(Permission.REPORT_READ) or by.holds(Permission.NETWORK_REPORT_READ)):
        raise PermissionDenied("Les rapports sont réservés aux responsables et à la coordination.")


def check_can_open_cells(by, organisation: Organisation) -> None:
    """Figures of another branch are read, never opened."""
    check_holds(
        by, Permission.REPORT_OPEN_CELLS, "Votre rôle lit les chiffres, pas les dossiers derrière."
    )
    if organisation.pk != by.organisation_id:
        raise PermissionDenied("Les dossiers d’une autre antenne ne s’ouvrent pas d’ici.")
