"""A referral is registered in a minute, and once."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import drafts, trail
from maillage.core.http import StaffRequest
from maillage.core.once import uid_of
from maillage.network.vocabularies import REFERRER_CATEGORIES
from maillage.programme.intake import access, actions, duplicates, names
from maillage.programme.intake.forms.registration import (
    IdentityForm,
    ReferralForm,
    RegistrationForm,
    ReturnForm,
)
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.reading import Summary, summaries
from maillage.programme.intake.views.common import attempt, visible_participant

DRAFT = "referral-new"
CARRIED = "carried"


@require_http_methods(["GET", "POST"])
def referral_new(request: StaffRequest) -> HttpResponse:
    access.check_can_register(request.membership)
    form = _opened(request)
    likely: list[tuple[duplicates.Likeness, Summary]] = []
    if form.is_bound and form.is_valid():
        same = request.POST.get("same")
        person = visible_participant(request, same) if same else None
        likely = _likely(request, form)
        if person or _are_all_others(request, likely):
            referral = _register(request, form, person, form.identity)
            if referral:
                return _registered(request, referral, DRAFT, form.identity)
    return render(request, "intake/referral_new.html", _page(request, form, likely))


def _is_registered(request: StaffRequest) -> bool:
    """Whether this very form was sent before: whoever it made is no duplicate of itself."""
    return Referral.objects.visible_to(request.membership).filter(uid=uid_of(request)).exists()


def _opened(request: StaffRequest) -> RegistrationForm:
    """The form as sent; else what search carried here, else what had been begun."""
    by = request.membership
    if request.method == "POST" and CARRIED not in request.POST:
        return RegistrationForm(request.POST, by=by)
    if request.method == "POST":
        return RegistrationForm(by=by, initial=names.guess(request.POST[CARRIED]))
    return RegistrationForm(by=by, draft=drafts.load(by, DRAFT))


def _likely(request: StaffRequest, form: forms.Form) -> list[tuple[duplicates.Likeness, Summary]]:
    """The probable duplicates of what is typed; that their names are shown is recorded."""
    typed = form.cleaned_data
    found = duplicates.probable_duplicates(
        by=request.membership,
        last_name=typed.get("last_name", ""),
        first_name=typed.get("first_name", ""),
        birth_date=typed.get("birth_date"),
    )
    if found and _is_registered(request):  # asked last: the first of two clicks may just have ended
        found = []
    told = summaries([each.participant for each in found])
    if found:
        trail.record_read("duplicates", by=request.membership, count=len(found))
    return list(zip(found, told, strict=True))


def _are_all_others(request: StaffRequest, likely: list) -> bool:
    """Whether everyone who is probable now was shown, and was said to be somebody else."""
    seen = set(request.POST.get("other", "").split())
    return all(each.participant.uid in seen for each, _ in likely)


def _register(
    request: StaffRequest,
    form: ReferralForm,
    participant: Participant | None,
    identity: dict[str, Any],
) -> Referral | None:
    return attempt(
        form,
        actions.register_referral,
        by=request.membership,
        participant=participant,
        identity=identity,
        referral=form.referral,
        obligations=form.cleaned_data["obligations"],
        modules=form.cleaned_data["modules"],
        uid=uid_of(request),
    )


def _registered(
    request: StaffRequest, referral: Referral, draft: str, typed: dict[str, Any]
) -> HttpResponse:
    drafts.discard(request.membership, draft)
    person = referral.participant
    messages.success(request, f"Orientation enregistrée dans le dossier {person.reference}.")
    labels = IdentityForm.base_fields
    differ = [
        str(labels[k].label).lower() for k, v in typed.items() if v and v != getattr(person, k)
    ]
    if differ:
        messages.warning(
            request,
            f"Le dossier garde ce qu’il disait déjà ({', '.join(differ)})\u00a0: "
            "modifiez l’identité si votre saisie est la bonne.",
        )
    if person.is_minor:
        messages.warning(
            request, f"Cette personne a {person.age()}\u00a0ans\u00a0: elle est mineure."
        )
    return redirect("file", person.uid)


def _page(request: StaffRequest, form: RegistrationForm, likely: list) -> dict[str, Any]:
    carried = CARRIED in request.POST
    kept = bool(carried and drafts.load(request.membership, DRAFT))
    return {
        "form": form,
        "likely": likely,
        "others": " ".join(each.participant.uid for each, _ in likely),
        "age": _age(form),
        "draft_name": "" if kept else DRAFT,
        "another_draft": kept,
    }


def _age(form: forms.Form) -> int | None:
    birth_date = form.cleaned_data.get("birth_date") if form.is_bound else None
    return Participant(birth_date=birth_date).age()


@require_POST
def referral_check(request: StaffRequest) -> HttpResponse:
    """Who the person being typed may be, and whether they are of age, before anything is sent."""
    access.check_can_register(request.membership)
    form = IdentityForm(request.POST)
    form.is_valid()
    context = {"likely": _likely(request, form), "age": _age(form), "is_early": True}
    return render(request, "intake/_checks.html", context)


@require_safe
def referrers(request: StaffRequest) -> HttpResponse:
    """The organisations of one category of referrers, as the field that lists them."""
    access.check_can_register(request.membership)
    form = ReferralForm(by=request.membership)
    category = request.GET.get("referrer_category", "")
    if category in REFERRER_CATEGORIES:
        form.list_referrers(request.membership, category)
    return HttpResponse(str(form["referrer"]))


@require_http_methods(["GET", "POST"])
def referral_add(request: StaffRequest, uid: str) -> HttpResponse:
    """One more referral of somebody known: a return after an exit, another measure (R56)."""
    participant, by = visible_participant(request, uid), request.membership
    access.check_can_register(by)
    draft = f"referral-add:{uid}"
    form = ReturnForm(request.POST or None, by=by, draft=drafts.load(by, draft))
    if form.is_valid():
        referral = _register(request, form, participant, {})
        if referral:
            return _registered(request, referral, draft, {})
    trail.record_read("referral", by=by, file=uid)
    [summary] = summaries([participant])
    context = {"form": form, "participant": participant, "summary": summary, "draft_name": draft}
    return render(request, "intake/referral_add.html", context)
