"""The pieces of a file: added, taken to be read elsewhere, removed."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_safe

from maillage.core import uploads
from maillage.core.http import StaffRequest
from maillage.programme.episodes.forms.documents import DocumentForm, DocumentRemovalForm
from maillage.programme.episodes.views.common import act_page, done, get_referral, perform
from maillage.programme.intake import access, actions
from maillage.programme.intake.models import Document

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def get_document(request: StaffRequest, uid: str) -> Document:
    visible = Document.objects.visible_to(request.membership).kept()
    return get_object_or_404(visible.select_related("participant", "referral"), uid=uid)


@require_http_methods(["GET", "POST"])
def document_new(request: StaffRequest, uid: str) -> HttpResponse:
    by, referral = request.membership, get_referral(request, uid)
    access.check_can_add_document(by)
    form = DocumentForm(
        request.POST or None, request.FILES or None, organisation_id=by.organisation_id
    )
    if form.is_valid() and perform(form, lambda: _add(by, referral, **form.cleaned_data)):
        return done(request, referral, "La pièce est ajoutée.")
    lead = "Toute l’antenne la lira, accueil compris\u00a0: n’y mettez pas d’écrit clinique."
    page = {"title": "Ajouter une pièce", "action": "Ajouter la pièce", "lead": lead}
    return act_page(request, referral, form, **page)


def _add(by, referral, *, file, **given) -> None:
    actions.add_document(by=by, referral=referral, file=uploads.clean(file.read()), **given)


@require_safe
def document(request: StaffRequest, uid: str) -> HttpResponse:
    """The piece as a file to save: never shown inside a page of this site."""
    found = get_document(request, uid)
    content = actions.read_document(by=request.membership, document=found)
    response = HttpResponse(content, content_type="application/octet-stream", headers=_HEADERS)
    response["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
    return response


@require_http_methods(["GET", "POST"])
def document_remove(request: StaffRequest, uid: str) -> HttpResponse:
    by, found = request.membership, get_document(request, uid)
    access.check_can_remove_document(by, found)
    form = DocumentRemovalForm(request.POST or None, organisation_id=by.organisation_id)
    if form.is_valid() and perform(
        form, lambda: actions.remove_document(by=by, document=found, **form.cleaned_data)
    ):
        return done(request, found.referral, "La pièce est retirée.")
    lead = f"«\u202f{found.title}\u202f»\u00a0: son contenu est effacé, et ne se retrouve pas."
    page = {"title": "Retirer une pièce", "action": "Retirer la pièce", "lead": lead}
    return act_page(request, found.referral, form, danger=True, **page)
