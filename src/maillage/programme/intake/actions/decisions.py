"""What is decided about a referral before a follow-up: each a move of its state."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from maillage.core import rowlock, trail
from maillage.core.calendar import long_date
from maillage.core.errors import Refused
from maillage.network.models import Membership, Organisation, branches
from maillage.network.roles import Side
from maillage.network.vocabularies import RETURN_REASONS
from maillage.programme.intake import access, arrivals
from maillage.programme.intake.actions.participants import (
    IDENTITY,
    create_participant,
    locked_participant,
)
from maillage.programme.intake.actions.referrals import (
    check_site,
    locked_referral,
    next_number,
    record_step,
)
from maillage.programme.intake.arrivals import Arrival
from maillage.programme.intake.models import (
    Barrier,
    Obligation,
    Participant,
    Referral,
    RequestedModule,
    Restriction,
)


def _move(
    referral: Referral, transition: str, *, by, on: date, verb: str, reason: str = ""
) -> Referral:
    """Enters the next state on a day that is neither to come nor before the step it follows."""
    if on > timezone.localdate():
        raise Refused("Cette date est dans le futur.", "on")
    if on < referral.received_on:
        raise Refused("Cette date est avant la réception de l’orientation.", "on")
    later = list(referral.steps.values_list("on", flat=True))[1:]
    if later and on < max(later):
        raise Refused(f"La dernière étape est du {long_date(max(later))}\u00a0: pas avant.", "on")
    referral.move(transition)
    if referral.status in Referral.ENDED:
        referral.ended_on = on
        to_come = referral.appointments.filter(status="planned", starts_at__gt=timezone.now())
        to_come.update(status="cancelled")
    referral.version += 1
    referral.save()
    record_step(referral, by, on=on, reason=reason)
    if transition == "reopen" or referral.status in Referral.ENDED:  # holds rows: before the trail
        asked = set(referral.requested_modules.values_list("code", flat=True))
        again = transition == "reopen"
        arrivals.tell(Arrival(referral=referral, by=by, asked=asked, again=again))
    trail.record(verb, by=by, target=referral.uid, file=referral.participant.uid)
    return referral


@transaction.atomic
def plan_assessment(*, by, referral: Referral, on: date | None = None) -> Referral:
    referral = locked_referral(referral, by)
    access.check_can_plan_assessment(by, referral)
    return _move(
        referral, "plan_assessment", by=by, on=on or timezone.localdate(), verb="assessment_due"
    )


@transaction.atomic
def put_on_waiting_list(*, by, referral: Referral, site=None, on: date | None = None) -> Referral:
    """Waits at a site, at the rank that the day of arrival gives (R88, R152)."""
    referral = locked_referral(referral, by)
    access.check_can_put_on_waiting_list(by, referral)
    referral.site = site or referral.site
    if referral.site is None:
        raise Refused("Choisissez le lieu où la personne attend une place.", "site")
    check_site(referral.site, referral.organisation_id)
    return _move(referral, "wait", by=by, on=on or timezone.localdate(), verb="referral_waiting")


def _end(
    referral: Referral, transition: str, verb: str, *, by, on: date, reason: str, comment: str
) -> Referral:
    if reason not in RETURN_REASONS:
        raise Refused("Choisissez un motif.", "reason")
    referral.return_reason = reason
    return _move(referral, transition, by=by, on=on, verb=verb, reason=comment)


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
def reopen(*, by, referral: Referral, comment: str = "") -> Referral:
    """Takes up again a referral that was returned or closed; its past steps stay."""
    participant = locked_participant(referral.participant, by)
    referral = locked_referral(referral, by)
    access.check_can_reopen(by, referral)
    if participant.referrals.pending().exists():
        raise Refused("Une autre orientation de cette personne est déjà en cours.")
    referral.ended_on, referral.return_reason = None, ""
    return _move(
        referral,
        "reopen",
        by=by,
        on=timezone.localdate(),
        verb="referral_reopened",
        reason=comment,
    )


@transaction.atomic
def redirect(*, by, referral: Referral, to: Organisation, on: date, comment: str = "") -> Referral:
    """Passes the person to another branch; both files share one key, so that the network counts
    one person (R57, I27). Notes, calls and assessments stay where they were written; the six months
    do not begin again (R88)."""
    referral = locked_referral(referral, by)
    access.check_can_redirect(by, referral)
    sender = referral.organisation
    if to.pk == sender.pk or not branches().filter(pk=to.pk).exists():
        raise Refused("Choisissez une autre antenne du réseau.", "to")
    receiver = Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=to.pk)
    with rowlock.reaching(receiver):
        received = _send(referral, receiver, by=by, on=on, comment=comment)
        barred = _keep_out(referral.participant, received.participant, receiver, by=by)
        restricted = _restrict(referral.participant, received.participant, receiver, by=by)
    referral.redirected_to = received
    _move(referral, "redirect", by=by, on=on, verb="referral_redirected", reason=comment)
    with rowlock.reaching(receiver):
        trail.record(
            "referral_received_from_branch",
            by=by,
            target=received.uid,
            file=received.participant.uid,
            organisation=receiver.slug,
            sender=sender.slug,
        )
        told = {"file": received.participant.uid, "organisation": receiver.slug}
        for key in barred:
            trail.record("worker_barred", by=by, member=key, **told)
        if restricted:
            trail.record("file_restricted", by=by, **told)
    return referral


def _restrict(file: Participant, theirs: Participant, receiver: Organisation, *, by) -> bool:
    """A restricted file stays restricted where it goes: a manager there names who reads it."""
    standing = Restriction.objects.filter(lifted_at=None)
    if not standing.filter(file=file).exists() or standing.filter(file=theirs).exists():
        return False
    Restriction.objects.create(
        organisation=receiver,
        file=theirs,
        reason="Dossier restreint dans l’antenne qui a orienté la personne.",
        by=by.user,
    )
    return True


def _keep_out(file: Participant, theirs: Participant, receiver: Organisation, *, by) -> list[int]:
    """Whoever is shut out of the file and works at the other branch too is shut out there: the
    keys of those who were not yet."""
    workers = Membership.objects.current().filter(organisation=receiver, side=Side.PROGRAMME)
    known = Barrier.objects.filter(file=theirs, lifted_at=None).values("user")
    standing = Barrier.objects.filter(file=file, lifted_at=None)
    standing = standing.filter(user__in=workers.values("user")).exclude(user__in=known)
    made = [
        Barrier.objects.create(
            organisation=receiver,
            file=theirs,
            user_id=key,
            reason="Mise à l’écart dans l’antenne qui a orienté la personne.",
            by=by.user,
        )
        for key in standing.order_by("user").values_list("user", flat=True)
    ]
    return [one.user_id for one in made]


def _send(referral: Referral, receiver: Organisation, *, by, on: date, comment: str) -> Referral:
    """The same referral at the branch that receives it, with what the measure asks."""
    theirs = _file_at(receiver, referral.participant, on.year)
    received = Referral.objects.create(
        organisation=receiver,
        participant=theirs,
        number=next_number(theirs),
        received_on=on,
        due_on=max(referral.wait_limit, on),
        referrer_category="antenne",
        referrer=referral.organisation,
        legal_framework=referral.legal_framework,
        motivation=referral.motivation,
        care_obligation=referral.care_obligation,
        marital_status=referral.marital_status,
        employment=referral.employment,
        resources=referral.resources,
        is_urgent=referral.is_urgent,
        comment=comment,
    )
    Obligation.objects.bulk_create(
        Obligation(referral=received, code=duty.code, ends_on=duty.ends_on)
        for duty in referral.obligations.all()
    )
    asked = set(referral.requested_modules.values_list("code", flat=True))
    RequestedModule.objects.bulk_create(
        RequestedModule(referral=received, code=code) for code in sorted(asked)
    )
    record_step(received, by, on=on)
    arrivals.tell(Arrival(referral=received, by=by, asked=asked))
    return received


def _file_at(receiver: Organisation, person: Participant, year: int) -> Participant:
    """The person's file at another branch, made with the identity known here where there is none;
    an identity that they hold already is theirs and stays."""
    theirs = (
        Participant.objects.filter(organisation=receiver, person_key=person.person_key)
        .select_for_update(of=("self",), no_key=True)
        .first()
    )
    if theirs is None:
        identity = {field: getattr(person, field) for field in IDENTITY}
        return create_participant(receiver, year, person_key=person.person_key, **identity)
    if theirs.referrals.pending().exists():
        raise Refused("Cette antenne traite déjà une orientation de cette personne.", "to")
    return theirs
