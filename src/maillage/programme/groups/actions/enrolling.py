"""What happens to one demand for a course: each act a dated step, nothing overwritten (R89)."""

from datetime import date

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.programme.groups import access
from maillage.programme.groups.actions.convening import check_apart, seated
from maillage.programme.groups.actions.steps import (
    last_two,
    locked_enrolment,
    locked_group,
    step,
    unstep,
)
from maillage.programme.groups.models import Enrolment, EnrolmentStep, Group, KeptApart, Offer
from maillage.programme.intake import actions as intake
from maillage.programme.intake.arrivals import Arrival
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
CLOSED_WITH_IT = (Enrolment.Status.CANCELLED, Enrolment.Status.MOVED)
ENDED_WITH = {  # whether the referral went to another branch
    True: "Orientation transmise à une autre antenne.",
    False: "Orientation terminée sans entrée.",
}
EXTENSION = ("extension_asked_on", "extension_agreed_on", "extension_refused_on")


@transaction.atomic
def ask(*, by, referral: Referral, kind: str, asked_on: date | None = None) -> Enrolment:
    """Puts a person on the list of one kind of offer; the rank is the day of the referral (R88)."""
    access.check_can_convene(by)
    referral = intake.locked_referral(referral, by)
    if referral.status in Referral.ENDED:
        raise Refused("Cette orientation est terminée\u00a0: on n’inscrit plus.")
    if kind not in Offer.Kind.values:
        raise Refused("Choisissez ce que la personne attend.", "kind")
    before = _demands(referral)
    same = [one for one in before if one.referral_id == referral.pk and one.kind == kind]
    if any(one.status not in Enrolment.ENDED for one in same):
        raise Refused("Cette personne est déjà inscrite.", "kind")
    return _enrol(referral, kind, before, by=by, asked_on=asked_on or referral.received_on)


def follow_referral(arrival: Arrival) -> None:
    """What a referral changes here, in the same transaction (`intake.arrivals`).

    Whatever group it asks for, the person is on its list at once, and leaves it when it is no
    longer asked or when the referral ends without entry; taken up `again`, so is the demand.
    """
    referral, by = arrival.referral, arrival.by
    before = _demands(referral)
    mine = _held_with_groups([one for one in before if one.referral_id == referral.pk], by)
    if referral.status in Referral.ENDED:
        for one in mine:
            _end_with(referral, one, by=by)
        return
    for one in mine:
        module = Offer.MODULES[Offer.Kind(one.kind)]
        if module in arrival.dropped and one.is_waiting:
            step(one, "cancel", by=by, reason="N’est plus demandé.")
        elif arrival.again and module in arrival.asked and one.status in CLOSED_WITH_IT:
            step(one, "reopen", by=by, reason="Orientation rouverte.")
    known = {one.kind for one in mine}
    for kind, module in Offer.MODULES.items():
        if module in arrival.asked and kind not in known:
            _enrol(referral, kind, before, by=by, asked_on=referral.received_on)


def _demands(referral: Referral) -> list[Enrolment]:
    """Whatever the person of a referral was on the list of, for this referral or another."""
    theirs = Enrolment.objects.filter(participant=referral.participant_id)
    return list(theirs.order_by("pk"))


def _held_with_groups(mine: list[Enrolment], by) -> list[Enrolment]:
    """Every demand of a referral with the group it sits in, all held before the first trail entry,
    behind which whoever holds one of them may wait."""
    seats = {one.group_id for one in mine if one.group_id}
    for group in Group.objects.filter(pk__in=seats).order_by("pk"):  # none asked: no query
        locked_group(group, by)
    return [locked_enrolment(one, by) for one in mine]


def _end_with(referral: Referral, enrolment: Enrolment, *, by) -> None:
    """Nothing is owed any more, and a place is free again. Who was absent stays absent (I7)."""
    if enrolment.status in Enrolment.ENDED or enrolment.status == Enrolment.Status.ABSENT:
        return
    leaves = referral.status == Referral.Status.REDIRECTED
    last = enrolment.steps.standing().aggregate(last=Max("on"))["last"]
    day = max(filter(None, (referral.ended_on, enrolment.asked_on, last)))
    step(enrolment, "move" if leaves else "cancel", by=by, on=day, reason=ENDED_WITH[leaves])


