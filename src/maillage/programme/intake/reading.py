"""What the lists of this room tell of a person or a referral, in a fixed number of queries."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Count,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce

from maillage.core.calendar import long_date
from maillage.core.text import fold
from maillage.programme.intake.models import (
    ContactAttempt,
    Participant,
    Referral,
    ReferralStep,
)

SHAPES: dict[str, str] = {
    Referral.Status.RECEIVED: "info",
    Referral.Status.TO_ASSESS: "info",
    Referral.Status.WAITING: "info",
    Referral.Status.ACCEPTED: "done",
}


@dataclass(frozen=True)
class Summary:
    """One line of search: where the last thing that happened to a person stands."""

    participant: Participant
    state: str
    shape: str
    site: str
    on: date | None
    step: str
    pending: Referral | None
    followed_since: date | None

    @property
    def caution(self) -> str:
        """What to know before one more referral is added to this file."""
        if self.pending:
            return (
                f"Une orientation reçue le {long_date(self.pending.received_on)} est déjà en cours "
                "de traitement\u00a0: complétez-la plutôt que d’en enregistrer une autre."
            )
        if self.followed_since:
            return (
                f"Un suivi est en cours depuis le {long_date(self.followed_since)}\u00a0: "
                "l’orientation s’ajoutera au dossier."
            )
        return ""


def summaries(participants: Sequence[Participant]) -> list[Summary]:
    newest = Referral.objects.select_related("site").order_by("-number")
    newest = newest.defer("comment", "referrer_contact")
    prefetch_related_objects(
        participants,
        Prefetch("referrals", newest, to_attr="told"),
        Prefetch("told__steps", ReferralStep.objects.defer("reason"), to_attr="taken"),
        "episodes__site",
    )
    return [_summary(participant) for participant in participants]


def in_order_of_work(found: Iterable[Summary]) -> list[Summary]:
    """Those who wait for something first, then those who are followed, each by name."""
    return sorted(
        found,
        key=lambda each: (
            each.pending is None,
            each.followed_since is None,
            fold(each.participant.display_name),
            each.participant.pk,
        ),
    )


def _summary(participant: Any) -> Summary:
    referrals: list[Any] = participant.told
    episodes = sorted(participant.episodes.all(), key=lambda each: each.entered_on)
    pending = next((r for r in referrals if r.is_pending), None)
    followed = next((e for e in episodes if e.is_open), None)
    last = pending or (referrals[0] if referrals else None)
    left = next((e for e in episodes if last and e.referral_id == last.pk and not e.is_open), None)
    state, shape, site, on, step = "Sans orientation", "", None, None, ""
    if last:
        taken = last.taken
        state, shape, site = last.get_status_display(), SHAPES.get(last.status, ""), last.site
        on, step = (taken[-1].on, state) if taken else (last.received_on, "Reçue")
        if last.status == Referral.Status.RECEIVED:
            on = last.received_on
    if not pending and followed:
        state, shape, site = "Suivi en cours", "done", followed.site
        on, step = followed.last_contact_on, "Dernier contact"
    elif left:
        state, shape, site, on, step = "Sorti·e", "", left.site, left.exited_on, "Sortie"
    return Summary(
        participant,
        state,
        shape,
        str(site or ""),
        on,
        step,
        pending,
        followed.entered_on if followed else None,
    )


def ranks(by) -> dict[int, int]:
    """The rank of each waiting referral at its site, whatever a list is narrowed to (R152)."""
    waiting = Referral.objects.visible_to(by).waiting_list().values_list("pk", "site_id")
    reached: Counter[int] = Counter()
    found = {}
    for pk, site in waiting:
        reached[site] += 1
        found[pk] = reached[site]
    return found


def with_attempts(referrals: QuerySet[Referral]) -> QuerySet[Referral]:
    """Adds the day of the list and the tries to reach the person."""
    attempts = ContactAttempt.objects.filter(referral=OuterRef("pk"))
    counted = attempts.order_by().values("referral").annotate(n=Count("pk")).values("n")
    last = attempts.order_by("-at", "-pk")
    listed = ReferralStep.objects.filter(
        referral=OuterRef("pk"), status=Referral.Status.WAITING
    ).order_by("-recorded_at", "-pk")
    return referrals.annotate(
        attempts=Coalesce(Subquery(counted), 0),
        tried_at=Subquery(last.values("at")[:1]),
        tried_outcome=Subquery(last.values("outcome")[:1]),
        listed_on=Subquery(listed.values("on")[:1]),
    )


def outcome_words(code: str | None) -> str:
    return str(ContactAttempt.Outcome(code).label) if code else ""
