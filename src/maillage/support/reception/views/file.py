"""The page of one person, and the acts on it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.barriers.reading import standing
from maillage.core import drafts, trail
from maillage.core.forms import show_phone
from maillage.core.http import StaffRequest
from maillage.support.reception import access, actions
from maillage.support.reception.forms import (
    CloseForm,
    ContactForm,
    IdentityEditForm,
    MemberForm,
    NeedsForm,
    PlanEditForm,
)
from maillage.support.reception.models import HouseholdMember
from maillage.support.reception.reading import plan_of, read_file, state
from maillage.support.reception.views.common import (
    act_page,
    attempt,
    done,
    visible_beneficiary,
)


def _stored(record: Any, form: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in form.base_fields if hasattr(record, name)}


@require_safe
def beneficiary(request: StaffRequest, uid: str) -> HttpResponse:
    by, person = request.membership, visible_beneficiary(request, uid)
    trail.record_read("file", by=by, file=uid)
    page = read_file(person, request.GET.get("page"))
    word, look = state(person)
    context = {"beneficiary": person, "page": page, "plan": page.plan, "word": word, "look": look}
    context |= {"phone": show_phone(page.plan.phone), "standing": standing(by, person)}
    return render(request, "reception/file.html", context)


@require_http_methods(["GET", "POST"])
def beneficiary_edit(request: StaffRequest, uid: str) -> HttpResponse:
    by, person = request.membership, visible_beneficiary(request, uid)
    access.check_can_write(by)
    draft = f"beneficiary:{uid}"
    kept = {"initial": _stored(person, IdentityEditForm), "draft": drafts.load(by, draft)}
    form = IdentityEditForm(request.POST or None, by=by, **kept)
    if form.is_valid() and attempt(
        form,
        actions.update_identity,
        by=by,
        beneficiary=person,
        version=form.cleaned_data["version"],
        **form.identity,
    ):
        drafts.discard(by, draft)
        return done(request, person, "Identité enregistrée.")
    title, action = "Identité et accueil", "Enregistrer l’identité"
    return act_page(request, person, form, title=title, action=action, draft=draft)


@require_http_methods(["GET", "POST"])
def plan_edit(request: StaffRequest, uid: str) -> HttpResponse:
    by, person = request.membership, visible_beneficiary(request, uid)
    access.check_can_write_in(by, person)
    stored = _stored(plan_of(person), PlanEditForm) | {"version": person.version}
    form = PlanEditForm(request.POST or None, initial=stored)
    if form.is_valid() and attempt(
        form,
        actions.change_plan,
        by=by,
        beneficiary=person,
        version=form.cleaned_data["version"],
        **form.plan,
    ):
        return done(request, person, "Le plan de contact est changé.")
    lead = "Revoyez-le avec la personne, jamais sans elle. L’ancien plan reste au dossier."
    said = {"title": "Plan de contact sûr", "action": "Enregistrer ce plan", "lead": lead}
    return act_page(request, person, form, template="reception/plan.html", **said)


@require_http_methods(["GET", "POST"])
def needs_edit(request: StaffRequest, uid: str) -> HttpResponse:
    by, person = request.membership, visible_beneficiary(request, uid)
    access.check_can_write_in(by, person)
    known = person.needs.filter(ended_on=None).values_list("code", flat=True)
    sent = request.POST if request.method == "POST" else None
    form = NeedsForm(sent, initial={"needs": list(known)})
    if form.is_valid():
        actions.set_needs(by=by, beneficiary=person, needs=form.cleaned_data["needs"])
        return done(request, person, "Les besoins sont à jour.")
    return act_page(request, person, form, title="Besoins", action="Enregistrer les besoins")


@require_http_methods(["GET", "POST"])
def member_new(request: StaffRequest, uid: str) -> HttpResponse:
    by, person = request.membership, visible_beneficiary(request, uid)
    access.check_can_write_in(by, person)
    form = MemberForm(request.POST or None)
    given = {"by": by, "beneficiary": person}
    if form.is_valid() and attempt(form, actions.add_member, **given, **form.cleaned_data):
        return done(request, person, "Le foyer est à jour.")
    title, action = "Ajouter quelqu’un au foyer", "Ajouter au foyer"
    return act_page(request, person, form, title=title, action=action)


@require_POST
def member_remove(request: StaffRequest, uid: str, pk: int) -> HttpResponse:
    person = visible_beneficiary(request, uid)
    access.check_can_write_in(request.membership, person)
    member: HouseholdMember = get_object_or_404(person.household, pk=pk)
    actions.remove_member(by=request.membership, member=member)
    return done(request, person, "Le foyer est à jour.")


@require_http_methods(["GET", "POST"])
def contact_new(request: StaffRequest, uid: str) -> HttpResponse:
    by, person, draft = request.membership, visible_beneficiary(request, uid), f"exchange:{uid}"
    access.check_can_write_in(by, person)
    form = ContactForm(request.POST or None, draft=drafts.load(by, draft))
    given = {"by": by, "beneficiary": person}
    if form.is_valid() and attempt(form, actions.add_contact, **given, **form.cleaned_data):
        drafts.discard(by, draft)
        return done(request, person, "Le contact est noté.")
    return act_page(
        request, person, form, title="Noter un contact", action="Noter ce contact", draft=draft
    )


CLOSING = [
    "Le dossier quitte la liste des dossiers en cours\u202f; il se rouvre en un clic.",
    "Rien n’est envoyé à la personne, ni à personne.",
    "Sa durée de conservation se compte à partir du dernier contact.",
]


@require_http_methods(["GET", "POST"])
def beneficiary_close(request: StaffRequest, uid: str) -> HttpResponse:
    by, person = request.membership, visible_beneficiary(request, uid)
    access.check_can_write_in(by, person)
    form = CloseForm(request.POST or None, initial={"version": person.version})
    given = {"by": by, "beneficiary": person}
    if form.is_valid() and attempt(form, actions.close, **given, **form.cleaned_data):
        return done(request, person, "Le dossier est clos.")
    said: dict[str, Any] = {"title": "Clore le dossier", "action": "Clore le dossier"}
    return act_page(request, person, form, **said, consequences=CLOSING, danger=True)


@require_POST
def beneficiary_reopen(request: StaffRequest, uid: str) -> HttpResponse:
    person = visible_beneficiary(request, uid)
    access.check_can_reopen(request.membership, person)
    actions.reopen(by=request.membership, beneficiary=person)
    return redirect("beneficiary", uid)
