"""Who closes a file, who says that they know somebody, who opens one in an emergency."""

from django.core.exceptions import PermissionDenied

from maillage.barriers.walls import wall_of
from maillage.network.models import works_today
from maillage.network.roles import Permission, check_holds


def check_can_manage(by) -> None:
    if not works_today(by):
        raise PermissionDenied("Vous n’êtes plus rattaché·e à cette organisation.")
    check_holds(
        by,
        Permission.BARRIER_MANAGE,
        "La protection d’un dossier revient à la personne responsable.",
    )


def check_can_read_files(by) -> None:
    """Whoever reads no file has none to open, nor to be kept out of."""
    if not works_today(by):
        raise PermissionDenied("Vous n’êtes plus rattaché·e à cette organisation.")
    check_holds(by, wall_of(by.side).reads, "Votre rôle ne donne pas accès aux dossiers.")
