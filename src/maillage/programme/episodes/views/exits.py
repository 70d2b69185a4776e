"""The end of a follow-up, and taking it back."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from maillage.core.http import StaffRequest
from maillage.programme.episodes import access
from maillage.programme.episodes.actions import follow
from maillage.programme.episodes.forms.acts import ExitCancelForm, ExitForm
from maillage.programme.episodes.reading.exits import consequences, drop_out
from maillage.programme.episodes.views.common import act_page, done, get_episode, perform


@require_http_methods(["GET", "POST"])
def episode_exit(request: StaffRequest, uid: str) -> HttpResponse:
    by, episode = request.membership, get_episode(request, uid)
    access.check_can_exit(by, episode)
    initial = {"version": episode.version, "on": timezone.localdate()}
    form = ExitForm(request.POST or None, initial=initial, organisation_id=by.organisation_id)
    if form.is_valid() and perform(
        form, lambda: follow.record_exit(by=by, episode=episode, **form.cleaned_data), episode
    ):
        return done(request, episode.referral, "Le suivi est terminé.")
    context: dict[str, Any] = {"consequences": consequences(episode), "drop_out": drop_out(episode)}
    page: dict[str, Any] = {
        "title": "Terminer le suivi",
        "action": "Terminer le suivi",
        "danger": True,
    }
    return act_page(
        request, episode.referral, form, template="episodes/exit.html", **page, **context
    )


@require_http_methods(["GET", "POST"])
def episode_exit_cancel(request: StaffRequest, uid: str) -> HttpResponse:
    by, episode = request.membership, get_episode(request, uid)
    access.check_can_cancel_exit(by, episode)
    form = ExitCancelForm(request.POST or None, organisation_id=by.organisation_id)
    if form.is_valid() and perform(
        form, lambda: follow.cancel_exit(by=by, episode=episode, **form.cleaned_data)
    ):
        return done(request, episode.referral, "La sortie est annulée, le suivi reprend.")
    lines = [
        "Le suivi reprend comme s’il n’avait pas été terminé, à la même date d’entrée.",
        "Les modules terminés le jour de la sortie reprennent.",
        "Les rendez-vous annulés par la sortie le restent\u00a0: leurs heures ont pu être données.",
    ]
    page: dict[str, Any] = {
        "title": "Annuler la sortie",
        "action": "Annuler la sortie",
        "consequences": lines,
    }
    return act_page(request, episode.referral, form, **page)
