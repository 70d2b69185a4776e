"""Appointments: fixed, marked in one click, postponed."""

from typing import NoReturn

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.views import safe_next
from maillage.network.roles import Permission
from maillage.programme.episodes import access
from maillage.programme.episodes.actions import appointments
from maillage.programme.episodes.forms.acts import AppointmentForm, PostponeForm
from maillage.programme.episodes.models import Appointment
from maillage.programme.episodes.views.common import (
    act_page,
    done,
    file_url,
    get_appointment,
    get_referral,
    perform,
)
from maillage.programme.intake.models import Referral

MARKS = {  # the word of the address: the transition, what is said afterwards
    "honore": ("keep", "Rendez-vous honoré."),
    "excuse": ("excuse", "Absence excusée."),
    "absence": ("miss", "Absence notée."),
    "annule": ("cancel", "Rendez-vous annulé."),
    "corriger": ("correct", "Le rendez-vous est de nouveau à noter."),
}


def _proposed(request: StaffRequest, referral: Referral) -> dict:
    by, episode = request.membership, getattr(referral, "episode", None)
    kind = "follow_up" if episode else "assessment"
    if request.GET.get("objet") in Appointment.Kind.values:
        kind = request.GET["objet"]
    follows = by.holds(Permission.EPISODE_FOLLOW)
    return {
        "kind": kind,
        "practitioner": by.user if follows else episode and episode.referent,
        "site": episode.site_id if episode else referral.site_id,
    }


@require_http_methods(["GET", "POST"])
def appointment_new(request: StaffRequest, uid: str) -> HttpResponse:
    by, referral = request.membership, get_referral(request, uid)
    access.check_can_plan(by)
    initial = _proposed(request, referral)
    form = AppointmentForm(
        request.POST or None, initial=initial, organisation_id=by.organisation_id
    )
    if form.is_valid() and perform(
        form, lambda: appointments.plan(by=by, referral=referral, **form.cleaned_data)
    ):
        return done(request, referral, "Le rendez-vous est fixé.")
    title, action = "Fixer un rendez-vous", "Fixer le rendez-vous"
    return act_page(request, referral, form, title=title, action=action, shows_phone=True)


@require_POST
def appointment_mark(request: StaffRequest, pk: int, mark: str) -> HttpResponse:
    """One click; what can be taken back says so with a button."""
    by, appointment = request.membership, get_appointment(request, pk)
    transition, said = MARKS.get(mark) or _unknown(mark)
    access.check_can_plan(by)
    back = safe_next(request) or file_url(appointment.referral)
    try:
        access.check_can_mark(by, appointment, transition)
        appointments.mark(by=by, appointment=appointment, transition=transition)
    except (PermissionDenied, Refused) as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, said, extra_tags=_undo(pk, transition, back))
    return redirect(back)


def _unknown(mark: str) -> NoReturn:
    raise Http404(f"{mark} says nothing of an appointment")


def _undo(pk: int, transition: str, back: str) -> str:
    """The button of the message that takes a mark back and stays where one is."""
    if transition not in ("keep", "excuse", "miss"):
        return ""
    address = reverse("appointment_mark", args=[pk, "corriger"])
    return f"undo:{address}?{urlencode({'next': back})}"


@require_http_methods(["GET", "POST"])
def appointment_postpone(request: StaffRequest, pk: int) -> HttpResponse:
    by, appointment = request.membership, get_appointment(request, pk)
    access.check_can_mark(by, appointment, "postpone")
    at, practitioner = timezone.localtime(appointment.starts_at), appointment.practitioner
    initial = {"hour": at.time(), "practitioner": practitioner}
    form = PostponeForm(request.POST or None, initial=initial, organisation_id=by.organisation_id)
    if form.is_valid() and perform(
        form, lambda: appointments.postpone(by=by, appointment=appointment, **form.cleaned_data)
    ):
        return done(request, appointment.referral, "Le rendez-vous est reporté.")
    lead = f"Rendez-vous du {appointment.when}, avec {practitioner.name}."
    page = {"title": "Reporter le rendez-vous", "action": "Reporter", "lead": lead}
    return act_page(request, appointment.referral, form, shows_phone=True, **page)
