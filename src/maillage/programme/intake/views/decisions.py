"""One page a decision: what will happen, to whom, what goes out, what stays."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from maillage.core import drafts, trail
from maillage.core.calendar import long_date
from maillage.core.http import StaffRequest
from maillage.programme.intake import access, actions
from maillage.programme.intake.forms import decisions as forms
from maillage.programme.intake.models import Referral
from maillage.programme.intake.views.common import attempt, visible_referral


@dataclass(frozen=True)
class Decision:
    transition: str
    title: str
    button: str
    done: str
    check: Callable
    act: Callable
    form: type[forms.DecisionForm]
    consequences: Callable[[Referral], list[str]]
    warning: Callable[[Referral], str] = lambda referral: ""
    is_danger: bool = False


def _decide(request: StaffRequest, uid: str, decision: Decision) -> HttpResponse:
    referral, by = visible_referral(request, uid), request.membership
    if request.method == "POST" and _is_taken(referral, decision):
        messages.info(request, decision.done)
        return redirect("file", referral.participant.uid)
    decision.check(by, referral)
    form = decision.form(request.POST or None, by=by, referral=referral)
    given = {"by": by, "referral": referral}
    if form.is_valid() and attempt(form, decision.act, **given, **form.cleaned_data):
        messages.success(request, decision.done)
        return redirect("file", referral.participant.uid)
    trail.record_read("decision", by=by, file=referral.participant.uid)
    context = {"decision": decision, "referral": referral, "form": form}
    context["consequences"] = decision.consequences(referral)
    context["warning"] = decision.warning(referral)
    return render(request, "intake/decision.html", context)


def _is_taken(referral: Referral, decision: Decision) -> bool:
    """Whether the state is already the one decided: a second click changes nothing."""
    return referral.status == Referral.TRANSITIONS[decision.transition][1]


def _referrer(referral: Referral) -> str:
    return str(referral.referrer or referral.get_referrer_category_display())


def _waiting(referral: Referral) -> list[str]:
    return [
        "La personne prend son rang sur la liste du lieu choisi, par ordre d’arrivée de "
        f"l’orientation ({long_date(referral.received_on)}), les urgences d’abord.",
        f"Une place est due avant le {long_date(referral.wait_limit)}. Deux mois avant, la liste "
        "le signale\u202f; passé ce jour, l’orienteur doit être prévenu.",
        "Rien n’est envoyé.",
    ]


WAIT = Decision(
    "wait",
    "Mettre sur la liste d’attente",
    "Mettre sur la liste d’attente",
    "La personne est sur la liste d’attente.",
    access.check_can_put_on_waiting_list,
    actions.put_on_waiting_list,
    forms.WaitForm,
    _waiting,
)
ASSESS_PLAN = Decision(
    "plan_assessment",
    "Prévoir l’évaluation",
    "Prévoir l’évaluation",
    "L’évaluation est à mener.",
    access.check_can_plan_assessment,
    actions.plan_assessment,
    forms.DayForm,
    lambda referral: [
        "L’orientation passe à l’état «\u202fà évaluer\u202f».",
        *(
            ["La personne quitte la liste d’attente\u202f; son ordre d’arrivée est gardé."]
            if referral.status == Referral.Status.WAITING
            else []
        ),
        "Le rendez-vous se fixe ensuite, depuis le dossier. Rien n’est envoyé.",
    ],
)
RETURN = Decision(
    "return",
    "Retourner à l’orienteur",
    "Retourner à l’orienteur",
    "L’orientation est retournée à l’orienteur.",
    access.check_can_return,
    actions.return_to_referrer,
    forms.EndForm,
    lambda referral: [
        f"L’orientation se termine sans suivi, retournée à\u00a0: {_referrer(referral)}.",
        "Le motif compte dans les rapports\u202f; les précisions restent dans le dossier.",
        "Rien n’est envoyé d’ici\u00a0: prévenez l’orienteur par votre courrier habituel.",
        "L’orientation peut être rouverte.",
    ],
    is_danger=True,
)
CLOSE = Decision(
    "close",
    "Clore sans entrée",
    "Clore sans entrée",
    "L’orientation est close sans entrée.",
    access.check_can_close,
    actions.close_without_entry,
    forms.EndForm,
    lambda referral: [
        "L’orientation se termine sans suivi et quitte les listes.",
        "Le motif compte dans les rapports\u202f; les précisions restent dans le dossier.",
        "Rien n’est envoyé. L’orientation peut être rouverte.",
    ],
    is_danger=True,
)
REDIRECT = Decision(
    "redirect",
    "Transmettre à une autre antenne",
    "Transmettre à l’antenne choisie",
    "L’orientation est transmise à l’autre antenne.",
    access.check_can_redirect,
    actions.redirect,
    forms.RedirectForm,
    lambda referral: [
        "Sont transmis\u00a0: l’identité et les coordonnées, le cadre juridique, l’obligation de "
        "soins et les autres obligations, ce qui est demandé, la situation, l’urgence.",
        "Ne sont pas transmis\u00a0: les notes, les appels, l’évaluation, vos précisions.",
        "Pour l’autre antenne, l’orienteur est la vôtre\u202f; l’orienteur d’origine reste ici.",
        f"Le délai ne repart pas de zéro\u00a0: une place est due avant le "
        f"{long_date(referral.wait_limit)}.",
        "L’antenne ouvre son propre dossier ou complète celui qu’elle a\u202f; le réseau compte "
        "une seule personne.",
    ],
    lambda referral: (
        "Une fois transmise, l’orientation ne revient pas d’elle-même\u00a0: seule l’autre antenne "
        "peut vous la renvoyer."
    ),
    is_danger=True,
)
REOPEN = Decision(
    "reopen",
    "Rouvrir l’orientation",
    "Rouvrir l’orientation",
    "L’orientation est rouverte.",
    access.check_can_reopen,
    actions.reopen,
    forms.ReopenForm,
    lambda referral: [
        "L’orientation revient à l’état «\u202freçue\u202f», à sa date d’arrivée\u00a0: "
        f"{long_date(referral.received_on)}.",
        "Ses étapes passées restent dans le dossier. Rien n’est envoyé.",
    ],
)


@require_http_methods(["GET", "POST"])
def referral_wait(request: StaffRequest, uid: str) -> HttpResponse:
    return _decide(request, uid, WAIT)


@require_http_methods(["GET", "POST"])
def referral_assess_plan(request: StaffRequest, uid: str) -> HttpResponse:
    return _decide(request, uid, ASSESS_PLAN)


@require_http_methods(["GET", "POST"])
def referral_return(request: StaffRequest, uid: str) -> HttpResponse:
    return _decide(request, uid, RETURN)


@require_http_methods(["GET", "POST"])
def referral_redirect(request: StaffRequest, uid: str) -> HttpResponse:
    return _decide(request, uid, REDIRECT)


@require_http_methods(["GET", "POST"])
def referral_close(request: StaffRequest, uid: str) -> HttpResponse:
    return _decide(request, uid, CLOSE)


@require_http_methods(["GET", "POST"])
def referral_reopen(request: StaffRequest, uid: str) -> HttpResponse:
    return _decide(request, uid, REOPEN)


@require_http_methods(["GET", "POST"])
def assessment_new(request: StaffRequest, uid: str) -> HttpResponse:
    referral, by = visible_referral(request, uid), request.membership
    access.check_can_assess(by, referral)
    draft = f"assessment:{uid}"
    kept = drafts.load(by, draft)
    form = forms.AssessmentForm(request.POST or None, by=by, referral=referral, draft=kept)
    given = {"by": by, "referral": referral}
    if form.is_valid() and attempt(form, actions.record_assessment, **given, **form.cleaned_data):
        drafts.discard(by, draft)
        messages.success(request, "Évaluation enregistrée.")
        return redirect("file", referral.participant.uid)
    trail.record_read("assessment", by=by, file=referral.participant.uid)
    context = {"referral": referral, "form": form, "draft_name": draft}
    return render(request, "intake/assessment_new.html", context)
