"""The reads that an alert stands on."""

from datetime import datetime

from maillage.core.models import ReadEntry
from maillage.core.names import OWN_NAME
from maillage.vigilance.journal import words_of_read
from maillage.vigilance.models import Alert
from maillage.vigilance.rules import REFUSED

SHOWN = 100


def reads_behind(alert: Alert) -> list[tuple[datetime, str]]:
    """When and what, the first hundred; nothing once the reads are over their time."""
    mine = ReadEntry.objects.filter(
        organisation=alert.organisation.slug,
        side=alert.side,
        by=alert.who_id,
        at__gte=alert.first_at,
        at__lte=alert.last_at,
    )
    match alert.rule:
        case Alert.Rule.REFUSED:
            mine = mine.filter(what=REFUSED)
        case Alert.Rule.OWN_NAME:
            mine = mine.filter(flag=OWN_NAME)
        case Alert.Rule.SAME_SEARCH:
            mine = mine.filter(digest__isnull=False)
        case Alert.Rule.UNASSIGNED:
            mine = mine.filter(file=alert.file)
        case Alert.Rule.MANY_FILES:
            mine = mine.exclude(file="")
    found = mine.order_by("at", "id").values_list("at", "what")[:SHOWN]
    return [(at, words_of_read(what)) for at, what in found]
