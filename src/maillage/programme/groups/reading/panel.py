"""The groups of one person, on the page of their file; what groups ask for, on that of the day."""

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from maillage.core.calendar import short_date
from maillage.network.roles import Permission
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.panels import Line, Panel
from maillage.programme.groups.models import Enrolment
from maillage.programme.groups.reading.dues import dues

SHOWN = 10


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


def of_day(by, is_mine: bool) -> Panel | None:
    """The warnings, notices and agreements that wait, of one's own files or of the branch."""
    if not by.holds(Permission.GROUP_CONVENE):
        return None
    found = dues(by, only=_followed_by(by.user) if is_mine else None, most=SHOWN + 1)
    if not found:
        return None
    lines = [
        Line(
            label=due.enrolment.participant.display_name,
            url=reverse("enrolment", args=[due.enrolment.uid]),
            text=f"{due.enrolment.get_kind_display()}, {due.text}",
            state=due.title,
            look=due.look,
        )
        for due in found[:SHOWN]
    ]
    return Panel("Stages et groupes", lines, reverse("enrolment_dues"), "Tout ce qui est à faire")


def _followed_by(user) -> Q:
    mine = Episode.objects.filter(participant=OuterRef("participant"), exited_on__isnull=True)
    return Q(Exists(mine.filter(Q(referent=user) | Q(modules__practitioner=user))))
