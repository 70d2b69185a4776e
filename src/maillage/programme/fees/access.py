"""Who takes money, and who forgoes it; each check raises its reason."""

from maillage.network.roles import Permission, check_holds


def check_can_take(by) -> None:
    check_holds(by, Permission.FEE_TAKE, "Votre rôle ne permet pas de tenir la caisse.")


def check_can_waive(by) -> None:
    check_holds(by, Permission.FEE_WAIVE, "Une remise ou un remboursement revient au responsable.")
