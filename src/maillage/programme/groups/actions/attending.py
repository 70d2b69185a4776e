"""Who is there: ticked in seconds, sent twice without harm, and what follows once it is over."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.programme.groups import access
from maillage.programme.groups.actions import following
from maillage.programme.groups.actions.steps import locked_enrolment, locked_group, step
from maillage.programme.groups.certifying import verdict
from maillage.programme.groups.models import Attendance, Enrolment, Group, Session

EARLY = timedelta(hours=2)  # before a session its list may be opened, not ticked
AHEAD = timedelta(minutes=5)  # a telephone whose clock is fast


def locked_session(session: Session, by) -> Session:
    return (
        Session.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("group__template__offer")
        .get(pk=session.pk)
    )


def _check_open(session: Session) -> None:
    if session.is_cancelled or session.group.status == Group.Status.CANCELLED:
        raise Refused("Cette séance est annulée.")
    if session.group.status == Group.Status.FINISHED:
        raise Refused("Ce groupe est clos\u00a0: rouvrez-le pour corriger une présence.")
    if session.starts_at > timezone.now() + EARLY:
        raise Refused("Cette séance n’a pas encore eu lieu.")


def _check_belongs(session: Session, enrolment: Enrolment, catches_up: Session | None) -> None:
    if enrolment.group_id == session.group_id:
        return
    if catches_up is None or catches_up.group_id != enrolment.group_id:
        raise Refused("Cette personne n’est pas de ce groupe.")
    if session.group.organisation_id != enrolment.organisation_id:
        raise Refused("Un rattrapage se fait dans la même antenne.")


@transaction.atomic
def tick(
    *,
    by,
    session: Session,
    enrolment: Enrolment,
    tick: UUID,
    ticked_at: datetime,
    is_present: bool,
    minutes_late: int = 0,
    minutes_missed: int = 0,
    complied: bool | None = None,
    reason: str = "",
    catches_up: Session | None = None,
) -> Attendance:
    """One person at one session. The same tick again changes nothing; of two, the later one stands,
    whatever the order in which two telephones send them."""
    access.check_can_tick(by)
    if is_present and enrolment.can("attend"):
        following.hold(enrolment)
    enrolment = locked_enrolment(enrolment, by)
    session = Session.objects.visible_to(by).select_related("group").get(pk=session.pk)
    _check_open(session)
    before = (
        Attendance.objects.filter(session=session, enrolment=enrolment)
        .select_related("catches_up")
        .first()
    )
    catches_up = catches_up or (before.catches_up if before else None)  # ticked again, it stays one
    _check_belongs(session, enrolment, catches_up)
    if ticked_at > timezone.now() + AHEAD:
        ticked_at = timezone.now()
    if before is not None and (before.tick == tick or before.ticked_at >= ticked_at):
        return before
    given = {
        "is_present": is_present,
        "minutes_late": min(minutes_late, session.minutes) if is_present else 0,
        "minutes_missed": min(minutes_missed, session.minutes) if is_present else 0,
        "complied": complied if is_present else None,
        "reason": "" if is_present else reason or Attendance.Reason.UNKNOWN,
        "catches_up": catches_up,
        "tick": tick,
        "ticked_at": ticked_at,
        "by": by.user,
    }
    kept, _ = Attendance.objects.update_or_create(
        session=session, enrolment=enrolment, defaults=given
    )
    if is_present and enrolment.can("attend"):
        step(enrolment, "attend", by=by, on=max(session.day, enrolment.asked_on))
        following.began(enrolment, by=by, on=session.day)
    trail.record(
        "attendance_ticked",
        by=by,
        target=enrolment.uid,
        file=enrolment.participant.uid,
        session=session.pk,
        present=is_present,
        before=None if before is None else before.is_present,
    )
    return kept


def catch_up(*, by, session: Session, missed: Attendance) -> Attendance:
    """Present at this session of another group, for one that was missed; a second click is one."""
    return tick(
        by=by,
        session=session,
        enrolment=missed.enrolment,
        tick=uuid5(NAMESPACE_OID, f"{session.pk}/{missed.pk}"),
        ticked_at=timezone.now(),
        is_present=True,
        catches_up=missed.session,
    )


def unticked(session: Session) -> int:
    """How many of those who sit in the group have no mark at this session."""
    here = Enrolment.objects.filter(group=session.group_id, status__in=Enrolment.SEATED)
    return here.exclude(attendances__session=session).count()


@transaction.atomic
def close_session(*, by, session: Session, debrief: str = "") -> Mapping[str, int]:
    """Ends a session: those who never came leave the group, excused or absent; after the last one,
    whoever met the rules has completed. Says how many of each."""
    access.check_can_tick(by)
    group = locked_group(session.group, by)
    session = locked_session(session, by)
    _check_open(session)
    if missing := unticked(session):
        raise Refused(f"{missing} personne(s) sans pointage\u00a0: présent·e ou absent·e\u00a0?")
    seated = _seated(group, by)
    caught_up = _caught_up(session, by)
    following.hold_follow_ups([*seated, *caught_up])
    session.debrief, session.held_at = debrief, timezone.now()
    session.version += 1
    session.save()
    told = {"absent": 0, "excused": 0, "completed": 0}
    for enrolment in seated:
        _leave_if_never_came(enrolment, session, told, by=by)
    for enrolment in caught_up:
        _complete_if_earned(enrolment, session.day, told, by=by)
    if not group.sessions.filter(held_at=None, is_cancelled=False).exists():
        _finish(group, told, by=by)
    trail.record("session_closed", by=by, target=group.uid, session=session.pk, counts=told)
    return told


def _seated(group: Group, by) -> list[Enrolment]:
    """Those of files one may see, each locked; a file one is shut out of waits for a colleague."""
    mine = Enrolment.objects.visible_to(by).filter(group=group, status__in=Enrolment.SEATED)
    return [locked_enrolment(one, by) for one in mine.order_by("pk")]


def _caught_up(session: Session, by) -> list[Enrolment]:
    """Those of other groups, over already, who caught up here what they had missed there."""
    guests = Enrolment.objects.visible_to(by).filter(
        attendances__session=session,
        attendances__is_present=True,
        attendances__catches_up__isnull=False,
        group__status=Group.Status.FINISHED,
        status=Enrolment.Status.ATTENDING,
    )
    return [locked_enrolment(one, by) for one in guests.order_by("pk").distinct()]


def _complete_if_earned(enrolment: Enrolment, on: date, told: dict, *, by) -> bool:
    if not verdict(enrolment).is_earned:
        return False
    step(enrolment, "complete", by=by, on=max(on, enrolment.asked_on))
    following.done(enrolment, by=by, on=on)
    told["completed"] += 1
    return True


def _leave_if_never_came(enrolment: Enrolment, session: Session, told: dict, *, by) -> None:
    if enrolment.status == Enrolment.Status.ATTENDING:
        return
    mark = Attendance.objects.filter(session=session, enrolment=enrolment).first()
    if mark is None or mark.is_present:
        return
    day = max(session.day, enrolment.asked_on)
    if mark.is_justified:
        step(enrolment, "excuse", by=by, on=day, reason=mark.get_reason_display())
        told["excused"] += 1
    else:
        step(enrolment, "miss", by=by, on=day, reason=mark.get_reason_display())
        told["absent"] += 1


def _finish(group: Group, told: dict, *, by) -> None:
    """After the last session: completed where the rules are met; else a report says what misses."""
    last = max(session.day for session in group.sessions.filter(is_cancelled=False))
    for enrolment in _seated(group, by):
        if enrolment.status != Enrolment.Status.ATTENDING:
            continue
        if _complete_if_earned(enrolment, last, told, by=by):
            continue
        judged, day = verdict(enrolment), max(last, enrolment.asked_on)
        if judged.unjustified:
            step(enrolment, "miss", by=by, on=day, reason=" ; ".join(judged.missing))
            told["absent"] += 1
    group.move("finish")
    group.version += 1
    group.save()
    trail.record("group_finished", by=by, target=group.uid)


@transaction.atomic
def reopen_group(*, by, group: Group) -> Group:
    """To correct a presence once the group is closed."""
    access.check_can_certify(by)
    group = locked_group(group, by)
    if not group.can("reopen"):
        raise Refused("Ce groupe n’est pas clos.")
    group.move("reopen")
    group.version += 1
    group.save()
    trail.record("group_reopened", by=by, target=group.uid)
    return group


def marks_of(session: Session) -> dict[int, Any]:
    """The marks of a session, by enrolment."""
    return {one.enrolment_id: one for one in session.attendances.all()}