def _enrol(
    referral: Referral, kind: str, before: list[Enrolment], *, by, asked_on: date
) -> Enrolment:
    """One more demand, of a kind that is not asked yet, after those of the person before it."""
    enrolment = Enrolment.objects.create(
        organisation_id=referral.organisation_id,
        participant_id=referral.participant_id,
        referral=referral,
        kind=kind,
        asked_on=asked_on,
        is_returned_by_court=_comes_back(referral, kind, before),
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


def _comes_back(referral: Referral, kind: str, before: list[Enrolment]) -> bool:
    """Whether justice sends somebody again who did not do it: they come first (R88)."""
    returned = Enrolment.Status.RETURNED
    was_returned = any(one.kind == kind and one.status == returned for one in before)
    return was_returned or (referral.is_urgent and referral.number > 1)


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
    if act == "reopen":
        _check_reopens(enrolment)
        came_back = enrolment.status == Enrolment.Status.RETURNED
        enrolment.is_returned_by_court = enrolment.is_returned_by_court or came_back
    return step(enrolment, ACTS[act], by=by, on=on, reason=reason)


def _check_reopens(enrolment: Enrolment) -> None:
    if enrolment.referral.status in Referral.ENDED:
        raise Refused("L’orientation est terminée\u00a0: rouvrez-la d’abord.")
    twins = Enrolment.objects.filter(referral=enrolment.referral_id, kind=enrolment.kind)
    if twins.exclude(status__in=Enrolment.ENDED).exists():
        raise Refused("Une autre demande de la même nature est en cours.")


@transaction.atomic
def undo(*, by, enrolment: Enrolment, reason: str = "") -> Enrolment:
    """Takes back the last step, noted by mistake; what came from the register is corrected there.

    A place that was freed meanwhile is given again only where one is left.
    """
    access.check_can_convene(by)
    steps = last_two(enrolment)
    group = steps[1].group if len(steps) == 2 else None
    if group is not None:
        group = locked_group(group, by)
    before = enrolment.group_id
    enrolment = locked_enrolment(enrolment, by)
    if last_two(enrolment) != steps:
        raise Refused("Une autre étape vient d’être notée\u00a0: relisez, puis recommencez.")
    _check_not_of_the_register(enrolment)
    sat = enrolment.takes_a_place
    if enrolment.status in Enrolment.ENDED:
        _check_reopens(enrolment)
    unstep(enrolment, by=by, reason=reason)
    if group is not None and enrolment.takes_a_place:
        if group.status != Group.Status.PLANNED:
            raise Refused("Ce groupe est terminé ou annulé\u00a0: la place n’y est plus.")
        if (not sat or before != group.pk) and seated(group) > group.limit:
            raise Refused("Toutes les places de ce groupe ont été prises depuis.")
        check_apart(group, enrolment)
    return enrolment


def _check_not_of_the_register(enrolment: Enrolment) -> None:
    """Who came, and what was done, is told by the register."""
    came = (Enrolment.Status.ATTENDING, Enrolment.Status.COMPLETED)
    if enrolment.status in came and enrolment.attendances.filter(is_present=True).exists():
        raise Refused("Cette étape vient de l’émargement\u00a0: corrigez-le, elle suivra.")


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
    day = _past(on, since=enrolment.asked_on)
    if enrolment.extension_asked_on is not None:
        raise Refused("L’accord de l’orienteur a déjà été demandé.")
    enrolment.extension_asked_on = day
    return _keep(enrolment, by, "enrolment_extension_asked", on=day)


@transaction.atomic
def agree_extension(*, by, enrolment: Enrolment, on: date | None = None) -> Enrolment:
    """Keeps the day on which the referrer agreed."""
    access.check_can_convene(by)
    enrolment = locked_enrolment(enrolment, by)
    day = _answered(enrolment, on)
    enrolment.extension_agreed_on = day
    return _keep(enrolment, by, "enrolment_extension_agreed", on=day)


@transaction.atomic
def refuse_extension(*, by, enrolment: Enrolment, on: date | None = None) -> Enrolment:
    """Keeps the day on which the referrer would not wait any longer; what follows is decided."""
    access.check_can_convene(by)
    enrolment = locked_enrolment(enrolment, by)
    day = _answered(enrolment, on)
    enrolment.extension_refused_on = day
    return _keep(enrolment, by, "enrolment_extension_refused", on=day)


@transaction.atomic
def forget_extension(*, by, enrolment: Enrolment) -> Enrolment:
    """Takes back what was noted of the agreement by mistake; the trail keeps the days."""
    access.check_can_convene(by)
    enrolment = locked_enrolment(enrolment, by)
    if enrolment.extension_asked_on is None:
        raise Refused("L’accord n’a pas encore été demandé.")
    was = {name: getattr(enrolment, name) for name in EXTENSION}
    for name in EXTENSION:
        setattr(enrolment, name, None)
    told = {name: day.isoformat() for name, day in was.items() if day}
    return _keep(enrolment, by, "enrolment_extension_forgotten", **told)


def _past(on: date | None, *, since: date) -> date:
    day = on or timezone.localdate()
    if day > timezone.localdate():
        raise Refused("Cette date est dans le futur.", "on")
    if day < since:
        raise Refused("Cette date est avant ce qu’elle suit.", "on")
    return day


def _answered(enrolment: Enrolment, on: date | None) -> date:
    if enrolment.extension_asked_on is None:
        raise Refused("L’accord n’a pas encore été demandé.")
    if enrolment.extension_agreed_on or enrolment.extension_refused_on:
        raise Refused("La réponse de l’orienteur est déjà notée.")
    return _past(on, since=enrolment.extension_asked_on)


def _keep(enrolment: Enrolment, by, verb: str, **told) -> Enrolment:
    enrolment.version += 1
    enrolment.save()
    days = {name: str(value) for name, value in told.items()}
    trail.record(verb, by=by, target=enrolment.uid, file=enrolment.participant.uid, **days)
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
    _hold_demands((first, second))
    pair, is_new = KeptApart.objects.get_or_create(
        one_id=first,
        other_id=second,
        defaults={"organisation_id": by.organisation_id, "by": by.user},
    )
    if is_new:
        for each in found.values():
            trail.record("kept_apart", by=by, target=each.uid, file=each.uid)
    return pair


def _hold_demands(participants: tuple[int, int]) -> None:
    """Whoever convenes one of them at this moment is waited for, or waits and then knows."""
    theirs = Enrolment.objects.filter(participant__in=participants).order_by("pk")
    list(theirs.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def seated_together(one: Participant, other: Participant) -> Group | None:
    """The group in which both sit already, if there is one."""
    where = Q(enrolments__status__in=(*Enrolment.SEATED, Enrolment.Status.ABSENT))
    first = Group.objects.open().filter(where, enrolments__participant=one)
    return first.filter(
        pk__in=Group.objects.filter(where, enrolments__participant=other).values("pk")
    ).first()


@transaction.atomic
def lift_apart(*, by, one: Participant, other: Participant) -> None:
    """They may be convened together again; the trail keeps that they were not."""
    access.check_can_convene(by)
    pair = sorted((one.pk, other.pk))
    visible = Participant.objects.visible_to(by).filter(pk__in=pair).order_by("pk")
    found = list(visible.select_for_update(of=("self",), no_key=True))
    kept = KeptApart.objects.filter(one=pair[0], other=pair[1])
    if len(found) < 2 or not kept.exists():
        raise Refused("Ces deux personnes ne sont pas séparées.")
    kept.delete()
    for each in found:
        trail.record("kept_apart_lifted", by=by, target=each.uid, file=each.uid)


@transaction.atomic
def note_transport(*, by, enrolment: Enrolment, stays_near: bool) -> Enrolment:
    """Whether the person can only come to the place where they wait."""
    access.check_can_convene(by)
    enrolment = locked_enrolment(enrolment, by)
    enrolment.stays_near = stays_near
    return _keep(enrolment, by, "enrolment_transport_noted")
