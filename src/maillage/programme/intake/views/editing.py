"""Corrections: whoever comes second is told, and loses nothing of what they typed."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from maillage.core import drafts, trail
from maillage.core.calendar import long_date
from maillage.core.errors import Stale
from maillage.core.forms import show_phone
from maillage.core.http import StaffRequest
from maillage.programme.intake import access, actions
from maillage.programme.intake.forms.registration import IdentityEditForm, ReferralEditForm
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.views.common import (
    attempt,
    visible_participant,
    visible_referral,
)


@require_http_methods(["GET", "POST"])
def identity_edit(request: StaffRequest, uid: str) -> HttpResponse:
    participant, by = visible_participant(request, uid), request.membership
    access.check_can_edit_identity(by, participant)
    draft, stored = f"identity:{uid}", _stored(participant, IdentityEditForm)
    form = IdentityEditForm(request.POST or None, initial=stored, draft=drafts.load(by, draft))
    overtaken: list[Overtaken] = []
    if form.is_valid():
        version = form.cleaned_data["version"]
        given = {"by": by, "participant": participant, "version": version, **form.identity}
        saved, overtaken = _save(form, stored, actions.update_identity, **given)
        if saved:
            return _saved(request, participant, draft, "Identité enregistrée.")
    trail.record_read("identity", by=by, file=uid)
    context = {"form": form, "participant": participant, "overtaken": overtaken}
    return render(request, "intake/identity_edit.html", {**context, "draft_name": draft})


@require_http_methods(["GET", "POST"])
def referral_edit(request: StaffRequest, uid: str) -> HttpResponse:
    referral, by = visible_referral(request, uid), request.membership
    access.check_can_edit_referral(by, referral)
    draft, stored = f"referral:{uid}", _stored(referral, ReferralEditForm)
    kept = drafts.load(by, draft)
    form = ReferralEditForm(request.POST or None, by=by, initial=stored, draft=kept)
    overtaken: list[Overtaken] = []
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("obligations", "modules", "version")}
        given |= {"by": by, "referral": referral, **form.referral}
        saved, overtaken = _save(form, stored, actions.update_referral, **given)
        if saved:
            return _saved(request, referral.participant, draft, "Orientation enregistrée.")
    trail.record_read("referral", by=by, file=referral.participant.uid)
    context = {"form": form, "referral": referral, "overtaken": overtaken, "draft_name": draft}
    return render(request, "intake/referral_edit.html", context)


Overtaken = tuple[str, str, str]  # a field, what is recorded now, what was typed


def _stored(record: Participant | Referral, form: type[forms.Form]) -> dict[str, Any]:
    """The record as it is now, by the fields of its form."""
    found = {name: getattr(record, name) for name in form.base_fields if hasattr(record, name)}
    if isinstance(record, Referral):
        found["obligations"] = list(record.obligations.values_list("code", flat=True))
        found["modules"] = list(record.requested_modules.values_list("code", flat=True))
    return found


def _save(
    form: forms.Form, stored: dict[str, Any], act: Callable, **given: Any
) -> tuple[Any, list[Overtaken]]:
    """What the act gives; where somebody else came first, what differs, and the form made ready to
    be sent again by whoever still means it."""
    try:
        return attempt(form, act, **given), []
    except Stale as stale:
        differing = _overtaken(form, stored)
        form.add_error(None, stale.message)
        assert isinstance(form.data, QueryDict)
        form.data = again = form.data.copy()
        again["version"] = str(stored["version"])
        return None, differing


def _overtaken(form: forms.Form, stored: dict[str, Any]) -> list[Overtaken]:
    found = []
    for name, field in form.fields.items():
        typed, recorded = form.cleaned_data[name], stored.get(name)
        is_same = (
            set(typed) == set(recorded or ()) if isinstance(typed, list) else typed == recorded
        )
        if not is_same and not field.widget.is_hidden:
            found.append((str(field.label), _said(field, recorded), _said(field, typed)))
    return found


def _said(field: forms.Field, value: Any) -> str:
    labels: dict[str, Any] = {}
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        labels = dict(field.widget.choices)
    match value:
        case None | "" | []:
            return "vide"
        case bool():
            return "oui" if value else "non"
        case date():
            return long_date(value)
        case list():
            return ", ".join(str(labels.get(code, code)) for code in sorted(value))
        case str() if value.startswith("+"):
            return show_phone(value)
    return str(labels.get(value, value))


def _saved(request: StaffRequest, participant: Participant, draft: str, told: str) -> HttpResponse:
    drafts.discard(request.membership, draft)
    messages.success(request, told)
    return redirect("file", participant.uid)
