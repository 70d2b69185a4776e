"""What the pages of this room do alike."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404

from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.programme.intake.models import Participant, Referral


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
