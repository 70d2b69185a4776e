"""Who may do what with offers, groups and enrolments; each check raises its reason."""

from maillage.network.roles import Permission, can, check_holds


def check_can_offer(by) -> None:
    check_holds(by, Permission.GROUP_OFFER, "L’offre est décrite par le ou la responsable.")


def check_can_plan(by) -> None:
    check_holds(by, Permission.GROUP_PLAN, "Votre rôle ne permet pas de planifier un groupe.")


def check_can_convene(by) -> None:
    check_holds(by, Permission.GROUP_CONVENE, "Votre rôle ne permet pas de convoquer.")


def check_can_tick(by) -> None:
    check_holds(by, Permission.ATTENDANCE_TICK, "Votre rôle ne permet pas d’émarger.")


def check_can_certify(by) -> None:
    check_holds(
        by,
        Permission.GROUP_CERTIFY,
        "Une attestation est établie par l’intervenant·e ou le ou la responsable.",
    )


def may(check, *args) -> bool:
    """Whether a `check_…` would let it pass; for buttons."""
    return can(check, *args)
