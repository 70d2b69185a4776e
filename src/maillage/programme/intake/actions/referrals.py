"""What was sent, by whom, under which frame."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.models import make_uid
from maillage.network.models import Organisation, branches
from maillage.programme.intake import access, arrivals
from maillage.programme.intake.actions.participants import (
    IDENTITY,
    check_dates,
    check_version,
    complete_identity,
    create_participant,
    locked_participant,
    take,
)
from maillage.programme.intake.arrivals import Arrival
from maillage.programme.intake.models import (
    Obligation,
    Participant,
    Referral,
    ReferralStep,
    RequestedModule,
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


def locked_referral(referral: Referral, by) -> Referral:
    return (
        Referral.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=referral.pk)
    )


def record_step(referral: Referral, by, *, on: date, reason: str = "") -> None:
    ReferralStep.objects.create(
        referral=referral, status=referral.status, on=on, by=by.user, reason=reason
    )


def next_number(participant: Participant) -> int:
    """The rank of one more referral of a participant, whose row the caller has locked."""
    return (participant.referrals.aggregate(last=Max("number"))["last"] or 0) + 1


def _add_codes(model: Any, referral: Referral, codes: Iterable[str]) -> None:
    model.objects.bulk_create(model(referral=referral, code=code) for code in sorted(set(codes)))


def set_codes(referral: Referral, obligations: Iterable[str], modules: Iterable[str]) -> list[str]:
    """Leaves exactly these obligations and modules; says which of the two changed."""
    changed = []
    kinds: tuple[tuple[str, Any, Iterable[str]], ...] = (
        ("obligations", Obligation, obligations),
        ("modules", RequestedModule, modules),
    )
    for name, model, codes in kinds:
        wanted = set(codes)
        rows = model.objects.filter(referral=referral)
        kept = set(rows.values_list("code", flat=True))
        if wanted == kept:
            continue
        if kept - wanted:
            rows.exclude(code__in=wanted).delete()
        _add_codes(model, referral, wanted - kept)
        changed.append(name)
    return changed


@transaction.atomic
def register_referral(
    *,
    by,
    participant: Participant | None = None,
    identity: Mapping[str, Any] | None = None,
    referral: Mapping[str, Any],
    obligations: Iterable[str] = (),
    modules: Iterable[str] = (),
    uid: str | None = None,
) -> Referral:
    """Records a sending of a known participant, or of a new one with the `identity` as known.

    Of a known one, `identity` fills what their file does not say yet and changes nothing that it
    says. A `uid` already registered here gives that referral back: one form sent twice counts once.
    """
    access.check_can_register(by)
    given, known = take(REFERRAL, referral), take(IDENTITY, identity or {})
    organisation = Organisation.objects.select_for_update(of=("self",), no_key=True).get(
        pk=by.organisation_id
    )
    if uid and Referral.objects.filter(uid=uid, organisation=organisation).exists():
        if before := Referral.objects.visible_to(by).filter(uid=uid).first():
            return before
        uid = None  # it stands in a file that whoever types was shut out of since
    _check_given(given, organisation)
    if participant is None:
        check_dates(received_on=given["received_on"], birth_date=known.get("birth_date"))
        completed: list[str] = []
        participant = create_participant(organisation, given["received_on"].year, **known)
        number = 1
    else:
        participant = locked_participant(participant, by)
        if participant.referrals.pending().exists():
            raise Refused("Une orientation de cette personne est déjà en cours de traitement.")
        completed = complete_identity(participant, known)
        check_dates(received_on=given["received_on"], birth_date=participant.birth_date)
        number = next_number(participant)
    created = Referral.objects.create(
        organisation=organisation,
        participant=participant,
        uid=uid or make_uid(),
        number=number,
        **given,
    )
    _add_codes(Obligation, created, obligations)
    _add_codes(RequestedModule, created, asked := set(modules))
    record_step(created, by, on=created.received_on)
    details: dict[str, Any] = {"completed": completed} if completed else {}
    trail.record(
        "referral_registered",
        by=by,
        target=created.uid,
        file=participant.uid,
        **details,
    )
    arrivals.tell(Arrival(referral=created, by=by, asked=asked))
    return created


def _check_given(given: Mapping[str, Any], organisation: Organisation) -> None:
    due_on, referrer = given.get("due_on"), given.get("referrer")
    if due_on and due_on < given["received_on"]:
        raise Refused("L’échéance est avant la réception.", "due_on")
    check_site(given.get("site"), organisation.pk)
    if referrer is None:
        return
    if given["referrer_category"] == "antenne":
        fits = referrer != organisation and branches().filter(pk=referrer.pk).exists()
    else:
        fits = referrer.referrer_category == given["referrer_category"]
    if not fits:
        raise Refused("Cette structure n’est pas de la catégorie choisie.", "referrer")


def check_site(site, organisation_id: int) -> None:
    if site is not None and site.organisation_id != organisation_id:
        raise Refused("Ce lieu n’est pas de votre organisation.", "site")


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
    check_version(referral, version)
    take(REFERRAL, given)
    _check_given(given, referral.organisation)
    check_dates(received_on=given["received_on"], birth_date=referral.participant.birth_date)
    changed = sorted(k for k, v in given.items() if getattr(referral, k) != v)
    if "received_on" in changed and _known_before(referral, given["received_on"]):
        raise Refused("Une étape ou un contact est déjà daté d’avant ce jour.", "received_on")
    for field, value in given.items():
        setattr(referral, field, value)
    referral.version += 1
    referral.save()
    wanted = set(modules)
    before = set(referral.requested_modules.values_list("code", flat=True))
    changed += set_codes(referral, obligations, wanted)
    dropped = before - wanted
    # listeners hold rows: before the trail
    arrivals.tell(Arrival(referral=referral, by=by, asked=wanted, dropped=dropped))
    trail.record(
        "referral_updated",
        by=by,
        target=referral.uid,
        file=referral.participant.uid,
        fields=changed,
    )
    return referral


def _known_before(referral: Referral, day: date) -> bool:
    """Whether anything but the reception itself happened before that day."""
    steps = referral.steps.exclude(status=Referral.Status.RECEIVED)
    return (
        steps.filter(on__lt=day).exists()
        or referral.contact_attempts.filter(at__date__lt=day).exists()
        or referral.assessments.filter(held_on__lt=day).exists()
    )
