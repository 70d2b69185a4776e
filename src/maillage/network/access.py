"""Who may read the directory."""

from maillage.network.roles import Permission, check_holds


def check_can_read_directory(by) -> None:
    check_holds(by, Permission.DIRECTORY_READ, "Votre rôle n’ouvre pas l’annuaire du réseau.")
