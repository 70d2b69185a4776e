"""The one way by which an enrolment changes its state: locked, checked, dated, recorded."""

from datetime import date

from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.programme.groups.models import Enrolment, EnrolmentStep, Group

VERBS = {
    "convene": "enrolment_convened",
    "confirm": "enrolment_confirmed",
    "withdraw": "enrolment_withdrawn",
    "postpone": "enrolment_postponed",
    "excuse": "enrolment_excused",
    "miss": "enrolment_missed",
    "attend": "enrolment_began",
    "complete": "enrolment_completed",
    "cancel": "enrolment_cancelled",
    "move": "enrolment_moved_away",
    "return": "enrolment_returned",
    "reopen": "enrolment_reopened",
}
_LEAVES_ITS_GROUP = {Enrolment.Status.TO_CONVENE, *Enrolment.WAITING}


def locked_group(group: Group, by) -> Group:
    """The group as it stands, held until the end of the transaction: places are given under it."""
    return (
        Group.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=group.pk)
    )


def locked_enrolment(enrolment: Enrolment, by) -> Enrolment:
    """The enrolment as it stands, held. Whoever locks its group too locks the group first."""
    return (
        Enrolment.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("participant", "referral")
        .get(pk=enrolment.pk)
    )


def step(
    enrolment: Enrolment,
    transition: str,
    *,
    by,
    on: date | None = None,
    reason: str = "",
    until: date | None = None,
    group: Group | None = None,
) -> Enrolment:
    """Enters the next state of a locked enrolment; `group` is the one convened to.

    Raises `Refused` where it cannot, on a day to come, or before the step it follows.
    """
    day = on or timezone.localdate()
    if not enrolment.can(transition):
        raise Refused(f"Impossible\u00a0: «\u202f{enrolment.get_status_display()}\u202f».")
    if day > timezone.localdate():
        raise Refused("Cette date est dans le futur.", "on")
    last = enrolment.steps.standing().order_by("-on").values_list("on", flat=True).first()
    if day < max(enrolment.asked_on, last or date.min):
        raise Refused("Cette date est avant l’étape précédente.", "on")
    of_group = group or enrolment.group
    enrolment.move(transition)
    if transition == "convene":
        enrolment.group = group
    elif enrolment.status in _LEAVES_ITS_GROUP:
        enrolment.group = None
    enrolment.not_before = until
    enrolment.ended_on = day if enrolment.status in Enrolment.ENDED else None
    enrolment.version += 1
    enrolment.save()
    EnrolmentStep.objects.create(
        enrolment=enrolment,
        status=enrolment.status,
        group=of_group,
        on=day,
        until=until,
        by=by.user,
        reason=reason,
    )
    trail.record(
        VERBS[transition],
        by=by,
        target=enrolment.uid,
        file=enrolment.participant.uid,
        group=of_group.uid if of_group else "",
    )
    return enrolment


def last_two(enrolment: Enrolment) -> list[EnrolmentStep]:
    """The last step that stands and the one before it, which is all that can be undone."""
    standing = enrolment.steps.standing().select_related("group")
    return list(standing.order_by("-recorded_at", "-pk")[:2])


def unstep(enrolment: Enrolment, *, by, reason: str = "") -> EnrolmentStep:
    """Takes back the last step of a locked enrolment, noted by mistake: it stays, and one that
    undoes it brings the state before back, of the same day. Raises `Refused` where there is none.
    """
    steps = last_two(enrolment)
    if len(steps) < 2:
        raise Refused("Il n’y a pas d’étape à annuler.")
    wrong, before = steps
    enrolment.back_to(before)
    enrolment.version += 1
    enrolment.save()
    EnrolmentStep.objects.create(
        enrolment=enrolment,
        status=before.status,
        group=before.group,
        on=wrong.on,
        until=before.until,
        by=by.user,
        reason=reason,
        undoes=wrong,
    )
    trail.record(
        "enrolment_step_undone",
        by=by,
        target=enrolment.uid,
        file=enrolment.participant.uid,
        undone=wrong.status,
    )
    return wrong
