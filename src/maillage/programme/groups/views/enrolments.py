"""One demand for a course: its dated steps, and the acts that change it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.views import safe_next
from maillage.programme.groups import access
from maillage.programme.groups.actions import convening, enrolling
from maillage.programme.groups.actions.convening import apart_from
from maillage.programme.groups.forms.acts import (
    ActForm,
    AskForm,
    DayForm,
    PostponeForm,
    ReferenceForm,
    SureForm,
    UndoForm,
)
from maillage.programme.groups.models import Enrolment, Group
from maillage.programme.groups.reading.dues import dues
from maillage.programme.groups.reading.words import acts_of, apart_of, story, undoing
from maillage.programme.groups.views.common import get_enrolment, get_group, perform
from maillage.programme.intake.models import Participant, Referral

ROWS = 40
TITLES = {  # the word of the address: the act, its title, its button, what is said afterwards
    "confirmer": ("confirm", "Présence confirmée", "Noter la confirmation"),
    "retirer": ("withdraw", "Retirer la convocation", "Retirer"),
    "reporter": ("postpone", "Report à la demande de la personne", "Noter le report"),
    "excuser": ("excuse", "Absence excusée", "Noter l’excuse"),
    "absence": ("miss", "Absence", "Noter l’absence"),
    "annuler": ("cancel", "Annuler la demande", "Annuler la demande"),
    "depart": ("leave", "Départ dans un autre département", "Noter le départ"),
    "renvoi": ("return", "Retour par la justice", "Noter le retour"),
    "reprendre": ("reopen", "Reprendre la demande", "Reprendre"),
    "demander-accord": ("ask_extension", "Accord demandé à l’orienteur", "Noter la demande"),
    "accord": ("agree_extension", "Accord de l’orienteur", "Noter l’accord"),
    "refus": ("refuse_extension", "Refus de l’orienteur", "Noter le refus"),
    "effacer-accord": ("forget_extension", "Accord noté par erreur", "Effacer ces dates"),
    "defaire": ("undo", "Annuler la dernière étape", "Annuler cette étape"),
}
_OF_THEIR_OWN: dict[
    str, tuple[Any, Any]
] = {  # what is typed for the acts that are no plain change of state, and the action
    "postpone": (PostponeForm, enrolling.postpone),
    "ask_extension": (DayForm, enrolling.ask_extension),
    "agree_extension": (DayForm, enrolling.agree_extension),
    "refuse_extension": (DayForm, enrolling.refuse_extension),
    "forget_extension": (SureForm, enrolling.forget_extension),
    "undo": (UndoForm, enrolling.undo),
}


@require_safe
def enrolment(request: StaffRequest, uid: str) -> HttpResponse:
    by, shown = request.membership, get_enrolment(request, uid)
    trail.record_read("enrolment", by=by, file=shown.participant.uid)
    may_convene = access.may(access.check_can_convene, by)
    groups = (
        Group.objects.visible_to(by)
        .open()
        .for_list()
        .filter(template__offer__kind=shown.kind, ends_on__gte=timezone.localdate())
    )
    context = {
        "enrolment": shown,
        "participant": shown.participant,
        "story": story(shown),
        "acts": acts_of(shown) if may_convene else [],
        "groups": groups.order_by("starts_on") if may_convene and shown.can("convene") else [],
        "may_convene": may_convene,
        "apart": apart_of(by, shown.participant),
        "postponed": shown.steps.standing().filter(status=Enrolment.Status.POSTPONED).count(),
        "dues": dues(by, only=Q(pk=shown.pk)),
    }
    return render(request, "groups/enrolment.html", context)


def _form(request: StaffRequest, act: str):
    form, _ = _OF_THEIR_OWN.get(act, (ActForm, None))
    typed = request.POST if request.method == "POST" else None
    return form(typed, initial={"on": timezone.localdate()})


def _run(by, shown: Enrolment, act: str, given: dict) -> Enrolment:
    if act in _OF_THEIR_OWN:
        return _OF_THEIR_OWN[act][1](by=by, enrolment=shown, **given)
    return enrolling.act(by=by, enrolment=shown, act=act, **given)


@require_http_methods(["GET", "POST"])
def enrolment_act(request: StaffRequest, uid: str, word: str) -> HttpResponse:
    by, shown = request.membership, get_enrolment(request, uid)
    access.check_can_convene(by)
    if word not in TITLES:
        raise Http404(f"{word} is no act")
    act, title, button = TITLES[word]
    form = _form(request, act)
    if form.is_valid() and perform(form, lambda: _run(by, shown, act, form.cleaned_data)):
        messages.success(request, f"{title}\u00a0: c’est noté.")
        return redirect(safe_next(request) or reverse("enrolment", args=[uid]))
    context = {"form": form, "enrolment": shown, "title": title, "action": button}
    context["told"] = undoing(shown) if act == "undo" else ""
    return render(request, "groups/act.html", context | {"participant": shown.participant})


@require_http_methods(["GET", "POST"])
def enrol(request: StaffRequest, uid: str) -> HttpResponse:
    by = request.membership
    visible = Referral.objects.visible_to(by).select_related("participant")
    referral = get_object_or_404(visible, uid=uid)
    access.check_can_convene(by)
    form = AskForm(request.POST or None, initial={"on": referral.received_on, "kind": "course"})
    if form.is_valid() and perform(
        form,
        lambda: enrolling.ask(
            by=by,
            referral=referral,
            kind=form.cleaned_data["kind"],
            asked_on=form.cleaned_data["on"],
        ),
    ):
        messages.success(request, "La personne est sur la liste.")
        return redirect(safe_next(request) or reverse("file", args=[referral.participant.uid]))
    context = {"form": form, "title": "Inscrire sur la liste d’un groupe", "action": "Inscrire"}
    return render(request, "groups/act.html", context | {"participant": referral.participant})


@require_POST
def convene(request: StaffRequest, uid: str) -> HttpResponse:
    """By hand: the demand named in the form, to this group."""
    by, group = request.membership, get_group(request, uid)
    access.check_can_convene(by)
    shown = get_enrolment(request, request.POST.get("enrolment", ""))
    try:
        convening.convene(by=by, group=group, enrolment=shown, reasons=[["by_hand"]])
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "La personne est convoquée.")
    return redirect(safe_next(request) or reverse("enrolment", args=[shown.uid]))


@require_POST
def enrolment_transport(request: StaffRequest, uid: str) -> HttpResponse:
    by, shown = request.membership, get_enrolment(request, uid)
    access.check_can_convene(by)
    stays_near = request.POST.get("stays_near") == "1"
    enrolling.note_transport(by=by, enrolment=shown, stays_near=stays_near)
    messages.success(request, "C’est noté\u00a0: la proposition de convocation en tient compte.")
    return redirect("enrolment", uid)


@require_http_methods(["GET", "POST"])
def keep_apart(request: StaffRequest, uid: str) -> HttpResponse:
    """Two files whose people are never in one session: the other is named by its number."""
    by, shown = request.membership, get_enrolment(request, uid)
    access.check_can_convene(by)
    form = ReferenceForm(request.POST or None)
    if form.is_valid():
        asked = Q(reference__iexact=form.cleaned_data["reference"].strip())
        other = Participant.objects.visible_to(by).filter(asked).first()
        if other is None:
            form.refuse("reference", "Aucun dossier ne porte ce numéro.")
        elif perform(form, lambda: enrolling.keep_apart(by=by, one=shown.participant, other=other)):
            messages.success(request, "Ces deux personnes ne seront pas dans la même session.")
            if group := enrolling.seated_together(shown.participant, other):
                messages.warning(request, f"Elles le sont déjà\u00a0: session {group.number}.")
            return redirect("enrolment", uid)
    context = {"form": form, "enrolment": shown, "title": "Ne pas convoquer ensemble"}
    context |= {"action": "Noter", "participant": shown.participant}
    return render(request, "groups/act.html", context)


@require_http_methods(["GET", "POST"])
def keep_apart_lift(request: StaffRequest, uid: str, other: str) -> HttpResponse:
    by, shown = request.membership, get_enrolment(request, uid)
    access.check_can_convene(by)
    visible = Participant.objects.visible_to(by)
    kept_from = get_object_or_404(
        visible.filter(pk__in=apart_from(shown.participant_id)), uid=other
    )
    form = SureForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and perform(
        form, lambda: enrolling.lift_apart(by=by, one=shown.participant, other=kept_from)
    ):
        messages.success(request, "Ces deux personnes peuvent de nouveau être convoquées ensemble.")
        return redirect("enrolment", uid)
    context = {"form": form, "enrolment": shown, "title": "Pouvoir convoquer ensemble"}
    context |= {"action": "Ne plus les séparer", "participant": shown.participant}
    context["told"] = f"Dossier {kept_from.reference}\u00a0: les deux pourront être réunis."
    return render(request, "groups/act.html", context)


@require_safe
def enrolment_dues(request: StaffRequest) -> HttpResponse:
    """All that absences and limits ask of the branch, the most pressing first."""
    by = request.membership
    access.check_can_convene(by)
    page = Paginator(dues(by), ROWS).get_page(request.GET.get("page"))
    if page.object_list:
        trail.record_read("enrolment_dues", by=by, count=len(page.object_list))
    return render(request, "groups/dues.html", {"page": page})
