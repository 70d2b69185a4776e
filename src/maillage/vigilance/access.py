"""Who may watch over the trail, and who answers an alert; each check raises its reason."""

from django.core.exceptions import PermissionDenied

from maillage.network.models import works_today
from maillage.network.roles import Permission, check_holds
from maillage.vigilance.models import Alert


def check_can_watch(by) -> None:
    if not works_today(by):
        raise PermissionDenied("Vous n’êtes plus rattaché·e à cette organisation.")
    check_holds(by, Permission.TRAIL_READ, "Votre rôle ne permet pas de lire les journaux.")


def check_can_answer(by, alert: Alert) -> None:
    check_can_watch(by)
    if alert.who_id == by.user.pk:
        raise PermissionDenied("Une autre personne que vous répond d’une alerte sur vos lectures.")
    if alert.is_answered:
        raise PermissionDenied("Cette alerte a déjà sa réponse.")


def check_can_name_staff(by) -> None:
    check_holds(
        by,
        Permission.TRAIL_NAMES,
        "Les noms du personnel ne sont donnés à la personne que sur décision du ou de la DPO.",
    )
