"""Entering a follow-up, who follows it, its modules, the situation of the person."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from maillage.core.http import StaffRequest
from maillage.network.roles import Permission
from maillage.programme.episodes import access
from maillage.programme.episodes.actions import follow
from maillage.programme.episodes.forms.acts import (
    AcceptForm,
    AssignForm,
    ModuleEndForm,
    ModuleStartForm,
    SituationForm,
    TakeForm,
)
from maillage.programme.episodes.models import Appointment, Episode
from maillage.programme.episodes.views.common import (
    act_page,
    done,
    get_episode,
    get_referral,
    perform,
)
from maillage.programme.intake.access import check_can_accept
from maillage.programme.intake.models import Referral

SITUATION = ("marital_status", "employment", "resources")


def _as_known(referral: Referral) -> dict:
    return {field: getattr(referral, field) for field in SITUATION}


def _entry_proposed(referral: Referral, by) -> dict:
    """What the page of an entry proposes: the last meeting's day, what the referrer asked."""
    kept = referral.appointments.filter(status=Appointment.Status.KEPT).order_by("-starts_at")
    met = kept.first()
    return {
        **_as_known(referral),
        "version": referral.version,
        "entered_on": met.day if met else timezone.localdate(),
        "site": referral.site_id,
        "referent": by.user if by.holds(Permission.NOTE_CLINICAL) else None,
        "modules": list(referral.requested_modules.values_list("code", flat=True)),
    }


@require_http_methods(["GET", "POST"])
def episode_accept(request: StaffRequest, uid: str) -> HttpResponse:
    by, referral = request.membership, get_referral(request, uid)
    check_can_accept(by, referral)
    initial = None if request.POST else _entry_proposed(referral, by)
    form = AcceptForm(request.POST or None, initial=initial, organisation_id=by.organisation_id)
    if form.is_valid() and perform(
        form, lambda: follow.accept(by=by, referral=referral, **form.cleaned_data), referral
    ):
        return done(request, referral, "Le suivi est ouvert.")
    return act_page(
        request, referral, form, title="Accueillir la personne", action="Ouvrir le suivi"
    )


@require_http_methods(["GET", "POST"])
def episode_assign(request: StaffRequest, uid: str) -> HttpResponse:
    by, episode = request.membership, get_episode(request, uid)
    access.check_can_assign(by, episode)
    gives = by.holds(Permission.FILE_ASSIGN)
    initial = {"version": episode.version, "referent": episode.referent}
    form = (AssignForm if gives else TakeForm)(
        request.POST or None, initial=initial, organisation_id=by.organisation_id
    )
    if form.is_valid():
        given = {"referent": by.user} | form.cleaned_data
        if perform(form, lambda: follow.assign(by=by, episode=episode, **given), episode):
            return done(request, episode.referral, "Le dossier a changé de référent·e.")
    title = "Attribuer le dossier" if gives else "Prendre ce dossier"
    lead = "La personne choisie lira les notes cliniques du dossier et le verra dans sa journée."
    return act_page(request, episode.referral, form, title=title, action=title, lead=lead)


@require_http_methods(["GET", "POST"])
def module_start(request: StaffRequest, uid: str) -> HttpResponse:
    by, episode = request.membership, get_episode(request, uid)
    access.check_can_follow(by, episode)
    form = ModuleStartForm(
        request.POST or None,
        initial={"starts_on": timezone.localdate()},
        organisation_id=by.organisation_id,
    )
    if form.is_valid() and perform(
        form, lambda: follow.start_module(by=by, episode=episode, **form.cleaned_data)
    ):
        return done(request, episode.referral, "Le module est commencé.")
    title = "Commencer un module"
    return act_page(request, episode.referral, form, title=title, action="Commencer le module")


@require_http_methods(["GET", "POST"])
def module_end(request: StaffRequest, uid: str, pk: int) -> HttpResponse:
    by, episode = request.membership, get_episode(request, uid)
    access.check_can_follow(by, episode)
    module = get_object_or_404(episode.modules, pk=pk)
    form = ModuleEndForm(
        request.POST or None,
        initial={"ends_on": timezone.localdate()},
        organisation_id=by.organisation_id,
    )
    if form.is_valid() and perform(
        form, lambda: follow.end_module(by=by, module=module, **form.cleaned_data)
    ):
        return done(request, episode.referral, "Le module est terminé.")
    title = f"Terminer «\u202f{module.get_code_display()}\u202f»"
    return act_page(request, episode.referral, form, title=title, action="Terminer le module")


def _as_it_stands(episode: Episode) -> dict:
    changed = episode.situation_changes.last()
    known = {f: getattr(changed, f) for f in SITUATION} if changed else _as_known(episode.referral)
    return known | {"on": timezone.localdate()}


@require_http_methods(["GET", "POST"])
def situation_change(request: StaffRequest, uid: str) -> HttpResponse:
    by, episode = request.membership, get_episode(request, uid)
    access.check_can_follow(by, episode)
    initial = None if request.POST else _as_it_stands(episode)
    form = SituationForm(request.POST or None, initial=initial, organisation_id=by.organisation_id)
    if form.is_valid() and perform(
        form, lambda: follow.change_situation(by=by, episode=episode, **form.cleaned_data)
    ):
        return done(request, episode.referral, "Le changement est noté.")
    title = "Noter un changement de situation"
    lead = "La situation à l’entrée reste comme elle était\u00a0: les rapports la comptent."
    action = "Noter le changement"
    return act_page(request, episode.referral, form, title=title, action=action, lead=lead)
