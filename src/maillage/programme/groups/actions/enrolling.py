"""What happens to one demand for a course: each act a dated step, nothing overwritten (R89)."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.programme.groups import access
from maillage.programme.groups.actions.steps import locked_enrolment, locked_group, step
from maillage.programme.groups.models import Enrolment, EnrolmentStep, KeptApart, Offer
from maillage.programme.intake import actions as intake
from maillage.programme.intake.models import Participant, Referral

ACTS = {  # the act: the transition, whether it frees a place under the group's lock
    "confirm": "confirm",
    "withdraw": "withdraw",
    "excuse": "excuse",
    "miss": "miss",
    "cancel": "cancel",
    "leave": "move",
    "return": "return",
    "reopen": "reopen",
}


@transaction.atomic
def ask(*, by, referral: Referral, kind: str, asked_on: date | None = None) -> Enrolment:
    """Puts a person on the list of one kind of offer; the rank is the day of the referral (R88)."""
    access.check_can_convene(by)
    referral = intake.locked_referral(referral, by)
    if referral.status in Referral.ENDED:
        raise Refused("Cette orientation est terminée\u00a0: on n’inscrit plus.")
    if kind not in Offer.Kind.values:
        raise Refused("Choisissez ce que la personne attend.", "kind")
    return enrol(by=by, referral=referral, kind=kind, asked_on=asked_on or referral.received_on)


def enrol_asked(referral: Referral, *, by) -> None:
    """Whatever group a referral asks for, the person is on its list at once (`intake.arrivals`)."""
    asked = set(referral.requested_modules.values_list("code", flat=True))
    known = Enrolment.objects.filter(referral=referral).exclude(status__in=Enrolment.ENDED)
    listed = set(known.values_list("kind", flat=True))
    for kind, module in Offer.MODULES.items():
        if module in asked and kind not in listed:
            enrol(by=by, referral=referral, kind=kind, asked_on=referral.received_on)


def enrol(*, by, referral: Referral, kind: str, asked_on: date) -> Enrolment:
    """The same without asking who may: for what a referral asks by itself."""
    open_ones = Enrolment.objects.filter(referral=referral, kind=kind)
    if open_ones.exclude(status__in=Enrolment.ENDED).exists():
        raise Refused("Cette personne est déjà inscrite.", "kind")
    enrolment = Enrolment.objects.create(
        organisation_id=referral.organisation_id,
        participant_id=referral.participant_id,
        referral=referral,
        kind=kind,
        asked_on=asked_on,
        is_returned_by_court=referral.is_urgent and referral.number > 1,
    )
    EnrolmentStep.objects.create(
        enrolment=enrolment, status=enrolment.status, on=asked_on, by=by.user
    )
    trail.record(
        "enrolment_asked",
        by=by,
        target=enrolment.uid,
        file=referral.participant.uid,
        kind=kind,
        organisation=referral.organisation.slug,
    )
    return enrolment


def _held(enrolment: Enrolment, by) -> Enrolment:
    """The enrolment, locked after its group: places are counted under the group's lock."""
    if enrolment.group is not None:
        locked_group(enrolment.group, by)
    return locked_enrolment(enrolment, by)


@transaction.atomic
def act(
    *, by, enrolment: Enrolment, act: str, on: date | None = None, reason: str = ""
) -> Enrolment:
    """One of `ACTS`; raises `Refused` where the state of the enrolment does not allow it."""
    access.check_can_convene(by)
    enrolment = _held(enrolment, by)
    return step(enrolment, ACTS[act], by=by, on=on, reason=reason)


@transaction.atomic
def postpone(
    *, by, enrolment: Enrolment, until: date | None, reason: str = "", on: date | None = None
) -> Enrolment:
    """At the person's request: they come back to the list, not before a day that they say."""
    access.check_can_convene(by)
    enrolment = _held(enrolment, by)
    if until is not None and until <= (on or timezone.localdate()):
        raise Refused("Un report est jusqu’à une date à venir.", "until")
    return step(enrolment, "postpone", by=by, on=on, reason=reason, until=until)


@transaction.atomic
def ask_extension(*, by, enrolment: Enrolment, on: date | None = None) -> Enrolment:
    """Past six months the referrer is asked to agree (R80, R88, R153)."""
    access.check_can_convene(by)
    enrolment = locked_enrolment(enrolment, by)
    enrolment.extension_asked_on, enrolment.extension_agreed_on = on or timezone.localdate(), None
    return _keep(enrolment, by, "enrolment_extension_asked")


@transaction.atomic
def agree_extension(*, by, enrolment: Enrolment, on: date | None = None) -> Enrolment:
    """Keeps the day on which the referrer agreed."""
    access.check_can_convene(by)
    enrolment = locked_enrolment(enrolment, by)
    if enrolment.extension_asked_on is None:
        raise Refused("L’accord n’a pas encore été demandé.")
    day = on or timezone.localdate()
    if day < enrolment.extension_asked_on:
        raise Refused("L’accord est avant la demande.", "on")
    enrolment.extension_agreed_on = day
    return _keep(enrolment, by, "enrolment_extension_agreed")


def _keep(enrolment: Enrolment, by, verb: str) -> Enrolment:
    enrolment.version += 1
    enrolment.save()
    trail.record(verb, by=by, target=enrolment.uid, file=enrolment.participant.uid)
    return enrolment


@transaction.atomic
def keep_apart(*, by, one: Participant, other: Participant) -> KeptApart:
    """Two files of the branch whose people are never convened together; nothing says why."""
    access.check_can_convene(by)
    if one.pk == other.pk:
        raise Refused("Choisissez une autre personne.", "other")
    first, second = sorted((one.pk, other.pk))
    found = {
        each.pk: each
        for each in Participant.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .filter(pk__in=(first, second))
        .order_by("pk")
    }
    if len(found) < 2:
        raise Refused("Cette personne n’a pas de dossier ici.", "other")
    pair, is_new = KeptApart.objects.get_or_create(
        one_id=first,
        other_id=second,
        defaults={"organisation_id": by.organisation_id, "by": by.user},
    )
    if is_new:
        for each in found.values():
            trail.record("kept_apart", by=by, target=each.uid, file=each.uid)
    return pair
