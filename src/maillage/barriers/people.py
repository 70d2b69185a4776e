"""The colleagues among whom one is shut out or named, and those who must be told."""

from maillage.barriers.walls import wall_of
from maillage.core.models import User
from maillage.network.models import Membership
from maillage.network.roles import GRANTS, Permission


def _holding(by, permission: Permission):
    roles = [
        role for (side, role), held in GRANTS.items() if side == by.side and permission in held
    ]
    held = Membership.objects.current().filter(
        organisation_id=by.organisation_id, side=by.side, role__in=roles
    )
    return User.objects.filter(pk__in=held.values("user"), is_active=True)


def colleagues(by) -> list[User]:
    """Those of the organisation and side who may read files, by name."""
    found = _holding(by, wall_of(by.side).reads)
    return list(found.only("name", "email").order_by("name", "pk"))


def managers_of(by, file) -> list[User]:
    """Those who watch over a file and are not shut out of it themselves, but for who acts."""
    shut_out = wall_of(by.side).barriers.objects.filter(file=file, lifted_at=None)
    found = _holding(by, Permission.BARRIER_MANAGE).exclude(pk__in=shut_out.values("user"))
    return list(found.exclude(pk=by.user.pk).only("email").order_by("pk"))
