"""Places of a group, given under the lock of the group: none is sold twice, nobody is convened
twice, a couple never sits in one room (R84, R88)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from maillage.core.calendar import short_date
from maillage.core.errors import Refused
from maillage.programme.groups import access
from maillage.programme.groups.actions.steps import locked_enrolment, locked_group, step
from maillage.programme.groups.models import (
    Audience,
    Convocation,
    Enrolment,
    Group,
    KeptApart,
)
from maillage.programme.intake.models import Referral

SEXES_OF = {Audience.MEN: {"H"}, Audience.WOMEN: {"F"}}  # a mixed group takes everybody


@dataclass(frozen=True)
class Chosen:
    """One person for one place: by whom the choice was made, its rank and its coded reasons."""

    enrolment: Enrolment
    origin: str = Convocation.Origin.HAND
    rank: int = 0
    reasons: list[Any] = field(default_factory=list)


def seated(group: Group) -> int:
    """How many places of a group are taken, those of files one may not see included."""
    return Enrolment.objects.filter(group=group, status__in=Enrolment.SEATED).count()


def apart_from(participant_id: int) -> set[int]:
    """The keys of the participants who are never convened with somebody."""
    pairs = KeptApart.objects.filter(Q(one=participant_id) | Q(other=participant_id))
    return {key for pair in pairs.values_list("one", "other") for key in pair} - {participant_id}


def _check_open(group: Group) -> None:
    if group.status != Group.Status.PLANNED:
        raise Refused("Ce groupe est terminé ou annulé\u00a0: on n’y convoque plus.")
    if not group.takes_people:
        raise Refused("Ce groupe a commencé\u00a0: personne n’y entre plus.")


def _check_suits(group: Group, enrolment: Enrolment) -> None:
    who = f"Dossier {enrolment.participant.reference}"
    if enrolment.referral.status in Referral.ENDED:
        raise Refused(f"{who}\u00a0: l’orientation est terminée.")
    if enrolment.kind != group.template.offer.kind:
        raise Refused(f"{who}\u00a0: la demande porte sur autre chose.")
    if enrolment.participant.sex not in SEXES_OF.get(
        Audience(group.audience), {enrolment.participant.sex}
    ):
        raise Refused(f"{who}\u00a0: ce groupe est réservé aux {group.get_audience_display()}.")
    if enrolment.not_before and first_day(group) < enrolment.not_before:
        day = short_date(enrolment.not_before)
        raise Refused(f"{who}\u00a0: report demandé, pas avant le {day}.")
    if not enrolment.can("convene"):
        raise Refused(
            f"{who}\u00a0: n’est plus à convoquer («\u202f{enrolment.get_status_display()}\u202f»)."
        )
    check_apart(group, enrolment)


def check_apart(group: Group, enrolment: Enrolment) -> None:
    """Under the lock of the group. Whoever was absent once may still come, and counts too."""
    apart = apart_from(enrolment.participant_id)
    there = Enrolment.objects.filter(
        group=group,
        status__in=(*Enrolment.SEATED, Enrolment.Status.ABSENT),
        participant__in=apart,
    )
    if apart and there.exists():
        raise Refused(
            f"Dossier {enrolment.participant.reference}\u00a0: ne peut pas être dans la même "
            "session qu’une autre personne."
        )


def check_place(group: Group) -> None:
    """Under the lock of the group."""
    if seated(group) >= group.limit:
        raise Refused("Toutes les places de ce groupe sont prises.")


def first_day(group: Group) -> date:
    """The day on which somebody convened today would first come: a group that goes on is entered
    at its next session."""
    to_come = group.sessions.filter(is_cancelled=False, starts_at__gte=timezone.now())
    first = to_come.order_by("starts_at").first()
    return first.day if first is not None else group.starts_on


def _seat(group: Group, chosen: Chosen, *, by, on: date | None) -> Enrolment:
    """Under the lock of the group and of the enrolment."""
    enrolment = locked_enrolment(chosen.enrolment, by)
    _check_suits(group, enrolment)
    check_place(group)
    step(enrolment, "convene", by=by, on=on, group=group)
    Convocation.objects.create(
        enrolment=enrolment,
        group=group,
        step=enrolment.steps.latest("pk"),
        origin=chosen.origin,
        rank=chosen.rank,
        reasons=chosen.reasons,
        convened_on=on or timezone.localdate(),
        by=by.user,
    )
    return enrolment


def _hold(chosen: Sequence[Chosen], by) -> set[int]:
    """The keys of the enrolments of a list that one may see, all held in one order: two receptions
    that convene overlapping lists never wait for each other."""
    wanted = Enrolment.objects.visible_to(by).filter(pk__in=[one.enrolment.pk for one in chosen])
    held = wanted.select_for_update(of=("self",), no_key=True).order_by("pk")
    return set(held.values_list("pk", flat=True))


@transaction.atomic
def convene(
    *,
    by,
    group: Group,
    enrolment: Enrolment,
    origin: str = Convocation.Origin.HAND,
    rank: int = 0,
    reasons: Sequence[Any] = (),
    on: date | None = None,
) -> Enrolment:
    """Gives one place; raises `Refused` where none is left, or the person may not have it."""
    access.check_can_convene(by)
    group = locked_group(group, by)
    _check_open(group)
    return _seat(group, Chosen(enrolment, origin, rank, list(reasons)), by=by, on=on)


@transaction.atomic
def convene_all(
    *, by, group: Group, chosen: Sequence[Chosen], on: date | None = None
) -> tuple[list[Enrolment], list[tuple[Enrolment, str]]]:
    """Convenes whoever of the list still can be; the others come back with the reason.

    One that was convened elsewhere meanwhile takes nothing from the rest.
    """
    access.check_can_convene(by)
    group = locked_group(group, by)
    _check_open(group)
    done: list[Enrolment] = []
    left: list[tuple[Enrolment, str]] = []
    held = _hold(chosen, by)
    for one in chosen:
        if one.enrolment.pk not in held:
            left.append((one.enrolment, "Un dossier n’est plus accessible."))
            continue
        try:
            with transaction.atomic():
                done.append(_seat(group, one, by=by, on=on))
        except Refused as refusal:
            left.append((one.enrolment, refusal.message))
    return done, left
