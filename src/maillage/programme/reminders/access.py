"""Who notes how a person wants to be reached; each check raises its reason."""

from maillage.network.roles import Permission, check_holds


def check_can_choose(by) -> None:
    check_holds(by, Permission.REFERRAL_FOLLOW, "Votre rôle ne permet pas de noter ce choix.")
