"""What pages of accounts show, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from maillage.accounts import access
from maillage.accounts.factors import METHODS
from maillage.accounts.models import Invitation, UserSession
from maillage.core.models import ReadEntry, TrailEntry, User
from maillage.network.models import Membership
from maillage.network.roles import can

LAST, WARN_DAYS, ENDED_DAYS = 40, 30, 60


@dataclass(frozen=True)
class OpenSession:
    uid: str
    device: str
    since: datetime
    seen: datetime
    method: str
    is_this_one: bool


def sessions_of(user: User, here: str) -> list[OpenSession]:
    found = UserSession.objects.filter(user=user).open().order_by("-last_seen_at")
    return [
        OpenSession(
            each.uid,
            each.device,
            each.signed_in_at,
            each.last_seen_at,
            METHODS.get(each.method, "mot de passe seul"),
            each.uid == here,
        )
        for each in found
    ]


@dataclass(frozen=True)
class Access:
    """Something one looked at or did; a file is told by its uid alone."""

    at: datetime
    what: str
    file: str
    count: int


def _words() -> dict[str, str]:
    """How each room tells what it records."""
    return {
        verb: words
        for room in apps.get_app_configs()
        for verb, words in getattr(room, "trail_words", dict)().items()
    }


def accesses_of(by) -> list[Access]:
    """What one looked at and did last, under this membership's organisation and side."""
    mine = {"organisation": by.organisation_slug, "side": by.side, "by": by.user}
    words = _words()
    looks = ReadEntry.objects.filter(**mine).order_by("-id")[:LAST]
    acts = TrailEntry.objects.filter(**mine).order_by("-id")[:LAST]
    found = [
        *(Access(x.at, words.get(x.what, x.what), x.file, x.count) for x in looks),
        *(Access(x.at, words.get(x.verb, x.verb), x.file, 0) for x in acts),
    ]
    return sorted(found, key=lambda access: access.at, reverse=True)[:LAST]


@dataclass(frozen=True)
class Account:
    """One membership, as who manages the accounts reads it."""

    membership: Membership
    state: str
    kind: str
    may_answer: bool
    may_end: bool


def _state(membership: Membership, today: date) -> tuple[str, str]:
    if membership.ended_at or (membership.ends_on and membership.ends_on < today):
        return "terminé", ""
    if membership.starts_on > today:
        return "à venir", "info"
    if membership.ends_on and (left := (membership.ends_on - today).days) <= WARN_DAYS:
        words = "prend fin aujourd’hui" if not left else f"prend fin dans {left}\u00a0jours"
        return words.replace("dans 1\u00a0jours", "demain"), "soon"
    return "en cours", "done"


def accounts_for(by) -> list[Account]:
    """Those of one's own organisation and side; what ends soon first, what ended at the end."""
    today = timezone.localdate()
    lately = timezone.now() - timedelta(days=ENDED_DAYS)
    kept = Q(ended_at__isnull=True) | Q(ended_at__gt=lately)
    not_old = Q(ends_on__isnull=True) | Q(ends_on__gt=lately.date())
    found = Membership.objects.visible_to(by).filter(kept, not_old).select_related("user")
    lines = []
    for each in found.order_by("user__name", "pk"):
        words, kind = _state(each, today)
        is_live = words != "terminé" or not each.ended_at
        answers = is_live and can(access.check_can_answer_for, by, each)
        ends = words != "terminé" and can(access.check_can_end, by, each)
        lines.append(Account(each, words, kind, answers, ends))
    order = {"soon": 0, "": 2}
    return sorted(lines, key=lambda line: order.get(line.kind, 1))


def invitations_for(by) -> list[Invitation]:
    found = Invitation.objects.visible_to(by).open().select_related("by", "user")
    return list(found.order_by("-created_at"))
