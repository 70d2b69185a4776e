"""What the pages of this room do alike."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django_htmx.middleware import HtmxDetails

from maillage.core.errors import Refused
from maillage.network.models import Membership
from maillage.programme.intake.models import Participant, Referral


class StaffRequest(HttpRequest):
    """A request of somebody who works under a membership, as the middlewares made it."""

    membership: Membership
    htmx: HtmxDetails


def visible_participant(request: StaffRequest, uid: str) -> Participant:
    return get_object_or_404(Participant.objects.visible_to(request.membership), uid=uid)


def visible_referral(request: StaffRequest, uid: str) -> Referral:
    return get_object_or_404(
        Referral.objects.visible_to(request.membership).select_related(
            "participant", "organisation", "site", "referrer"
        ),
        uid=uid,
    )


def attempt(form: forms.Form, act: Callable, **given: Any) -> Any:
    """What the action gives; None, and the reason beside the field at fault, where it refuses."""
    try:
        return act(**given)
    except Refused as refusal:
        known = refusal.field in form.fields
        form.add_error(refusal.field if known else None, refusal.message)
        return None
