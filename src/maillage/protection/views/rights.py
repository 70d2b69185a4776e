"""What persons ask: the list, the page of a file, and of one request."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from maillage.core.http import StaffRequest
from maillage.network.roles import can
from maillage.protection import access
from maillage.protection.actions import rights as actions
from maillage.protection.forms import DecideForm, GiveForm, RequestForm
from maillage.protection.models import LegalHold, RightsRequest
from maillage.protection.registry import files_of
from maillage.protection.views.common import (
    get_file,
    get_request,
    perform,
    reference_of,
    references,
)

REQUESTS_A_PAGE = 50


@require_safe
def rights(request: StaffRequest) -> HttpResponse:
    """The requests that wait for an answer, the most pressing first; all of them when asked."""
    by = request.membership
    access.check_can_see_requests(by)
    every = request.GET.get("etat") == "toutes"
    found = RightsRequest.objects.visible_to(by)
    if not every:
        found = found.filter(state__in=RightsRequest.OPEN)
    page = Paginator(found, REQUESTS_A_PAGE).get_page(request.GET.get("page"))
    known = references(files_of(by), by, [one.file for one in page])
    lines = [(one, known.get(one.file, "effacé")) for one in page]
    late = found.filter(state__in=RightsRequest.OPEN, due_on__lt=timezone.localdate()).count()
    context = {"page": page, "lines": lines, "every": every, "late": late}
    context["sees_retention"] = can(access.check_can_see_retention, by)
    return render(request, "protection/rights.html", context)


@require_safe
def file_rights(request: StaffRequest, uid: str) -> HttpResponse:
    """What a person asked and was answered, and what keeps their file from erasure."""
    by, file = request.membership, get_file(request, uid)
    access.check_can_see_requests(by)
    context = {
        "uid": uid,
        "reference": reference_of(file),
        "requests": RightsRequest.objects.visible_to(by).filter(file=uid),
        "holds": LegalHold.objects.visible_to(by).filter(file=uid).select_related("by"),
        "may_register": can(access.check_can_register, by),
        "may_hold": can(access.check_can_hold, by),
    }
    return render(request, "protection/file.html", context)


@require_http_methods(["GET", "POST"])
def rights_request_new(request: StaffRequest, uid: str) -> HttpResponse:
    by, file = request.membership, get_file(request, uid)
    access.check_can_register(by)
    form = RequestForm(request.POST or None, initial={"received_on": timezone.localdate()})
    if form.is_valid() and perform(
        form, lambda: actions.register(by=by, file=uid, **form.cleaned_data)
    ):
        messages.success(request, "La demande est enregistrée.")
        return redirect("file_rights", uid)
    context = {"form": form, "uid": uid, "reference": reference_of(file)}
    context |= {"title": "Enregistrer une demande", "action": "Enregistrer la demande"}
    context["lead"] = (
        "Vérifiez d’abord l’identité de qui demande. Ne dites rien d’un autre dossier."
    )
    return render(request, "protection/act.html", context)


@require_safe
def rights_request(request: StaffRequest, uid: str) -> HttpResponse:
    """One request, and what is left to do; its texts for who reads files."""
    by, asked = request.membership, get_request(request, uid)
    reads = {"reads_all": asked.is_copy and actions.reads_all(by, asked)}
    context = {
        "asked": asked,
        "uid": asked.file,
        "reference": reference_of(get_file(request, asked.file)),
        "reads_texts": can(access.check_can_read_texts, by),
        "may_prepare": can(access.check_can_prepare, by, asked, **reads),
        "may_review": can(access.check_can_review, by, asked, **reads),
        "may_take": can(access.check_can_take_copy, by, asked, **reads),
        "may_give": can(access.check_can_give, by, asked),
        "may_decide": can(access.check_can_decide, by, asked),
    }
    return render(request, "protection/request.html", context)


@require_http_methods(["GET", "POST"])
def rights_decide(request: StaffRequest, uid: str) -> HttpResponse:
    by, asked = request.membership, get_request(request, uid)
    access.check_can_decide(by, asked)
    initial = {"version": asked.version, "on": timezone.localdate()}
    form = DecideForm(request.POST or None, kind=asked.kind, initial=initial)
    if form.is_valid() and perform(
        form, lambda: actions.decide(by=by, request=asked, **form.cleaned_data), asked
    ):
        messages.success(request, "La réponse est gardée.")
        return redirect("rights_request", uid)
    return _act(request, asked, form, title="Répondre à la demande", action="Garder la réponse")


@require_http_methods(["GET", "POST"])
def rights_give(request: StaffRequest, uid: str) -> HttpResponse:
    by, asked = request.membership, get_request(request, uid)
    access.check_can_give(by, asked)
    initial = {"version": asked.version, "on": timezone.localdate()}
    form = GiveForm(request.POST or None, initial=initial)
    if form.is_valid() and perform(
        form, lambda: actions.give(by=by, request=asked, **form.cleaned_data), asked
    ):
        messages.success(request, "La remise est notée.")
        return redirect("rights_request", uid)
    return _act(request, asked, form, title="Noter la remise", action="Noter la remise")


def _act(request: StaffRequest, asked: RightsRequest, form, *, title: str, action: str):
    file = get_file(request, asked.file)
    context = {"form": form, "asked": asked, "uid": asked.file, "reference": reference_of(file)}
    return render(request, "protection/act.html", context | {"title": title, "action": action})
