"""What the frame of every signed-in page shows."""

from django.http import HttpRequest

from maillage.network.roles import Permission, Side


def frame(request: HttpRequest) -> dict:
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"membership": None}
    may = {permission.value: membership.holds(permission) for permission in Permission}
    return {
        "membership": membership,
        "other_memberships": getattr(request, "other_memberships", []),
        "may": may,
        "is_support_side": membership.side == Side.SUPPORT,
    }
