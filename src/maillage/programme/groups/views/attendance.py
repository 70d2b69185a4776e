"""The list of a session on a telephone: who is there, one touch each."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.programme.groups import access
from maillage.programme.groups.actions import attending
from maillage.programme.groups.models import Attendance, Enrolment, Session, TemplateModule
from maillage.programme.groups.reading.catching_up import missed_elsewhere
from maillage.programme.groups.views.common import get_session

MOST_MINUTES = 600


def _listed(session: Session, by) -> list[Any]:
    """Who sits in the group, or has a mark at this session, by name."""
    marks = attending.marks_of(session)
    mine = Enrolment.objects.visible_to(by).select_related("participant")
    seated = mine.filter(group=session.group_id, status__in=Enrolment.SEATED)
    found: list[Any] = list(seated) + [
        one for one in mine.filter(pk__in=marks) if not one.takes_a_place
    ]
    for one in found:
        one.mark = marks.get(one.pk)
    return sorted(found, key=lambda one: one.participant.display_name)


@require_http_methods(["GET", "POST"])
def attendance(request: StaffRequest, pk: int) -> HttpResponse:
    by, session = request.membership, get_session(request, pk)
    access.check_can_tick(by)
    listed = _listed(session, by)
    if request.method == "POST" and _keep(request, session, listed):
        return redirect("group", session.group.uid)
    listed = _listed(session, by)
    if listed:
        trail.record_read("attendance", by=by, count=len(listed))
    here = Enrolment.objects.filter(group=session.group_id, status__in=Enrolment.SEATED).count()
    context = {
        "session": session,
        "group": session.group,
        "listed": listed,
        "hidden": max(0, here - sum(one.takes_a_place for one in listed)),
        "reasons": Attendance.Reason.choices,
        "modules": _programme(session),
        "speakers": session.speakers.select_related("user", "partner"),
        "is_open": session.group.status == "planned" and not session.is_cancelled,
        "debrief": request.POST.get("debrief", session.debrief),
    }
    return render(request, "groups/attendance.html", context)


def _programme(session: Session) -> Any:
    """The modules of the template for this session, with what each needs."""
    of_template = TemplateModule.objects.filter(session__template=session.group.template_id)
    return of_template.filter(session__number=session.number)


def _keep(request: StaffRequest, session: Session, listed: list[Any]) -> bool:
    """The whole form at once, as it is sent without a script; whether the session was closed."""
    by, now = request.membership, timezone.now()
    try:
        for one in listed:
            said = request.POST.get(f"present-{one.uid}")
            if said in ("1", "0") and _is_new(one, request.POST):
                _tick(by, session, one, request.POST, f"-{one.uid}", uuid4(), now)
        if "close" not in request.POST:
            messages.success(request, "L’émargement est enregistré.")
            return False
        told = attending.close_session(
            by=by, session=session, debrief=request.POST.get("debrief", "")[:4000]
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return False
    messages.success(request, _closed(told))
    return True


def _closed(told: dict[str, int] | Any) -> str:
    words = {"absent": "absence(s)", "excused": "excuse(s)", "completed": "stage(s) effectué(s)"}
    counted = [f"{count} {words[what]}" for what, count in told.items() if count]
    return "La séance est close" + (f"\u00a0: {', '.join(counted)}." if counted else ".")


def _number(given: QueryDict, name: str) -> int:
    asked = given.get(name, "")
    return min(int(asked), MOST_MINUTES) if asked.isascii() and asked.isdigit() else 0


def _said(given: QueryDict, end: str) -> dict[str, Any]:
    reason = given.get(f"reason{end}", "")
    return {
        "is_present": given.get(f"present{end}") == "1",
        "minutes_late": _number(given, f"late{end}"),
        "minutes_missed": _number(given, f"missed{end}"),
        "complied": {"1": True, "0": False}.get(given.get(f"complied{end}", "")),
        "reason": reason if reason in Attendance.Reason.values else "",
    }


def _is_new(one: Any, given: QueryDict) -> bool:
    """Whether the form says something else than what is kept: a page sent again moves no hour."""
    said, mark = _said(given, f"-{one.uid}"), one.mark
    if mark is None or mark.is_present != said["is_present"]:
        return True
    if mark.is_present:
        kept = (mark.minutes_late, mark.minutes_missed, mark.complied)
        return kept != (said["minutes_late"], said["minutes_missed"], said["complied"])
    return mark.reason != (said["reason"] or Attendance.Reason.UNKNOWN)


def _tick(by, session, one, given: QueryDict, end: str, tick: UUID, at: datetime) -> None:
    attending.tick(
        by=by, session=session, enrolment=one, tick=tick, ticked_at=at, **_said(given, end)
    )


@require_http_methods(["GET", "POST"])
def catch_up(request: StaffRequest, pk: int) -> HttpResponse:
    """Adds to a session somebody of another group who makes up there for what they missed."""
    by, session = request.membership, get_session(request, pk)
    access.check_can_tick(by)
    missed = missed_elsewhere(by, session)
    if request.method == "POST":
        asked = request.POST.get("missed", "")
        one = next((mark for mark in missed if str(mark.pk) == asked), None)
        if one is None:  # a second click, or a colleague was faster
            messages.info(request, "Cette séance n’est plus à rattraper.")
            return redirect("attendance", pk)
        try:
            attending.catch_up(by=by, session=session, missed=one)
        except Refused as refusal:
            messages.error(request, refusal.message)
            return redirect("catch_up", pk)
        messages.success(request, "Le rattrapage est noté\u00a0: la personne est présente ici.")
        return redirect("attendance", pk)
    if missed:
        trail.record_read("catch_up", by=by, count=len(missed))
    context = {"session": session, "group": session.group, "missed": missed}
    return render(request, "groups/catch_up.html", context)


@require_POST
def attendance_tick(request: StaffRequest, pk: int) -> HttpResponse:
    """One tick from the script of the page; sent again after a lost connection, it is written once.

    Answers 204, or in words why it cannot be (422): the telephone then forgets it and says so.
    """
    by, session = request.membership, get_session(request, pk)
    access.check_can_tick(by)
    visible = Enrolment.objects.visible_to(by)
    one = get_object_or_404(visible, uid=request.POST.get("enrolment", ""))
    tick, at = None, parse_datetime(request.POST.get("at", "")) or timezone.now()
    with suppress(ValueError):
        tick = UUID(request.POST.get("tick", ""))
    if tick is None or timezone.is_naive(at):
        return HttpResponse("Ce pointage est illisible.", status=422, content_type="text/plain")
    try:
        _tick(by, session, one, request.POST, "", tick, at)
    except Refused as refusal:
        return HttpResponse(refusal.message, status=422, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)
