"""Who writes the letters of an organisation, and who sends one; each check raises its reason."""

from maillage.network.roles import Permission, check_holds


def check_can_edit(by) -> None:
    check_holds(by, Permission.LETTER_EDIT, "Les courriers sont écrits par le ou la responsable.")


def check_can_send(by) -> None:
    check_holds(by, Permission.LETTER_SEND, "Votre rôle ne permet pas d’envoyer un courrier.")
