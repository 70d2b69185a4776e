"""Letters of a group: a whole run at a time, or one person's."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.programme.groups.letters import (
    OF_A_PERSON,
    OF_A_RUN,
    context,
    group_of,
    recipient_of,
)
from maillage.programme.groups.models import Certificate, Enrolment
from maillage.programme.groups.views.common import get_enrolment, get_group
from maillage.programme.letters import access, actions
from maillage.programme.letters.models import Kind, Letter
from maillage.programme.letters.views import document


def _known(kind: str, among: Any) -> str:
    if kind not in among:
        raise Http404(f"{kind} is not sent here")
    return kind


@require_safe
def group_letters(request: StaffRequest, uid: str) -> HttpResponse:
    by, group = request.membership, get_group(request, uid)
    access.check_can_send(by)
    seated = Enrolment.objects.visible_to(by).filter(group=group, status__in=Enrolment.SEATED)
    shown = {"group": group, "count": seated.count(), "kinds": [(k, k.label) for k in OF_A_RUN]}
    return render(request, "groups/letters.html", shown)


@require_POST
def group_letters_make(request: StaffRequest, uid: str) -> HttpResponse:
    """One file with a letter for each person who is convened; each letter is kept in their file."""
    by, group = request.membership, get_group(request, uid)
    access.check_can_send(by)
    kind = _known(request.POST.get("kind", ""), OF_A_RUN)
    seated = Enrolment.objects.visible_to(by).filter(group=group, status__in=Enrolment.SEATED)
    people = list(seated.select_related("participant", "referral").order_by("pk"))
    if not people:
        raise Http404("nobody is convened")
    title = f"{Kind(kind).label}s {group.number}"
    back = reverse("group_letters", args=[uid])
    return _printed(request, kind, [(one, group, None) for one in people], title, back)


def _printed(request: StaffRequest, kind: str, wanted: list, title: str, back: str) -> HttpResponse:
    """The file, and each letter kept; where one cannot be printed, none is, and it is said why."""
    by = request.membership
    sheets = [
        actions.sheet(
            by.organisation,
            kind,
            context(one, group, certificate),
            recipient=recipient_of(one, kind),
        )
        for one, group, certificate in wanted
    ]
    try:
        made = document(sheets, title, request.POST.get("layout", "pdf"))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(back)
    for (one, _, _), sheet in zip(wanted, sheets, strict=True):
        kept = {"participant": one.participant, "kind": kind, "about": one.uid}
        actions.make(by=by, content=sheet, **kept)
    return made


@require_safe
def enrolment_letters(request: StaffRequest, uid: str) -> HttpResponse:
    """What may be written to one person, and what was."""
    by, shown = request.membership, get_enrolment(request, uid)
    access.check_can_send(by)
    trail.record_read("letters", by=by, file=shown.participant.uid)
    letters = Letter.objects.visible_to(by).filter(participant=shown.participant)
    told = {
        "enrolment": shown,
        "participant": shown.participant,
        "letters": letters.select_related("by"),
        "kinds": [(kind, kind.label) for kind in OF_A_PERSON] if group_of(shown) else [],
    }
    return render(request, "groups/enrolment_letters.html", told)


@require_POST
def enrolment_letter(request: StaffRequest, uid: str) -> HttpResponse:
    by, shown = request.membership, get_enrolment(request, uid)
    access.check_can_send(by)
    kind = _known(request.POST.get("kind", ""), OF_A_PERSON)
    if (group := group_of(shown)) is None:
        raise Http404("never convened")
    back = reverse("enrolment_letters", args=[uid])
    return _printed(request, kind, [(shown, group, None)], Kind(kind).label, back)


@require_POST
def certificate_letter(request: StaffRequest, pk: int) -> HttpResponse:
    """The paper of a certificate or of a report, kept in the file as it was printed."""
    by = request.membership
    access.check_can_send(by)
    mine = Certificate.objects.filter(revoked_on=None, organisation=by.organisation_id)
    kept = get_object_or_404(
        mine.filter(enrolment__in=Enrolment.objects.visible_to(by)).select_related("enrolment"),
        pk=pk,
    )
    shown = get_enrolment(request, kept.enrolment.uid)
    if (group := group_of(shown)) is None:
        raise Http404("no group")
    kind = Kind.CERTIFICATE if kept.kind == "completion" else Kind.NON_ATTENDANCE
    back = reverse("certificates", args=[group.uid])
    return _printed(request, kind, [(shown, group, kept)], f"{kind.label} {kept.number}", back)
