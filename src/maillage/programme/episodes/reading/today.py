"""What one's day asks for; each piece is read only where its permission is held."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TypeVar

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from maillage.barriers.walls import wall_of
from maillage.core.models import TrailEntry
from maillage.network.roles import Permission
from maillage.programme.episodes.models import Appointment, Episode
from maillage.programme.episodes.reading.journal import VERBS
from maillage.programme.intake.models import Obligation, Participant, Referral

SHOWN = 10
MOST_A_DAY = 200
Rows = TypeVar("Rows", bound=QuerySet)
WEEK = timedelta(days=7)
CALL_AGAIN_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class Some:
    """The first of a list, and whether there are more."""

    items: list
    has_more: bool

    @classmethod
    def of(cls, found: QuerySet, most: int = SHOWN) -> "Some":
        items = list(found[: most + 1])
        return cls(items[:most], len(items) > most)

    def __bool__(self) -> bool:
        return bool(self.items)

    def __iter__(self):
        return iter(self.items)


@dataclass(frozen=True)
class Change:
    at: datetime
    what: str
    who: str
    participant: Participant


@dataclass
class Desk:
    """The pieces of the page; those that are not one's own stay `None`."""

    day: date
    is_mine: bool
    has_both: bool
    appointments: list[Appointment] = field(default_factory=list)
    late: Some | None = None
    expected: list[Appointment] = field(default_factory=list)
    week: list[tuple[date, list[Appointment]]] = field(default_factory=list)
    due: Some | None = None
    ending: Some | None = None
    silent: Some | None = None
    changes: list[Change] | None = None
    received: Some | None = None
    calls: Some | None = None

    @property
    def names(self) -> int:
        """How many times somebody is named on the page, for the trail of reads."""
        pieces = (self.late, self.due, self.ending, self.silent, self.received, self.calls)
        counted = sum(len(piece.items) for piece in pieces if piece)
        planned = len(self.appointments) + sum(len(some) for _, some in self.week)
        return counted + planned + len(self.changes or [])


def naming(found: Rows, *columns: str, to: str = "participant__") -> Rows:
    """These columns and the name of the person alone: each sealed column costs its opening."""
    person = ("uid", "reference", "last_name", "first_name")
    return found.only(*columns, *(f"{to}{column}" for column in person))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def read_desk(by, *, whole_branch: bool = False) -> Desk:
    """The page of one's day; who practises sees their own files, unless they ask for the branch."""
    today = timezone.localdate()
    practises = by.holds(Permission.NOTE_CLINICAL)
    is_mine = practises and not whole_branch
    desk = Desk(today, is_mine, has_both=practises)
    files = Episode.objects.visible_to(by).open()
    files = files.filter(referent=by.user) if is_mine else files
    if by.holds(Permission.APPOINTMENT_PLAN):
        _meetings(desk, by, today)
    if by.holds(Permission.REFERRAL_FOLLOW):
        _deadlines(desk, by, files, today)
        silent = files.silent().select_related("participant", "site").order_by("last_contact_on")
        desk.silent = Some.of(naming(silent, "last_contact_on", "site__name"), 5)
    if practises:
        desk.changes = _changes(by, files)
    if by.holds(Permission.REFERRAL_REGISTER) and not is_mine:
        _arrivals(desk, by)
    return desk


def _meetings(desk: Desk, by, today: date) -> None:
    found = naming(
        Appointment.objects.visible_to(by).select_related("participant", "site", "practitioner"),
        *("starts_at", "kind", "status", "site__name", "practitioner__name"),
    ).order_by("starts_at", "pk")
    if desk.is_mine:
        found = found.filter(practitioner=by.user)
    start, end = _midnight(today), _midnight(today + timedelta(days=1))
    gone = (Appointment.Status.POSTPONED, Appointment.Status.CANCELLED)
    planned = found.filter(status=Appointment.Status.PLANNED)
    desk.late = Some.of(planned.filter(starts_at__lt=start).order_by("-starts_at"))
    asked = found.filter(starts_at__gte=start, starts_at__lt=end + WEEK).exclude(status__in=gone)
    asked = asked.filter(Q(starts_at__lt=end) | Q(status=Appointment.Status.PLANNED))
    keys = asked[: 2 * MOST_A_DAY].values("pk")
    both = list(found.filter(pk__in=keys))  # sorts keys, then joins those shown
    desk.appointments = [a for a in both if a.starts_at < end][:MOST_A_DAY]
    coming = [a for a in both if a.starts_at >= end][:MOST_A_DAY]
    desk.week = [(day, list(each)) for day, each in groupby(coming, key=lambda a: a.day)]
    if not by.holds(Permission.EPISODE_FOLLOW):
        desk.expected = _expected(by, start, end)


