"""How many alerts wait, for the pages that say it."""

from collections.abc import Callable

from django.http import HttpRequest

from maillage.network.roles import Permission
from maillage.vigilance.models import Alert


def watch(request: HttpRequest) -> dict[str, Callable[[], int]]:
    """Counted only where a page shows it."""

    def alerts_to_look_at() -> int:
        by = getattr(request, "membership", None)
        if by is None or not by.holds(Permission.TRAIL_READ):
            return 0
        return Alert.objects.visible_to(by).to_look_at().count()

    return {"alerts_to_look_at": alerts_to_look_at}
