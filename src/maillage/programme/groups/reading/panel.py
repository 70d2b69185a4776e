"""The groups of one person, on the page of their file."""

from django.urls import reverse

from maillage.core.calendar import short_date
from maillage.network.roles import Permission
from maillage.programme.episodes.panels import Line, Panel
from maillage.programme.groups.models import Enrolment


def of_file(by, participant) -> Panel | None:
    """In one query."""
    rows = (
        Enrolment.objects.filter(participant=participant)
        .select_related("group")
        .order_by("-asked_on", "-pk")
    )
    lines = [
        Line(
            label=one.get_kind_display(),
            url=reverse("enrolment", args=[one.uid]),
            text=one.get_status_display(),
            since=_since(one),
        )
        for one in rows
    ]
    if not lines or not by.holds(Permission.FILE_READ):
        return None
    return Panel("Groupes", lines)


def _since(one: Enrolment) -> str:
    if one.group is not None:
        return f"session {one.group.number}, du {short_date(one.group.starts_on)}"
    return f"demandé le {short_date(one.asked_on)}"