def _expected(by, start: datetime, end: datetime) -> list[Appointment]:
    """Those whom reception lets in without knowing who they are: of a restricted file, an hour, a
    practitioner and a reference, no name and no page."""
    wall = wall_of(by.side)
    found = Appointment.objects.filter(
        wall.unbarred(by, "participant"),
        participant__in=wall.closed(by),
        organisation_id=by.organisation_id,
        status=Appointment.Status.PLANNED,
        starts_at__gte=start,
        starts_at__lt=end,
    ).select_related("participant", "site", "practitioner")
    told = ("starts_at", "participant__reference", "site__name", "practitioner__name")
    return list(found.only(*told).order_by("starts_at", "pk")[:MOST_A_DAY])


def _deadlines(desk: Desk, by, files, today: date) -> None:
    pending = naming(
        Referral.objects.visible_to(by).pending().select_related("participant"),
        *("status", "received_on", "due_on"),
    )
    desk.due = Some.of(pending.filter(due_on__lte=today + WEEK).order_by("due_on", "pk"))
    ending = Obligation.objects.filter(
        referral__episode__in=files, ends_on__gte=today, ends_on__lte=today + WEEK
    )
    named = naming(
        ending.select_related("referral__participant"),
        *("code", "ends_on"),
        to="referral__participant__",
    )
    desk.ending = Some.of(named.order_by("ends_on", "pk"))


def _changes(by, files) -> list[Change]:
    """What others did in one's files for a week, each told once a file and a kind."""
    entries = (
        TrailEntry.objects.filter(
            organisation=by.organisation_slug,
            side=by.side,
            at__gte=timezone.now() - WEEK,
            file__in=files.filter(referent=by.user).values("participant__uid"),
            verb__in=VERBS,
        )
        .exclude(by=by.user)
        .select_related("by")
        .only("at", "file", "verb", "by__name")
        .order_by("-id")[: SHOWN * 3]
    )
    kept: dict[tuple[str, str], TrailEntry] = {}
    for entry in entries:
        kept.setdefault((entry.file, entry.verb), entry)
    newest = list(kept.values())[:SHOWN]
    visible = Participant.objects.visible_to(by).filter(uid__in=[e.file for e in newest])
    people = {person.uid: person for person in naming(visible, to="")}
    return [Change(e.at, VERBS[e.verb], e.by.name if e.by else "", people[e.file]) for e in newest]


def _arrivals(desk: Desk, by) -> None:
    """What reception has before it: what just came, and whom to call."""
    referrals = naming(
        Referral.objects.visible_to(by).select_related("participant"),
        *("uid", "is_urgent", "referrer_category", "received_on"),
    )
    received = referrals.filter(status=Referral.Status.RECEIVED)
    desk.received = Some.of(received.order_by("-is_urgent", "-received_on", "-pk"))
    coming = Appointment.objects.filter(
        referral=OuterRef("pk"), status=Appointment.Status.PLANNED, starts_at__gt=timezone.now()
    )
    tried_at = timezone.now() - CALL_AGAIN_AFTER
    desk.calls = Some.of(
        referrals.filter(~Exists(coming), status__in=["received", "to_assess"])
        .annotate(tried_at=Max("contact_attempts__at"))
        .filter(Q(tried_at=None) | Q(tried_at__lt=tried_at))
        .order_by("-is_urgent", "received_on", "pk")
    )
