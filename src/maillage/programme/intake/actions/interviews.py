"""What is tried and learnt before the decision: calls, and the first interviews."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.programme.intake import access
from maillage.programme.intake.actions.referrals import locked_referral, record_step
from maillage.programme.intake.models import Assessment, ContactAttempt, Referral


@transaction.atomic
def record_contact_attempt(
    *,
    by,
    referral: Referral,
    channel: str,
    outcome: str,
    comment: str = "",
    at: datetime | None = None,
) -> ContactAttempt:
    """Keeps one try to reach the person; a successful one counts as a contact of the follow-up."""
    referral = locked_referral(referral, by)
    access.check_can_follow(by, referral)
    when = at or timezone.now()
    if when > timezone.now():
        raise Refused("La tentative ne peut pas être dans le futur.", "at")
    if timezone.localdate(when) < referral.received_on:
        raise Refused("La tentative est avant la réception de l’orientation.", "at")
    attempt = ContactAttempt.objects.create(
        referral=referral, at=when, channel=channel, outcome=outcome, comment=comment, by=by.user
    )
    trail.record(
        "contact_attempted",
        by=by,
        target=referral.uid,
        file=referral.participant.uid,
        channel=channel,
        outcome=outcome,
    )
    return attempt


@transaction.atomic
def record_assessment(*, by, referral: Referral, **grid: Any) -> Assessment:
    """Keeps one interview of the assessment (R61–R67)."""
    referral = locked_referral(referral, by)
    access.check_can_assess(by, referral)
    held_on, signed_on = grid["held_on"], grid.get("contract_signed_on")
    today = timezone.localdate()
    if not referral.received_on <= held_on <= today:
        raise Refused("L’entretien se tient entre la réception et aujourd’hui.", "held_on")
    if signed_on and not referral.received_on <= signed_on <= today:
        raise Refused("La signature est entre la réception et aujourd’hui.", "contract_signed_on")
    assessment = Assessment.objects.create(referral=referral, by=by.user, **grid)
    if referral.status == Referral.Status.RECEIVED:
        referral.move("plan_assessment")
        referral.version += 1
        referral.save(update_fields=["status", "version"])
        record_step(referral, by, on=held_on)
    trail.record("assessment_recorded", by=by, target=referral.uid, file=referral.participant.uid)
    return assessment
