"""What a manager looks at first: who waits too long, who has room, this month beside the last."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from maillage.core.calendar import MONTHS, add_months
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.reading.team import Load, Team, read_team
from maillage.programme.episodes.reading.today import SHOWN, Some, naming
from maillage.programme.intake.models import Referral


@dataclass(frozen=True)
class Span:
    """The days a column counts, both included."""

    title: str
    start: date
    end: date


@dataclass(frozen=True)
class Flow:
    """One figure over each span, and the list behind it."""

    name: str
    route: str
    since: str
    until: str
    counts: list[tuple[Span, int]]


@dataclass(frozen=True)
class Monday:
    too_long: Some
    due: Some
    team: Team
    spans: list[Span]
    flows: list[Flow]

    @property
    def roomiest(self) -> list[Load]:
        """Those who follow the fewest first; what nobody follows comes last."""
        return sorted(self.team.loads, key=lambda load: (load.key == "none", load.total))[:SHOWN]


def spans(today: date) -> list[Span]:
    """This month so far, the same days of last month, and the whole of it."""
    start = today.replace(day=1)
    last = add_months(start, -1)
    now, before = MONTHS[start.month - 1].capitalize(), MONTHS[last.month - 1].capitalize()
    same_day = add_months(today, -1)
    return [
        Span(f"{now}, au {_day(today)}", start, today),
        Span(f"{before}, au {_day(same_day)}", last, same_day),
        Span(f"{before} entier", last, start - timedelta(days=1)),
    ]


def _day(day: date) -> str:
    return "1er" if day.day == 1 else str(day.day)


def read_monday(by) -> Monday:
    today = timezone.localdate()
    referrals = Referral.objects.visible_to(by)
    pending = naming(
        referrals.pending().select_related("participant", "site"),
        *("status", "received_on", "due_on", "site__name"),
    ).order_by("received_on", "pk")
    columns = spans(today)
    return Monday(
        Some.of(pending.late(today), 8),
        Some.of(pending.filter(due_on__lte=add_months(today, 1)).order_by("due_on", "pk"), 8),
        read_team(by),
        columns,
        _flows(by, columns),
    )


def _flows(by, columns: list[Span]) -> list[Flow]:
    referrals, episodes = Referral.objects.visible_to(by), Episode.objects.visible_to(by)
    received = _counts(referrals, "received_on", columns)
    entered = _counts(episodes, "entered_on", columns)
    exited = _counts(episodes, "exited_on", columns)
    return [
        Flow("Orientations reçues", "referrals", "since", "until", received),
        Flow("Entrées", "files", "entered_since", "entered_until", entered),
        Flow("Sorties", "files", "exited_since", "exited_until", exited),
    ]


def _counts(queryset, column: str, columns: list[Span]) -> list[tuple[Span, int]]:
    wanted = {
        f"n{rank}": Count(
            "pk", filter=Q(**{f"{column}__gte": span.start, f"{column}__lte": span.end})
        )
        for rank, span in enumerate(columns)
    }
    first, last = min(span.start for span in columns), max(span.end for span in columns)
    recent = queryset.filter(**{f"{column}__gte": first, f"{column}__lte": last})
    found = recent.aggregate(**wanted)
    return [(span, found[f"n{rank}"]) for rank, span in enumerate(columns)]
