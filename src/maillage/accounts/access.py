"""Who manages whose account."""

from django.core.exceptions import PermissionDenied

from maillage.network.models import Membership
from maillage.network.roles import ANSWERS_FOR, GRANTS, Permission, Role, check_holds


def check_can_manage_accounts(by) -> None:
    check_holds(
        by,
        Permission.ACCOUNT_MANAGE,
        "Les comptes se gèrent par la personne responsable ou par l’administration technique.",
    )


def roles_opened_by(by) -> list[Role]:
    """The roles that a membership may invite, on its own side."""
    opened = ANSWERS_FOR.get(by.role, frozenset())
    return [role for role in Role if role in opened and (by.side, role) in GRANTS]


def check_can_answer_for(by, membership: Membership) -> None:
    """Renewing an account, resetting its password or its factors."""
    check_can_manage_accounts(by)
    if membership.user_id == by.user.pk:
        raise PermissionDenied("Votre propre compte se gère par quelqu’un d’autre.")
    if membership.role not in ANSWERS_FOR.get(by.role, frozenset()):
        raise PermissionDenied("Ce rôle est géré par quelqu’un d’autre que vous.")


def check_can_end(by, membership: Membership) -> None:
    """The technical administrator may shut anybody out at once; others, whom they answer for."""
    check_can_manage_accounts(by)
    if membership.user_id == by.user.pk:
        raise PermissionDenied("Votre propre rattachement se termine par quelqu’un d’autre.")
    if not by.holds(Permission.ACCOUNT_END_ANY):
        check_can_answer_for(by, membership)
