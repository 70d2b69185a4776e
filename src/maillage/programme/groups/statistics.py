"""What the yearly figures read of groups, demands and interviews, and what an erasure keeps of it.

Both read by the same functions, of an organisation or of one file, so that what is kept is what
was counted.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.programme.episodes.models import Appointment
from maillage.programme.episodes.statistics import month_of
from maillage.programme.groups.models import (
    Attendance,
    Convocation,
    Enrolment,
    EnrolmentStep,
    InterviewTally,
    Offer,
    RunTally,
    SessionTally,
    StatisticalDemand,
    StatisticalTurn,
    StatisticalWait,
)
from maillage.programme.intake.models import Participant

LONG_WAIT = 6  # months (R88)
_PURPOSES = {
    Appointment.Kind.ASSESSMENT: InterviewTally.Purpose.ASSESSMENT,
    Appointment.Kind.REVIEW: InterviewTally.Purpose.ASSESSMENT,
    Appointment.Kind.FOLLOW_UP: InterviewTally.Purpose.INDIVIDUAL,
    Appointment.Kind.PHONE: InterviewTally.Purpose.PHONE,
}


@dataclass(frozen=True, slots=True)
class Ended:
    """One wait that ended; `key` is the enrolment or the referral."""

    what: str
    key: int
    on: date
    days: int
    is_long: bool


def _ended(what: str, key: int, since: date, on: date) -> Ended:
    return Ended(what, key, on, (on - since).days, on > add_months(since, LONG_WAIT))


def course_waits(**of: Any) -> Iterator[Ended]:
    """From the demand to the first day of the first course begun."""
    begun = (
        EnrolmentStep.objects.filter(
            **{f"enrolment__{name}": value for name, value in of.items()},
            enrolment__kind=Offer.Kind.COURSE,
            status=Enrolment.Status.ATTENDING,
        )
        .standing()
        .order_by()
        .values_list("enrolment_id", "enrolment__asked_on")
        .annotate(Min("on"))
    )
    for enrolment, asked_on, on in begun:
        yield _ended(StatisticalWait.What.COURSE, enrolment, asked_on, on)


def interview_waits(**of: Any) -> Iterator[Ended]:
    """From the referral to the first appointment kept; one held before it is no answer to it. The
    interviews' own grid is clinical, and is not read for figures."""
    kept = (
        Appointment.objects.filter(**of, status=Appointment.Status.KEPT)
        .order_by()
        .values_list("referral_id", "referral__received_on")
        .annotate(Min("starts_at"))
    )
    for referral, received_on, at in kept:
        on = timezone.localdate(at)
        if on >= received_on:
            yield _ended(StatisticalWait.What.INTERVIEW, referral, received_on, on)


def interviews(**of: Any) -> Iterator[tuple[date, str, str, int]]:
    """Last day of the month, purpose, status, and how many were fixed."""
    for_course = Enrolment.objects.filter(referral=OuterRef("referral"), kind=Offer.Kind.COURSE)
    counted: dict[tuple[date, str, str], int] = {}
    rows = (
        Appointment.objects.filter(**of)
        .order_by()
        .annotate(month=TruncMonth("starts_at"), for_course=Exists(for_course))
        .values_list("month", "for_course", "kind", "status")
        .annotate(Count("pk"))
    )
    for month, is_for_course, kind, status, count in rows:
        purpose = InterviewTally.Purpose.COURSE if is_for_course else _PURPOSES[kind]
        key = (month_of(timezone.localdate(month)), str(purpose), status)
        counted[key] = counted.get(key, 0) + count
    for (on, purpose_told, status), count in counted.items():
        yield on, purpose_told, status, count


def _of_enrolment(of: dict[str, Any]) -> dict[str, Any]:
    return {f"enrolment__{name}": value for name, value in of.items()}


def convened_by_run(**of: Any) -> dict[int, int]:
    undone = Q(step__undone_by__isnull=False)
    rows = Convocation.objects.filter(**_of_enrolment(of)).exclude(undone).order_by()
    return dict(rows.values_list("group_id").annotate(Count("enrolment", distinct=True)))


def attended_by_run(**of: Any) -> dict[int, int]:
    """Those who came to one session at least."""
    rows = Attendance.objects.filter(**_of_enrolment(of), is_present=True).order_by()
    return dict(rows.values_list("session__group_id").annotate(Count("enrolment", distinct=True)))


def presences_by_session(**of: Any) -> dict[int, tuple[int, int]]:
    """How many were expected at each session that was ticked, and how many were there."""
    rows = (
        Attendance.objects.filter(**_of_enrolment(of))
        .order_by()
        .values_list("session_id")
        .annotate(Count("pk"), present=Count("pk", filter=Q(is_present=True)))
    )
    return {session: (expected, present) for session, expected, present in rows}


def reduce(participant: Participant) -> None:
    """Writes what stands for the demands and interviews of a file; the caller erases it in the
    same breath."""
    organisation, of = participant.organisation, {"participant": participant}
    StatisticalWait.objects.bulk_create(
        StatisticalWait(
            organisation=organisation,
            what=wait.what,
            year=wait.on.year,
            days=wait.days,
            is_long=wait.is_long,
        )
        for wait in (*course_waits(**of), *interview_waits(**of))
    )
    for on, purpose, status, count in interviews(**of):
        key: dict[str, Any] = {
            "organisation": organisation,
            "on": on,
            "purpose": purpose,
            "status": status,
        }
        InterviewTally.objects.get_or_create(**key)
        InterviewTally.objects.filter(**key).update(count=F("count") + count)
    convened, attended = convened_by_run(**of), attended_by_run(**of)
    for group in {*convened, *attended}:
        RunTally.objects.get_or_create(group_id=group)
        RunTally.objects.filter(group_id=group).update(
            convened=F("convened") + convened.get(group, 0),
            attended=F("attended") + attended.get(group, 0),
        )
    for session, (expected, present) in presences_by_session(**of).items():
        SessionTally.objects.get_or_create(session_id=session)
        SessionTally.objects.filter(session_id=session).update(
            expected=F("expected") + expected, present=F("present") + present
        )
    _reduce_demands(participant)


def _reduce_demands(participant: Participant) -> None:
    enrolments = list(participant.enrolments.select_related("referral").prefetch_related("steps"))
    secrets.SystemRandom().shuffle(enrolments)  # the order tells nothing either
    turns = []
    for enrolment in enrolments:
        closed_on = enrolment.referral.ended_on
        demand = StatisticalDemand.objects.create(
            organisation_id=enrolment.organisation_id,
            kind=enrolment.kind,
            asked_on=month_of(enrolment.asked_on),
            closed_on=month_of(closed_on) if closed_on else None,
        )
        turns += [
            StatisticalTurn(demand=demand, rank=rank, state=step.status, on=month_of(step.on))
            for rank, step in enumerate(in_order(enrolment.steps.all()), 1)
        ]
    StatisticalTurn.objects.bulk_create(turns)


def in_order(steps) -> list[EnrolmentStep]:
    """By day, then as they were recorded: a step entered late for an earlier day stands there. One
    noted by mistake is not told, nor what undid it."""
    undone = {step.undoes_id for step in steps}
    kept = [step for step in steps if step.undoes_id is None and step.pk not in undone]
    return sorted(kept, key=lambda step: (step.on, step.recorded_at, step.pk))
