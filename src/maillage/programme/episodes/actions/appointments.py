"""Appointments: planned, marked, postponed; nothing that happened is overwritten (I68)."""

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.programme.episodes import access
from maillage.programme.episodes.actions.follow import check_intervenes, touch, untouch
from maillage.programme.episodes.models import Appointment
from maillage.programme.intake import actions as intake
from maillage.programme.intake.models import Referral

VERBS = {
    "keep": "appointment_kept",
    "excuse": "appointment_excused",
    "miss": "appointment_missed",
    "cancel": "appointment_cancelled",
    "correct": "appointment_corrected",
}


def _locked(appointment: Appointment, by) -> Appointment:
    return (
        Appointment.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=appointment.pk)
    )


def _check_free(practitioner, starts_at: datetime, minutes: int) -> None:
    """A practitioner meets one person at a time; two who plan at once wait for each other."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=practitioner.pk)
    ends_at = starts_at + timedelta(minutes=minutes)
    near = Appointment.objects.filter(
        practitioner=practitioner,
        status=Appointment.Status.PLANNED,
        starts_at__lt=ends_at,
        starts_at__gt=starts_at - timedelta(hours=8),
    )
    for other in near:
        if other.starts_at + timedelta(minutes=other.minutes) > starts_at:
            raise Refused(f"{practitioner.name} a déjà un rendez-vous à cette heure.", "starts_at")


def _create(
    *, by, referral: Referral, practitioner, starts_at, minutes, site, kind, supersedes=None
):
    check_intervenes(practitioner, referral.participant, "practitioner")
    if site is not None and site.organisation_id != referral.organisation_id:
        raise Refused("Ce lieu n’est pas de votre organisation.", "site")
    day = timezone.localdate(starts_at)
    if day < referral.received_on:
        raise Refused("Ce rendez-vous est avant l’orientation.", "starts_at")
    if referral.ended_on is not None and day > referral.ended_on:
        raise Refused("Cette orientation est terminée à cette date.", "starts_at")
    episode = getattr(referral, "episode", None)
    if episode and not episode.is_open and day > episode.exited_on:
        raise Refused("Ce suivi est terminé à cette date.", "starts_at")
    if starts_at > timezone.now():
        _check_free(practitioner, starts_at, minutes)
    return Appointment.objects.create(
        organisation_id=referral.organisation_id,
        participant_id=referral.participant_id,
        referral=referral,
        practitioner=practitioner,
        site=site,
        kind=kind,
        starts_at=starts_at,
        minutes=minutes,
        supersedes=supersedes,
    )


@transaction.atomic
def plan(
    *,
    by,
    referral: Referral,
    practitioner,
    starts_at: datetime,
    minutes: int = 45,
    site=None,
    kind: str = Appointment.Kind.FOLLOW_UP,
) -> Appointment:
    """Fixes a meeting, one of the past too; that of the assessment makes it due."""
    referral = intake.locked_referral(referral, by)
    access.check_can_plan(by)
    appointment = _create(
        by=by,
        referral=referral,
        practitioner=practitioner,
        starts_at=starts_at,
        minutes=minutes,
        site=site,
        kind=kind,
    )
    if kind == Appointment.Kind.ASSESSMENT and referral.status == Referral.Status.RECEIVED:
        intake.plan_assessment(by=by, referral=referral)
    trail.record("appointment_planned", by=by, target=referral.uid, file=referral.participant.uid)
    return appointment


@transaction.atomic
def mark(*, by, appointment: Appointment, transition: str) -> Appointment:
    """Says what became of it: `keep`, `excuse`, `miss`, `cancel`, or `correct` to undo that."""
    appointment = _locked(appointment, by)
    access.check_can_mark(by, appointment, transition)
    if transition in ("keep", "miss") and appointment.starts_at > timezone.now():
        raise Refused("Ce rendez-vous n’a pas encore eu lieu.")
    was_kept, day = appointment.status == Appointment.Status.KEPT, appointment.day
    appointment.move(transition)
    appointment.save(update_fields=["status"])
    if transition == "keep":
        touch(appointment.referral, day)
    elif was_kept:
        untouch(appointment.referral, day)
    trail.record(
        VERBS[transition],
        by=by,
        target=appointment.referral.uid,
        file=appointment.participant.uid,
        appointment=appointment.pk,
    )
    return appointment


@transaction.atomic
def postpone(
    *,
    by,
    appointment: Appointment,
    starts_at: datetime,
    practitioner=None,
    asked_by_person: bool = True,
) -> Appointment:
    """Keeps the appointment as postponed and returns the one that supersedes it (I68)."""
    appointment = _locked(appointment, by)
    access.check_can_mark(by, appointment, "postpone")
    if starts_at <= timezone.now():
        raise Refused("Le nouveau rendez-vous est dans le futur.", "starts_at")
    appointment.move("postpone")
    appointment.save(update_fields=["status"])
    successor = _create(
        by=by,
        referral=appointment.referral,
        practitioner=practitioner or appointment.practitioner,
        starts_at=starts_at,
        minutes=appointment.minutes,
        site=appointment.site,
        kind=appointment.kind,
        supersedes=appointment,
    )
    trail.record(
        "appointment_postponed",
        by=by,
        target=appointment.referral.uid,
        file=appointment.participant.uid,
        appointment=appointment.pk,
        successor=successor.pk,
        asked_by_person=asked_by_person,
    )
    return successor
