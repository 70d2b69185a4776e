"""Every write on a participant or a referral: one transaction, one trail entry."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused, Stale
from maillage.network.models import Organisation
from maillage.network.vocabularies import RETURN_REASONS
from maillage.programme.intake import access, names
from maillage.programme.intake.models import (
    Assessment,
    ContactAttempt,
    Obligation,
    Participant,
    Referral,
    ReferralStep,
    RequestedModule,
)

IDENTITY = (
    "last_name",
    "first_name",
    "birth_date",
    "sex",
    "town",
    "phone",
    "phone_is_shared",
    "email",
    "language",
)
REFERRAL = (
    "received_on",
    "due_on",
    "site",
    "is_urgent",
    "referrer_category",
    "referrer",
    "referrer_contact",
    "legal_framework",
    "motivation",
    "care_obligation",
    "marital_status",
    "employment",
    "resources",
    "comment",
)
OLDEST_AGE = 110


def locked_participant(participant: Participant, by) -> Participant:
    return Participant.objects.visible_to(by).select_for_update(of=("self",)).get(pk=participant.pk)


def locked_referral(referral: Referral, by) -> Referral:
    return Referral.objects.visible_to(by).select_for_update(of=("self",)).get(pk=referral.pk)


def check_dates(*, received_on: date, birth_date: date | None, today: date | None = None) -> None:
    """A referral is not of the future, nor before the birth, nor of a person over 110."""
    day = today or timezone.localdate()
    if received_on > day:
        raise Refused("L’orientation ne peut pas être reçue dans le futur.", "received_on")
    if birth_date and birth_date > received_on:
        raise Refused("La date de naissance est après l’orientation.", "birth_date")
    if birth_date and received_on.year - birth_date.year > OLDEST_AGE:
        raise Refused(f"L’âge dépasse {OLDEST_AGE} ans : vérifiez l’année.", "birth_date")


def next_reference(organisation: Organisation, year: int) -> str:
    """The next « 2026-0001 » of an organisation, whose row the caller has locked."""
    prefix = f"{year}-"
    last = (
        Participant.objects.filter(
            organisation=organisation, reference__regex=rf"^{prefix}\d{{4}}$"
        )
        .order_by("-reference")
        .values_list("reference", flat=True)
        .first()
    )
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"


def _take(fields: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(given) - set(fields):
        raise TypeError(f"unknown fields: {sorted(unknown)}")
    return dict(given)


def _step(referral: Referral, by, *, on: date, reason: str = "") -> None:
    ReferralStep.objects.create(
        referral=referral, status=referral.status, on=on, by=by.user, reason=reason
    )


@transaction.atomic
def register_referral(
    *,
    by,
    participant: Participant | None = None,
    identity: Mapping[str, Any] | None = None,
    referral: Mapping[str, Any],
    obligations: Iterable[str] = (),
    modules: Iterable[str] = (),
) -> Referral:
    """Records a sending of a known participant, or of a new one with the `identity` as known."""
    access.check_can_register(by)
    given = _take(REFERRAL, referral)
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=by.organisation_id)
    if participant is None:
        known = _take(IDENTITY, identity or {})
        check_dates(received_on=given["received_on"], birth_date=known.get("birth_date"))
        participant = Participant.objects.create(
            organisation=organisation,
            reference=next_reference(organisation, given["received_on"].year),
            **known,
        )
        names.index(participant)
        number = 1
    else:
        participant = locked_participant(participant, by)
        check_dates(received_on=given["received_on"], birth_date=participant.birth_date)
        if participant.referrals.pending().exists():
            raise Refused("Une orientation de cette personne est déjà en cours de traitement.")
        number = participant.referrals.count() + 1
        while participant.referrals.filter(number=number).exists():
            number += 1
    _check_due(given)
    created = Referral.objects.create(
        organisation=organisation, participant=participant, number=number, **given
    )
    _set_codes(created, obligations, modules)
    _step(created, by, on=created.received_on)
    trail.record("referral_registered", by=by, target=created.uid, file=participant.uid)
    return created


def _check_due(given: Mapping[str, Any]) -> None:
    due_on = given.get("due_on")
    if due_on and due_on < given["received_on"]:
        raise Refused("L’échéance est avant la réception.", "due_on")


def _set_codes(referral: Referral, obligations: Iterable[str], modules: Iterable[str]) -> None:
    for model, codes in ((Obligation, obligations), (RequestedModule, modules)):
        wanted = set(codes)
        rows = model.objects.filter(referral=referral)
        rows.exclude(code__in=wanted).delete()
        kept = set(rows.values_list("code", flat=True))
        model.objects.bulk_create(
            model(referral=referral, code=code) for code in sorted(wanted - kept)
        )


def _check_version(record, version: int) -> None:
    if record.version != version:
        raise Stale()


@transaction.atomic
def update_identity(*, by, participant: Participant, version: int, **identity: Any) -> Participant:
    """Corrects or completes an identity; raises `Stale` when somebody else did meanwhile."""
    participant = locked_participant(participant, by)
    access.check_can_edit_identity(by, participant)
    _check_version(participant, version)
    given = _take(IDENTITY, identity)
    first = participant.referrals.order_by("received_on").values_list("received_on", flat=True)
    if (earliest := first.first()) and given.get("birth_date"):
        check_dates(received_on=earliest, birth_date=given["birth_date"], today=date.max)
    changed = sorted(k for k, v in given.items() if getattr(participant, k) != v)
    for field, value in given.items():
        setattr(participant, field, value)
    participant.version += 1
    participant.save()
    if {"last_name", "first_name", "birth_date"} & set(changed):
        names.index(participant)
    trail.record("identity_updated", by=by, file=participant.uid, fields=changed)
    return participant


@transaction.atomic
def update_referral(
    *,
    by,
    referral: Referral,
    version: int,
    obligations: Iterable[str],
    modules: Iterable[str],
    **given: Any,
) -> Referral:
    """Corrects a referral that is not decided yet; raises `Stale` when it changed meanwhile."""
    referral = locked_referral(referral, by)
    access.check_can_edit_referral(by, referral)
    _check_version(referral, version)
    _take(REFERRAL, given)
    _check_due(given)
    check_dates(received_on=given["received_on"], birth_date=referral.participant.birth_date)
    changed = sorted(k for k, v in given.items() if getattr(referral, k) != v)
    for field, value in given.items():
        setattr(referral, field, value)
    referral.version += 1
    referral.save()
    _set_codes(referral, obligations, modules)
    trail.record(
        "referral_updated",
        by=by,
        target=referral.uid,
        file=referral.participant.uid,
        fields=changed,
    )
    return referral


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


def _move(
    referral: Referral, transition: str, *, by, on: date, verb: str, reason: str = ""
) -> None:
    if on < referral.received_on:
        raise Refused("Cette date est avant la réception de l’orientation.", "on")
    if on > timezone.localdate():
        raise Refused("Cette date est dans le futur.", "on")
    referral.move(transition)
    if referral.status in Referral.ENDED:
        referral.ended_on = on
    referral.version += 1
    referral.save()
    _step(referral, by, on=on, reason=reason)
    trail.record(verb, by=by, target=referral.uid, file=referral.participant.uid)


@transaction.atomic
def plan_assessment(*, by, referral: Referral, on: date | None = None) -> Referral:
    referral = locked_referral(referral, by)
    access.check_can_plan_assessment(by, referral)
    _move(referral, "plan_assessment", by=by, on=on or timezone.localdate(), verb="assessment_due")
    return referral


@transaction.atomic
def put_on_waiting_list(*, by, referral: Referral, site=None, on: date | None = None) -> Referral:
    """Waits at a site, at the rank that the day of arrival gives (R88, R152)."""
    referral = locked_referral(referral, by)
    access.check_can_put_on_waiting_list(by, referral)
    referral.site = site or referral.site
    if referral.site is None:
        raise Refused("Choisissez le lieu où la personne attend une place.", "site")
    _move(referral, "wait", by=by, on=on or timezone.localdate(), verb="referral_waiting")
    return referral


def _end(
    referral: Referral, transition: str, verb: str, *, by, on: date, reason: str, comment: str
):
    if reason not in RETURN_REASONS:
        raise Refused("Choisissez un motif.", "reason")
    referral.return_reason = reason
    _move(referral, transition, by=by, on=on, verb=verb, reason=comment)
    return referral


@transaction.atomic
def return_to_referrer(*, by, referral: Referral, on: date, reason: str, comment: str = ""):
    """Sends the file back to whoever referred, with the reason (R47)."""
    referral = locked_referral(referral, by)
    access.check_can_return(by, referral)
    return _end(
        referral, "return", "referral_returned", by=by, on=on, reason=reason, comment=comment
    )


@transaction.atomic
def close_without_entry(*, by, referral: Referral, on: date, reason: str, comment: str = ""):
    referral = locked_referral(referral, by)
    access.check_can_close(by, referral)
    return _end(referral, "close", "referral_closed", by=by, on=on, reason=reason, comment=comment)


@transaction.atomic
def reopen(*, by, referral: Referral) -> Referral:
    """Takes up again a referral that was returned or closed; its past steps stay."""
    referral = locked_referral(referral, by)
    access.check_can_reopen(by, referral)
    if referral.participant.referrals.pending().exists():
        raise Refused("Une autre orientation de cette personne est déjà en cours.")
    referral.ended_on, referral.return_reason = None, ""
    _move(referral, "reopen", by=by, on=timezone.localdate(), verb="referral_reopened")
    return referral


@transaction.atomic
def redirect(*, by, referral: Referral, to: Organisation, on: date, comment: str = "") -> Referral:
    """Passes the person to another branch; both files share one key, so that the network counts
    one person (R57, I27). Notes, calls and assessments stay where they were written."""
    referral = locked_referral(referral, by)
    access.check_can_redirect(by, referral)
    sender = by.organisation
    if to.pk == sender.pk or not to.mandates.filter(kind="branch", ends_on=None).exists():
        raise Refused("Choisissez une autre antenne du réseau.", "to")
    receiver = Organisation.objects.select_for_update(of=("self",)).get(pk=to.pk)
    person = referral.participant
    theirs = Participant.objects.filter(organisation=receiver, person_key=person.person_key).first()
    if theirs is None:
        theirs = Participant.objects.create(
            organisation=receiver,
            reference=next_reference(receiver, on.year),
            person_key=person.person_key,
            **{field: getattr(person, field) for field in IDENTITY},
        )
        names.index(theirs)
    elif theirs.referrals.pending().exists():
        raise Refused("Cette antenne traite déjà une orientation de cette personne.", "to")
    received = Referral.objects.create(
        organisation=receiver,
        participant=theirs,
        number=theirs.referrals.count() + 1,
        received_on=on,
        due_on=referral.due_on if referral.due_on and referral.due_on >= on else None,
        referrer_category="antenne",
        referrer=sender,
        legal_framework=referral.legal_framework,
        motivation=referral.motivation,
        care_obligation=referral.care_obligation,
        marital_status=referral.marital_status,
        employment=referral.employment,
        resources=referral.resources,
        is_urgent=referral.is_urgent,
        comment=comment,
    )
    _set_codes(
        received,
        referral.obligations.values_list("code", flat=True),
        referral.requested_modules.values_list("code", flat=True),
    )
    _step(received, by, on=on)
    referral.redirected_to = received
    _move(referral, "redirect", by=by, on=on, verb="referral_redirected", reason=comment)
    trail.record(
        "referral_received_from_branch",
        by=by,
        target=received.uid,
        file=theirs.uid,
        organisation=receiver.slug,
        sender=sender.slug,
    )
    return referral


@transaction.atomic
def record_assessment(*, by, referral: Referral, **grid: Any) -> Assessment:
    """Keeps one interview of the assessment (R61–R67)."""
    referral = locked_referral(referral, by)
    access.check_can_assess(by, referral)
    held_on, signed_on = grid["held_on"], grid.get("contract_signed_on")
    if held_on > timezone.localdate() or held_on < referral.received_on:
        raise Refused("L’entretien se tient entre la réception et aujourd’hui.", "held_on")
    if signed_on and signed_on > timezone.localdate():
        raise Refused("La signature ne peut pas être dans le futur.", "contract_signed_on")
    assessment = Assessment.objects.create(referral=referral, by=by.user, **grid)
    if referral.status == Referral.Status.RECEIVED:
        referral.move("plan_assessment")
        referral.version += 1
        referral.save(update_fields=["status", "version"])
        _step(referral, by, on=held_on)
    trail.record("assessment_recorded", by=by, target=referral.uid, file=referral.participant.uid)
    return assessment
