"""Questionnaires: written, handed out by codes, typed from paper, read as tables and charts."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import once
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.models import make_uid
from maillage.core.tables import TableError
from maillage.network.roles import can
from maillage.programme.groups.models import Group
from maillage.programme.intake import access as intake_access
from maillage.programme.questionnaires import access, actions, xlsform
from maillage.programme.questionnaires.forms import (
    CodesForm,
    ImportForm,
    PeriodForm,
    QuestionnaireForm,
    said,
)
from maillage.programme.questionnaires.models import Questionnaire
from maillage.programme.questionnaires.results import results, sheets_of
from maillage.programme.questionnaires.writing import read, written

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 2_000_000


def _get(request: StaffRequest, uid: str) -> Questionnaire:
    return get_object_or_404(Questionnaire.objects.visible_to(request.membership), uid=uid)


def _group(request: StaffRequest, uid: str) -> Group:
    return get_object_or_404(Group.objects.visible_to(request.membership).for_list(), uid=uid)


@require_safe
def questionnaires(request: StaffRequest) -> HttpResponse:
    by = request.membership
    intake_access.check_can_read(by)
    listed = Questionnaire.objects.visible_to(by)
    context: dict[str, Any] = {"listed": listed, "may_ask": can(access.check_can_ask, by)}
    return render(request, "questionnaires/list.html", context)


@require_http_methods(["GET", "POST"])
def questionnaire_new(request: StaffRequest) -> HttpResponse:
    return _form(request, None)


@require_http_methods(["GET", "POST"])
def questionnaire_edit(request: StaffRequest, uid: str) -> HttpResponse:
    return _form(request, _get(request, uid))


def _form(request: StaffRequest, before: Questionnaire | None) -> HttpResponse:
    by = request.membership
    access.check_can_ask(by)
    initial = {}
    if before is not None:
        initial = {"title": before.title, "questions": written(before.questions.all())}
    form = QuestionnaireForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            asked = read(form.cleaned_data["questions"])
            made = actions.write(
                by=by, title=form.cleaned_data["title"], asked=asked, before=before
            )
            messages.success(request, "Le questionnaire est enregistré.")
            return redirect("questionnaire", made.uid)
        except Refused as refusal:
            form.refuse(refusal.field, refusal.message)
    answered = before is not None and before.sheets.exists()
    return render(
        request, "questionnaires/form.html", {"form": form, "before": before, "answered": answered}
    )


@require_http_methods(["GET", "POST"])
def questionnaire_import(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_ask(by)
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            asked = _read_upload(form.cleaned_data["file"])
            made = actions.write(by=by, title=form.cleaned_data["title"], asked=asked)
            messages.success(request, "Le questionnaire est repris.")
            return redirect("questionnaire", made.uid)
        except (Refused, TableError) as refusal:
            form.refuse("file", str(refusal))
    return render(request, "questionnaires/import.html", {"form": form})


def _read_upload(sent) -> list:
    if sent.size > MOST_BYTES:
        raise TableError("Ce classeur est trop lourd pour un questionnaire.")
    suffix = Path(sent.name).suffix.lower() or ".xlsx"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"questionnaire{suffix if suffix.isascii() else '.xlsx'}"
        path.write_bytes(sent.read())
        return xlsform.read(path)


@require_safe
def questionnaire(request: StaffRequest, uid: str) -> HttpResponse:
    """The questions, and what was answered over a period, all groups together."""
    by, shown = request.membership, _get(request, uid)
    intake_access.check_can_read(by)
    form = PeriodForm(request.GET or None)
    narrowed = {}
    if form.is_valid():
        given = {"on__gte": form.cleaned_data["start"], "on__lte": form.cleaned_data["end"]}
        narrowed = {name: day for name, day in given.items() if day}
    told = results(shown, sheets_of(shown, **narrowed))
    context: dict[str, Any] = {"questionnaire": shown, "results": told}
    context["questions"] = shown.questions.all()
    context |= {"form": form, "may_ask": can(access.check_can_ask, by)}
    return render(request, "questionnaires/questionnaire.html", context)


@require_safe
def questionnaire_export(request: StaffRequest, uid: str) -> HttpResponse:
    by, shown = request.membership, _get(request, uid)
    intake_access.check_can_read(by)
    response = HttpResponse(xlsform.write(shown), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="questionnaire-{shown.number}.xlsx"'
    return response


@require_safe
def questionnaire_paper(request: StaffRequest, uid: str) -> HttpResponse:
    """To print and hand out."""
    shown = _get(request, uid)
    intake_access.check_can_read(request.membership)
    context = {"questionnaire": shown, "questions": shown.questions.all()}
    return render(request, "questionnaires/paper.html", context)


@require_safe
def group_questionnaires(request: StaffRequest, uid: str) -> HttpResponse:
    """What may be handed out at the end of a group, and what was answered there."""
    by, group = request.membership, _group(request, uid)
    intake_access.check_can_read(by)
    mine = Questionnaire.objects.visible_to(by)
    known = [
        (one, results(one, sheets_of(one, group=group)))
        for one in mine.filter(sheets__group=group).distinct()
    ]
    context: dict[str, Any] = {
        "group": group,
        "answered": known,
        "current": mine.filter(is_current=True),
    }
    context |= {"form": CodesForm(), "may_type": can(access.check_can_type, by)}
    return render(request, "questionnaires/group.html", context)


@require_http_methods(["GET", "POST"])
def sheet_new(request: StaffRequest, uid: str, questionnaire: str) -> HttpResponse:
    """A sheet of paper, typed; then the next one."""
    by, group, shown = request.membership, _group(request, uid), _get(request, questionnaire)
    access.check_can_type(by)
    questions, refused = list(shown.questions.all()), ""
    if request.method == "POST":
        sent: dict[str, Any] = {"uid": once.uid_of(request), "said": said(questions, request.POST)}
        try:
            actions.type_sheet(by=by, questionnaire=shown, group=group, **sent)
            messages.success(request, "La feuille est enregistrée. Saisissez la suivante.")
            return redirect("sheet_new", uid, questionnaire)
        except Refused as refusal:
            refused = refusal.message
    context: dict[str, Any] = {"group": group, "questionnaire": shown, "questions": questions}
    context["refused"] = refused
    context["once"] = request.POST.get("once") or make_uid()  # two sheets may say the same
    return render(request, "questionnaires/sheet.html", context)


@require_POST
def codes_new(request: StaffRequest, uid: str, questionnaire: str) -> HttpResponse:
    """Shows the codes this once, to print and cut out."""
    by, group, shown = request.membership, _group(request, uid), _get(request, questionnaire)
    access.check_can_type(by)
    form = CodesForm(request.POST)
    if not form.is_valid():
        messages.error(request, "De 1 à 60 codes.")
        return redirect("group_questionnaires", uid)
    codes = actions.make_codes(
        by=by, questionnaire=shown, group=group, count=form.cleaned_data["count"]
    )
    context = {"group": group, "questionnaire": shown, "codes": codes}
    return render(request, "questionnaires/codes.html", context)
