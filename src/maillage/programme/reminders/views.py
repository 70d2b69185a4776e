"""Reminders on three addresses: the list of the branch, one person's choice, what carriers say."""

import hmac
import json

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import trail
from maillage.core.http import StaffRequest
from maillage.programme.intake.models import Participant
from maillage.programme.reminders import access, actions
from maillage.programme.reminders.forms import ChoiceForm
from maillage.programme.reminders.providers import signature_of
from maillage.programme.reminders.reading import SHOWN, coming, now_of, sent, to_check
from maillage.programme.reminders.wording import words

LONGEST = 4096  # bytes of what a carrier says


@require_safe
def reminders(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_choose(by)
    context = {"coming": coming(by), "sent": sent(by), "to_check": to_check(by)}
    if count := sum(map(len, context.values())):
        trail.record_read("reminders", by=by, count=count)
    return render(request, "reminders/reminders.html", context)


@require_http_methods(["GET", "POST"])
def contact_choice(request: StaffRequest, uid: str) -> HttpResponse:
    """How one person wants to be reminded; the words they will get; what was sent."""
    by = request.membership
    person = get_object_or_404(Participant.objects.visible_to(by), uid=uid)
    access.check_can_choose(by)
    choice, way = now_of(person)
    names = ("is_on", "by_sms", "by_email", "mailbox_is_shared")
    initial = {name: getattr(choice, name) for name in names} if choice else {}
    form = ChoiceForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        actions.choose(by=by, participant=person, **form.cleaned_data)
        messages.success(request, "Le choix de la personne est noté.")
        return redirect("file", uid)
    trail.record_read("contact_choice", by=by, file=person.uid)
    context = {"participant": person, "form": form, "choice": choice, "way": way}
    context |= {"sent": sent(by, person, SHOWN), "example": words(timezone.now())}
    return render(request, "reminders/choice.html", context)


@require_POST
def number_checked(request: StaffRequest, uid: str) -> HttpResponse:
    by = request.membership
    person = get_object_or_404(Participant.objects.visible_to(by), uid=uid)
    access.check_can_choose(by)
    if actions.check_number(by=by, participant=person):
        messages.success(request, "Le numéro est de nouveau utilisé.")
    return redirect("contact_choice", uid)


@login_not_required
@csrf_exempt
@require_POST
def delivery(request: HttpRequest) -> HttpResponse:
    """What an operator says of its messages, signed; every other answer is the same refusal."""
    given, refused = request.headers.get("X-Signature", ""), HttpResponse(status=403)
    try:
        body = request.body[: LONGEST + 1]
    except RawPostDataException:  # a form, of which somebody read the fields: no operator's
        return refused
    if not settings.SMS_URL or len(body) > LONGEST:
        return refused
    if not hmac.compare_digest(given.encode(), signature_of(body).encode()):
        return refused
    try:
        told = json.loads(body)
        kept = actions.hear(str(told["id"])[:64], str(told["state"]))
    except (ValueError, KeyError, TypeError):
        kept = False
    return HttpResponse(status=204 if kept else 400)
