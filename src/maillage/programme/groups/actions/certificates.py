"""Certificates and reports of non-attendance: by the rules, numbered, verifiable, revocable."""

from django.db import transaction
from django.utils import timezone

from maillage.core import seals, trail
from maillage.core.errors import Refused
from maillage.network.models import Organisation
from maillage.programme.groups import access
from maillage.programme.groups.actions.steps import locked_enrolment
from maillage.programme.groups.certifying import verdict
from maillage.programme.groups.models import Certificate, Enrolment, Group


def _next_number(organisation_id: int, year: int) -> str:
    """Without a gap, in an organisation and a year; whoever asks holds the organisation's row."""
    Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation_id)
    last = (
        Certificate.objects.filter(organisation=organisation_id, number__begins=f"{year}-")
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    return f"{year}-{int(last.split('-')[1]) + 1 if last else 1:04}"


@transaction.atomic
def issue(*, by, enrolment: Enrolment) -> Certificate:
    """A certificate where the rules are met, else a report of non-attendance once it is over."""
    access.check_can_certify(by)
    enrolment = locked_enrolment(enrolment, by)
    if enrolment.certificates.filter(revoked_on=None).exists():
        raise Refused("Un document est déjà établi pour cette personne.")
    kind, minutes = _kind(enrolment)
    code, today = seals.make_code(), timezone.localdate()
    made = Certificate.objects.create(
        organisation_id=enrolment.organisation_id,
        enrolment=enrolment,
        kind=kind,
        number=_next_number(enrolment.organisation_id, today.year),
        code=code,
        minutes=minutes,
        issued_on=today,
        by=by.user,
    )
    seals.seal(code)
    trail.record(
        "certificate_issued",
        by=by,
        target=enrolment.uid,
        file=enrolment.participant.uid,
        number=made.number,
        kind=kind,
    )
    return made


def _kind(enrolment: Enrolment) -> tuple[str, int]:
    if enrolment.group is None:
        raise Refused("Cette personne n’a été dans aucun groupe.")
    is_over = enrolment.group.status == Group.Status.FINISHED
    told = verdict(enrolment)
    if enrolment.status == Enrolment.Status.COMPLETED and told.is_earned:
        return Certificate.Kind.COMPLETION, told.minutes
    if enrolment.status == Enrolment.Status.COMPLETED:
        raise Refused("Les règles ne sont plus remplies\u00a0: " + " ; ".join(told.missing))
    if not is_over and enrolment.status != Enrolment.Status.ABSENT:
        raise Refused("Le groupe n’est pas terminé.")
    return Certificate.Kind.NON_ATTENDANCE, told.minutes


@transaction.atomic
def revoke(*, by, certificate: Certificate, reason: str) -> Certificate:
    """A document that turned out wrong is revoked, and its code says so; never changed."""
    access.check_can_certify(by)
    locked_enrolment(certificate.enrolment, by)
    certificate = Certificate.objects.select_for_update(of=("self",), no_key=True).get(
        pk=certificate.pk
    )
    if certificate.revoked_on is not None:
        raise Refused("Ce document est déjà annulé.")
    if not reason.strip():
        raise Refused("Dites pourquoi.", "reason")
    certificate.revoked_on, certificate.revoked_because = timezone.localdate(), reason
    certificate.save()
    seals.break_seal(certificate.code)
    trail.record(
        "certificate_revoked",
        by=by,
        target=certificate.enrolment.uid,
        file=certificate.enrolment.participant.uid,
        number=certificate.number,
    )
    return certificate
