"""One group on one page: its sessions, who sits there, who left it and how many one may not see."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from maillage.programme.groups.models import Enrolment, Group, Session
from maillage.programme.groups.planner import bounds, distribution
from maillage.programme.groups.reading.chances import chances_of

ORDER = {status: rank for rank, status in enumerate(Enrolment.Status.values)}
SHAPES = {
    "to_convene": "",
    "convened": "info",
    "confirmed": "done",
    "postponed": "soon",
    "excused": "soon",
    "absent": "late",
    "attending": "done",
    "completed": "done",
    "cancelled": "",
    "moved": "",
    "returned": "",
}


@dataclass
class Board:
    group: Group
    sessions: list[Session]
    seated: list[Enrolment]
    others: list[Enrolment]  # absent, completed, or gone back to the list from here
    hidden: int
    taken: int
    expected: float
    low: int
    high: int

    @property
    def free(self) -> int:
        return max(0, self.group.limit - self.taken)


def groups_list(by) -> QuerySet[Group]:
    """With how many are seated and how many came to the end."""
    return (
        Group.objects.visible_to(by)
        .for_list()
        .annotate(
            n_seated=Count("enrolments", Q(enrolments__status__in=Enrolment.SEATED)),
            n_done=Count("enrolments", Q(enrolments__status=Enrolment.Status.COMPLETED)),
        )
    )


def board(group: Group, by) -> Board:
    here = Q(group=group) | Q(convocations__group=group)
    mine = Enrolment.objects.visible_to(by).filter(here).for_list().distinct()
    everybody: list[Any] = list(mine.select_related("participant", "referral"))
    for one in everybody:
        one.shape = SHAPES[one.status]
    seated = [one for one in everybody if one.takes_a_place and one.group_id == group.pk]
    others = [one for one in everybody if one not in seated]
    taken = Enrolment.objects.filter(group=group, status__in=Enrolment.SEATED).count()
    told = chances_of(group.organisation_id, seated)
    spread = distribution(told.values())
    low, high = bounds(spread)
    sessions: list[Any] = list(
        group.sessions.select_related("room").prefetch_related(
            "modules", "speakers__user", "speakers__partner"
        )
    )
    for session in sessions:
        session.is_past = session.starts_at <= timezone.now()
    by_name = sorted(seated, key=lambda one: one.participant.display_name)
    others.sort(key=lambda one: (ORDER[one.status], one.participant.display_name))
    return Board(
        group=group,
        sessions=sessions,
        seated=by_name,
        others=others,
        hidden=taken - len(seated),
        taken=taken,
        expected=sum(told.values()),
        low=low,
        high=high,
    )
