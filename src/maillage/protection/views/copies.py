"""The copy of a file: prepared by one person, reviewed by another, taken out."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.stepup import recent_second_factor
from maillage.protection import access
from maillage.protection.actions import rights as actions
from maillage.protection.documents import FORMATS
from maillage.protection.documents import render as render_copy
from maillage.protection.extraction import texts_of
from maillage.protection.forms import PrepareForm, ReviewForm
from maillage.protection.models import RightsRequest
from maillage.protection.views.common import get_request, perform


@require_http_methods(["GET", "POST"])
def rights_prepare(request: StaffRequest, uid: str) -> HttpResponse:
    by, asked = request.membership, get_request(request, uid)
    access.check_can_prepare(by, asked, reads_all=True)
    file, sections = actions.extract_for(by, asked)
    texts = texts_of(sections)
    access.check_can_prepare(by, asked, reads_all=all(text.may_be_read for text in texts))
    decided = {(p.model, p.row, p.column): p for p in asked.passages.all()}
    initial = {"version": asked.version}
    form = PrepareForm(request.POST or None, texts=texts, decided=decided, initial=initial)
    if form.is_valid() and perform(form, lambda: _prepare(by, asked, form), asked):
        messages.success(request, "La copie est prête à être relue par une autre personne.")
        return redirect("rights_request", uid)
    trail.record_read("rights_copy", by=by, file=asked.file)
    context = {"asked": asked, "form": form, "uid": asked.file, "reference": file.reference}
    return render(request, "protection/prepare.html", context | {"sections": sections})


def _prepare(by, asked: RightsRequest, form: PrepareForm) -> None:
    version = form.cleaned_data["version"]
    actions.prepare(by=by, request=asked, version=version, decided=form.decided)


@require_http_methods(["GET", "POST"])
def rights_review(request: StaffRequest, uid: str) -> HttpResponse:
    """What will leave, as it will leave: what is withheld is not shown to the reviewer either."""
    by, asked = request.membership, get_request(request, uid)
    access.check_can_review(by, asked, reads_all=actions.reads_all(by, asked))
    form = ReviewForm(request.POST or None, initial={"version": asked.version})
    verb = actions.send_back if "renvoyer" in request.POST else actions.review
    if form.is_valid() and perform(
        form, lambda: verb(by=by, request=asked, version=form.cleaned_data["version"]), asked
    ):
        messages.success(request, "La relecture est notée.")
        return redirect("rights_request", uid)
    trail.record_read("rights_copy", by=by, file=asked.file)
    context = {"asked": asked, "form": form, "uid": asked.file}
    try:
        context["copy"] = actions.checked_copy(by, asked)
    except Refused as refusal:
        context["refusal"] = refusal.message
    return render(request, "protection/review.html", context)


@require_POST
@recent_second_factor()
def rights_copy(request: StaffRequest, uid: str, kind: str) -> HttpResponse:
    asked = get_request(request, uid)
    if kind not in FORMATS:
        raise Http404
    try:
        copy = actions.take_copy(by=request.membership, request=asked, kind=kind)
    except Refused as refusal:
        raise PermissionDenied(refusal.message) from refusal
    response = HttpResponse(render_copy(copy, kind), content_type=FORMATS[kind])
    response["Content-Disposition"] = f'attachment; filename="copie-{uid}.{kind}"'
    return response
