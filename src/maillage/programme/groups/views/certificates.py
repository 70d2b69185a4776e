"""Who earned a certificate and who did not, for what reason."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.views import safe_next
from maillage.programme.groups import access
from maillage.programme.groups.actions import attending
from maillage.programme.groups.actions import certificates as actions
from maillage.programme.groups.certifying import judge
from maillage.programme.groups.forms.acts import ReasonForm
from maillage.programme.groups.models import Attendance, Certificate, Enrolment, Group
from maillage.programme.groups.views.common import get_enrolment, get_group, perform


def _listed(group: Group, by) -> list[Any]:
    mine = Enrolment.objects.visible_to(by).filter(group=group)
    found: list[Any] = list(
        mine.select_related("participant", "group__template").prefetch_related("certificates")
    )
    sessions = list(group.sessions.filter(is_cancelled=False))
    marks: dict[int, list[Attendance]] = {}
    of_group = Attendance.objects.filter(enrolment__in=[one.pk for one in found])
    for mark in of_group.select_related("session", "catches_up"):
        marks.setdefault(mark.enrolment_id, []).append(mark)
    for one in found:
        one.verdict = judge(sessions, marks.get(one.pk, []), group.template.required_minutes)
        one.made = next((c for c in one.certificates.all() if c.revoked_on is None), None)
        one.is_over = group.status == Group.Status.FINISHED or one.status == "absent"
    return sorted(found, key=lambda one: (not one.verdict.is_earned, one.participant.display_name))


@require_safe
def certificates(request: StaffRequest, uid: str) -> HttpResponse:
    by, group = request.membership, get_group(request, uid)
    listed = _listed(group, by)
    if listed:
        trail.record_read("certificates", by=by, count=len(listed))
    context = {
        "group": group,
        "listed": listed,
        "may_certify": access.may(access.check_can_certify, by),
        "left": sum(one.made is None and one.is_over for one in listed),
    }
    return render(request, "groups/certificates.html", context)


@require_POST
def certificates_issue(request: StaffRequest, uid: str) -> HttpResponse:
    """For one person, or for all of a group that have none yet."""
    by, group = request.membership, get_group(request, uid)
    access.check_can_certify(by)
    asked = request.POST.get("enrolment", "")
    wanted: list[Any] = [get_enrolment(request, asked)] if asked else _listed(group, by)
    made = 0
    for one in wanted:
        if not asked and (one.made is not None or not one.is_over):
            continue
        try:
            actions.issue(by=by, enrolment=one)
            made += 1
        except Refused as refusal:
            who = f"Dossier {one.participant.reference}"
            messages.warning(request, f"{who}\u00a0: {refusal.message}")
    if made:
        said = "1 document établi." if made == 1 else f"{made} documents établis."
        messages.success(request, said)
    return redirect("certificates", uid)


@require_http_methods(["GET", "POST"])
def certificate_revoke(request: StaffRequest, uid: str, pk: int) -> HttpResponse:
    by, enrolment = request.membership, get_enrolment(request, uid)
    access.check_can_certify(by)
    certificate = get_object_or_404(Certificate, enrolment=enrolment, pk=pk, revoked_on=None)
    form = ReasonForm(request.POST or None)
    if form.is_valid() and perform(
        form,
        lambda: actions.revoke(by=by, certificate=certificate, reason=form.cleaned_data["reason"]),
    ):
        messages.success(request, f"Le document {certificate.number} est annulé.")
        return redirect(safe_next(request) or reverse("enrolment", args=[uid]))
    context = {"form": form, "enrolment": enrolment, "participant": enrolment.participant}
    context["title"] = f"Annuler le document {certificate.number}"
    context["action"] = "Annuler ce document"
    return render(request, "groups/act.html", context)


@require_POST
def group_reopen(request: StaffRequest, uid: str) -> HttpResponse:
    by, group = request.membership, get_group(request, uid)
    access.check_can_certify(by)
    try:
        attending.reopen_group(by=by, group=group)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Le groupe est rouvert\u00a0: les présences se corrigent.")
    return redirect("group", uid)
