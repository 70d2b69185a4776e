"""The pages of protection: one file closed, somebody kept out, one opened in an emergency."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.barriers import access, actions, reading
from maillage.barriers.forms import BarForm, DeclareForm, EmergencyForm, RestrictForm, ReviewForm
from maillage.barriers.people import colleagues
from maillage.barriers.walls import wall_of
from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest

NOTHING_OPENS = (
    "Aucun dossier protégé ne s’ouvre ici sous cette référence. Vérifiez-la auprès de la personne "
    "responsable. Cette demande est gardée au journal."
)
BARRED = [
    "Le dossier disparaît à l’instant de tout ce que cette personne voit\u00a0: listes, recherche, "
    "rendez-vous, exports. Aucune page ne lui dit qu’il existe.",
    "L’accès exceptionnel lui est refusé aussi. Vous en êtes averti·e si elle l’essaie.",
    "Si elle suit ce dossier, confiez-le à quelqu’un d’autre, ses rendez-vous aussi.",
    "Rien ne lui est envoyé.",
]
DECLARED = [
    "Ce dossier vous devient invisible à l’instant, partout.",
    "La personne responsable est avertie et organise la suite.",
    "Vous ne pouvez pas revenir en arrière vous-même\u00a0: elle seule le peut.",
]
RESTRICTED = [
    "Seul·es l’ouvrent ses intervenant·es, les responsables et les personnes nommées ici.",
    "Les autres ne le voient plus, ni dans les listes, ni par la recherche, ni dans les exports.",
    "En urgence, quelqu’un de l’organisation peut l’ouvrir pour un temps en disant pourquoi\u00a0: "
    "vous en êtes averti·e aussitôt.",
    "Les chiffres des rapports continuent de le compter.",
]


def _file(request: StaffRequest, uid: str) -> Any:
    by = request.membership
    access.check_can_read_files(by)
    return get_object_or_404(wall_of(by.side).visible(by), uid=uid)


def _of_mine(request: StaffRequest, table: str, pk: int) -> Any:
    """A barrier or an opening about a file that one may know exists."""
    by = request.membership
    access.check_can_manage(by)
    wall = wall_of(by.side)
    rows = getattr(wall, table).objects.select_related("file")
    return get_object_or_404(rows, pk=pk, file__in=wall.visible(by))


def _attempt(form: forms.Form, act: Callable, **given: Any) -> bool:
    try:
        act(**given)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return False
    return True


def _back(request: StaffRequest, uid: str) -> str:
    return reverse(wall_of(request.membership.side).file_route, args=[uid])


def _act_page(request: StaffRequest, file: Any, form: forms.Form, **said: Any) -> HttpResponse:
    """One act on one file: what will happen, the form, the button that names the act."""
    back = _back(request, file.uid)
    return render(request, "barriers/act.html", {"file": file, "form": form, "back": back, **said})


@require_safe
def protection(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_manage(by)
    found = reading.protection(by)
    named = len(found.barriers) + len(found.restrictions) + len(found.openings)
    trail.record_read("protection", by=by, count=named)
    route = wall_of(by.side).file_route
    return render(request, "barriers/protection.html", {"found": found, "file_route": route})


@require_http_methods(["GET", "POST"])
def file_bar(request: StaffRequest, uid: str) -> HttpResponse:
    by, file = request.membership, _file(request, uid)
    access.check_can_manage(by)
    form = BarForm(request.POST or None, people=colleagues(by))
    given = {"by": by, "file": file}
    if form.is_valid() and _attempt(form, actions.bar, **given, **form.cleaned_data):
        messages.success(request, "La personne est écartée de ce dossier.")
        return redirect("protection")
    title, action = "Écarter quelqu’un de ce dossier", "Écarter de ce dossier"
    return _act_page(request, file, form, title=title, action=action, consequences=BARRED)


@require_http_methods(["GET", "POST"])
def file_declare(request: StaffRequest, uid: str) -> HttpResponse:
    by, file = request.membership, _file(request, uid)
    form = DeclareForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.declare(by=by, file=file, **form.cleaned_data)
        messages.success(
            request, "Vous êtes écarté·e de ce dossier. La personne responsable en est avertie."
        )
        return redirect("today")
    title, action = "Je connais cette personne", "M’écarter de ce dossier"
    return _act_page(request, file, form, title=title, action=action, consequences=DECLARED)


def _restriction(request: StaffRequest, file: Any) -> tuple[Any, list[str]]:
    """The restriction that is up, if any, and the keys of those it names."""
    wall = wall_of(request.membership.side)
    up = wall.restrictions.objects.filter(file=file, lifted_at=None).first()
    named = wall.readers.objects.filter(restriction=up).values_list("user", flat=True) if up else []
    return up, [str(pk) for pk in named]


@require_http_methods(["GET", "POST"])
def file_restrict(request: StaffRequest, uid: str) -> HttpResponse:
    by, file = request.membership, _file(request, uid)
    access.check_can_manage(by)
    up, named = _restriction(request, file)
    people, initial = colleagues(by), {"readers": named}
    sent = request.POST if request.method == "POST" else None
    form = RestrictForm(sent, people=people, is_up=up is not None, initial=initial)
    given = {"by": by, "file": file, "reason": "", **(form.cleaned_data if form.is_valid() else {})}
    if form.is_valid() and _attempt(form, actions.restrict, **given):
        messages.success(request, "Le dossier est restreint aux personnes choisies.")
        return redirect(_back(request, uid))
    title = "Qui ouvre ce dossier restreint" if up else "Restreindre ce dossier"
    action = "Changer la liste" if up else "Restreindre ce dossier"
    said = {"title": title, "action": action, "consequences": RESTRICTED, "lifts": up is not None}
    return _act_page(request, file, form, **said)


@require_POST
def file_unrestrict(request: StaffRequest, uid: str) -> HttpResponse:
    file = _file(request, uid)
    access.check_can_manage(request.membership)
    actions.unrestrict(by=request.membership, file=file)
    messages.success(request, "Le dossier n’est plus restreint.")
    return redirect(_back(request, uid))


@require_POST
def barrier_lift(request: StaffRequest, pk: int) -> HttpResponse:
    barrier = _of_mine(request, "barriers", pk)
    actions.lift_barrier(by=request.membership, barrier=barrier)
    messages.success(request, "La personne n’est plus écartée de ce dossier.")
    return redirect("protection")


@require_POST
def barrier_seen(request: StaffRequest, pk: int) -> HttpResponse:
    actions.acknowledge(by=request.membership, barrier=_of_mine(request, "barriers", pk))
    return redirect("today")


@require_POST
def access_review(request: StaffRequest, pk: int) -> HttpResponse:
    opening, form = _of_mine(request, "accesses", pk), ReviewForm(request.POST)
    if form.is_valid() and _attempt(
        form, actions.review, by=request.membership, opening=opening, **form.cleaned_data
    ):
        messages.success(request, "Votre avis est gardé.")
    else:
        messages.warning(
            request, " ".join(map(str, form.non_field_errors())) or "Choisissez un avis."
        )
    return redirect("protection")


@require_http_methods(["GET", "POST"])
def exceptional_access(request: StaffRequest) -> HttpResponse:
    """The reference is typed and posted; the same answer for what does not exist or is barred."""
    by = request.membership
    access.check_can_read_files(by)
    form = EmergencyForm(request.POST or None)
    if form.is_valid():
        try:
            file = actions.open_exceptionally(by=by, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("reason", refusal.message)
        else:
            if file is not None:
                return redirect(_back(request, file.uid))
            form.add_error(None, NOTHING_OPENS)
    return render(request, "barriers/exceptional.html", {"form": form})
