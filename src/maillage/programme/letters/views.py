"""The letters of an organisation: written, previewed, printed again, noted as sent."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.views import safe_next
from maillage.network.roles import can
from maillage.programme.letters import access, actions
from maillage.programme.letters import render as drawing
from maillage.programme.letters.forms import HeadForm, SentForm, TemplateForm
from maillage.programme.letters.models import Kind, Letter, Letterhead
from maillage.programme.letters.wording import NAMES, unknown_names

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
EXAMPLE = {
    "prenom_nom": "Camille INVENTÉ",
    "civilite": "Madame, Monsieur",
    "naissance": "3 février 1985",
    "intitule": "Stage de responsabilisation",
    "seances": "jeudi 17 décembre 2026 à 9 h\nvendredi 18 décembre 2026 à 9 h",
    "lieu": "12 rue des Exemples, 66000 Perpignan",
    "prix": "Une participation de 200 € vous est demandée.",
    "debut": "17 décembre 2026",
    "fin": "18 décembre 2026",
    "absence_le": "17 décembre 2026",
    "duree": "12 h",
    "manque": "1 séance manquée, non rattrapée",
    "numero": "2026-0001",
    "code": "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ",
}


def document(sheets: list[drawing.Sheet], title: str, layout: str) -> HttpResponse:
    """The sheets as a file whose name tells nobody."""
    if layout not in TYPES:
        raise Http404(f"no letter is made as {layout}")
    made = getattr(drawing, layout)(sheets, title)
    response = HttpResponse(made, content_type=TYPES[layout])
    response["Content-Disposition"] = f'attachment; filename="courrier.{layout}"'
    return response


@require_http_methods(["GET", "POST"])
def letter_templates(request: StaffRequest) -> HttpResponse:
    """The letterhead, and the kinds of letter that may be written anew."""
    by = request.membership
    access.check_can_edit(by)
    head = Letterhead.objects.filter(organisation=by.organisation_id).first()
    initial = {name: getattr(head, name, "") for name in actions.HEAD}
    form = HeadForm(request.POST or None, initial=initial)
    if form.is_valid():
        actions.write_head(by=by, **form.cleaned_data)
        messages.success(request, "L’en-tête est enregistré.")
        return redirect("letter_templates")
    context = {"form": form, "kinds": Kind.choices}
    return render(request, "letters/templates.html", context)


@require_http_methods(["GET", "POST"])
def letter_template(request: StaffRequest, kind: str) -> HttpResponse:
    by = request.membership
    access.check_can_edit(by)
    if kind not in Kind.values:
        raise Http404(f"{kind} is no letter")
    subject, body = actions.words_of(by.organisation_id, kind)
    form = TemplateForm(request.POST or None, initial={"subject": subject, "body": body})
    if form.is_valid():
        given = form.cleaned_data
        if "preview" in request.POST:
            return _preview(request, kind, form)
        try:
            actions.write_template(by=by, kind=kind, **given)
        except Refused as refusal:
            form.refuse(refusal.field, refusal.message)
        else:
            messages.success(request, "La lettre est enregistrée.")
            return redirect("letter_templates")
    context = {"form": form, "kind": kind, "title": Kind(kind).label, "names": NAMES.items()}
    return render(request, "letters/template.html", context)


def _preview(request: StaffRequest, kind: str, form: TemplateForm) -> HttpResponse:
    """The letter as it would be, for somebody invented; nothing is kept."""
    by, given = request.membership, form.cleaned_data
    if unknown := unknown_names(given["subject"]) or unknown_names(given["body"]):
        form.refuse("body", f"Aucune lettre ne connaît «\u202f{unknown[0]}\u202f».")
        context = {"form": form, "kind": kind, "title": Kind(kind).label, "names": NAMES.items()}
        return render(request, "letters/template.html", context)
    to = ["Camille INVENTÉ", "3 rue des Exemples", "66000 Perpignan"]
    words = (given["subject"], given["body"])
    made = actions.sheet(by.organisation, kind, EXAMPLE, recipient=to, words=words)
    return document([made], Kind(kind).label, "pdf")


def _letter(request: StaffRequest, uid: str) -> Letter:
    visible = Letter.objects.visible_to(request.membership)
    return get_object_or_404(visible.select_related("participant"), uid=uid)


@require_safe
def letter(request: StaffRequest, uid: str, layout: str) -> HttpResponse:
    """Printed again, word for word as it was made."""
    by, kept = request.membership, _letter(request, uid)
    access.check_can_send(by)
    trail.record_read("letter", by=by, file=kept.participant.uid)
    return document([drawing.Sheet.from_json(kept.content)], kept.get_kind_display(), layout)


@require_http_methods(["GET", "POST"])
def letter_sent(request: StaffRequest, uid: str) -> HttpResponse:
    by, kept = request.membership, _letter(request, uid)
    access.check_can_send(by)
    form = SentForm(request.POST or None)
    if form.is_valid():
        try:
            actions.send(by=by, letter=kept, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal.field, refusal.message)
        else:
            messages.success(request, "L’envoi est noté.")
            return redirect(safe_next(request) or "groups")
    context = {"form": form, "letter": kept, "may_send": can(access.check_can_send, by)}
    return render(request, "letters/sent.html", context)
