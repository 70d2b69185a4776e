"""Somebody comes or calls for the first time: searched, then registered, once."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from maillage.core import drafts, trail
from maillage.core.http import StaffRequest
from maillage.core.once import uid_of
from maillage.support.reception import access, actions, names
from maillage.support.reception.forms import RegistrationForm
from maillage.support.reception.models import Beneficiary
from maillage.support.reception.views.common import attempt

DRAFT, CARRIED = "beneficiary-new", "carried"


@require_http_methods(["GET", "POST"])
def beneficiary_new(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_write(by)
    form, likely = _opened(request), []
    if form.is_bound and form.is_valid():
        likely = _likely(request, form)
        if _are_all_others(request, likely) and (registered := _register(request, form)):
            drafts.discard(by, DRAFT)
            messages.success(request, f"Dossier {registered.reference} ouvert.")
            return redirect("beneficiary", registered.uid)
    others = " ".join(each.beneficiary.uid for each in likely)
    context = {"form": form, "likely": likely, "others": others, "draft_name": DRAFT}
    return render(request, "reception/new.html", context)


def _opened(request: StaffRequest) -> RegistrationForm:
    """The form as sent; else what search carried here, else what had been begun."""
    by = request.membership
    if request.method == "POST" and CARRIED not in request.POST:
        return RegistrationForm(request.POST, by=by)
    if request.method == "POST":
        return RegistrationForm(by=by, initial=names.guess(request.POST[CARRIED]))
    return RegistrationForm(by=by, draft=drafts.load(by, DRAFT))


def _likely(request: StaffRequest, form: RegistrationForm) -> list[names.Likeness]:
    """The probable duplicates of what is typed; that their names are shown is recorded."""
    by, typed = request.membership, form.cleaned_data
    if Beneficiary.objects.visible_to(by).filter(uid=uid_of(request)).exists():
        return []  # this very form was sent before: whoever it made is no duplicate of itself
    found = names.probable_duplicates(
        by=by,
        last_name=typed["last_name"],
        first_name=typed["first_name"],
        birth_date=typed["birth_date"],
    )
    if found:
        trail.record_read("duplicates", by=by, count=len(found))
    return found


def _are_all_others(request: StaffRequest, likely: list[names.Likeness]) -> bool:
    seen = set(request.POST.get("other", "").split())
    return all(each.beneficiary.uid in seen for each in likely)


def _register(request: StaffRequest, form: RegistrationForm) -> Any:
    return attempt(
        form,
        actions.register,
        by=request.membership,
        identity=form.identity,
        plan=form.plan,
        first_contact_on=form.cleaned_data["first_contact_on"],
        needs=form.cleaned_data["needs"],
        uid=uid_of(request),
    )
