"""Files due for erasure, the decision to erase them, and what keeps one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.stepup import recent_second_factor
from maillage.network.roles import can
from maillage.protection import access
from maillage.protection.actions import retention as actions
from maillage.protection.forms import HoldForm
from maillage.protection.registry import files_of
from maillage.protection.retention import active_holds, propose
from maillage.protection.rules import rules
from maillage.protection.views.common import (
    get_file,
    get_hold,
    perform,
    reference_of,
)

PROPOSALS_A_PAGE = actions.MOST_AT_ONCE


@require_safe
def retention(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_see_retention(by)
    proposals = propose(by=by)
    page = Paginator(proposals, PROPOSALS_A_PAGE).get_page(request.GET.get("page"))
    trail.record_read("retention", by=by, count=len(page.object_list))
    free = sum(one.may_be_erased for one in proposals)
    kept_here = (*files_of(by).rules, "draft")
    context = {"page": page, "may_erase": can(access.check_can_erase, by)}
    context["rules"] = [rule for rule in rules() if rule.record in kept_here]
    context |= {"free": free, "kept": len(proposals) - free}
    return render(request, "protection/retention.html", context)


@require_http_methods(["GET", "POST"])
@recent_second_factor()
def retention_erase(request: StaffRequest) -> HttpResponse:
    """What will happen to the files chosen, then their erasure."""
    by = request.membership
    access.check_can_erase(by)
    chosen = (request.POST if request.method == "POST" else request.GET).getlist("dossier")
    error = "" if chosen else "Choisissez au moins un dossier."
    if request.method == "POST" and not error:
        try:
            count = actions.erase(by=by, files=chosen)
        except Refused as refusal:
            error = refusal.message
        else:
            messages.success(request, f"Dossiers effacés\u00a0: {count}.")
            return redirect("retention")
    dues = [p.due for p in propose(by=by) if p.may_be_erased and p.due.uid in chosen]
    if not (dues or error):
        error = "Aucun de ces dossiers n’est plus à effacer."
    context = {"dues": dues, "error": error, "files": files_of(by)}
    return render(request, "protection/erase.html", context)


@require_http_methods(["GET", "POST"])
def hold_new(request: StaffRequest, uid: str) -> HttpResponse:
    by, file = request.membership, get_file(request, uid)
    access.check_can_hold(by)
    form = HoldForm(request.POST or None)
    if form.is_valid() and perform(
        form, lambda: actions.hold(by=by, file=uid, **form.cleaned_data)
    ):
        messages.success(request, "Le dossier est retenu\u00a0: il ne sera pas effacé.")
        return redirect("file_rights", uid)
    context = {"form": form, "uid": uid, "reference": reference_of(file)}
    context |= {"title": "Retenir le dossier", "action": "Retenir le dossier"}
    context["lead"] = "Un dossier retenu n’est pas proposé à l’effacement avant la fin dite."
    return render(request, "protection/act.html", context)


@require_http_methods(["GET", "POST"])
def hold_lift(request: StaffRequest, uid: str) -> HttpResponse:
    by, held = request.membership, get_hold(request, uid)
    access.check_can_hold(by)
    if request.method == "POST":
        try:
            actions.lift(by=by, held=held)
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, "La retenue est levée.")
        return redirect("file_rights", held.file)
    is_active = active_holds(by, [held.file]).exists()
    context = {"held": held, "is_active": is_active, "uid": held.file}
    context["reference"] = reference_of(get_file(request, held.file))
    return render(request, "protection/lift.html", context)
