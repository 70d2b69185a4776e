"""Who writes questionnaires, types sheets and reads results; each check raises its reason."""

from maillage.network.roles import Permission, check_holds


def check_can_ask(by) -> None:
    check_holds(by, Permission.GROUP_PLAN, "Votre rôle ne permet pas de préparer un questionnaire.")


def check_can_type(by) -> None:
    check_holds(by, Permission.GROUP_CONVENE, "Votre rôle ne permet pas de saisir des réponses.")
