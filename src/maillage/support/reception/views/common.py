"""What the pages of this room do alike."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from maillage.core import trail
from maillage.core.errors import Refused, Stale
from maillage.core.http import StaffRequest
from maillage.support.reception.models import Beneficiary
from maillage.support.reception.reading import plan_of


def visible_beneficiary(request: StaffRequest, uid: str) -> Beneficiary:
    visible = Beneficiary.objects.visible_to(request.membership)
    return get_object_or_404(visible.select_related("site", "coordinator"), uid=uid)


def attempt(form: forms.Form, act: Callable, **given: Any) -> Any:
    """What the action gives; None, and the reason beside the field at fault, where it refuses."""
    try:
        return act(**given)
    except Refused as refusal:
        known = refusal.field in form.fields
        form.add_error(refusal.field if known else None, refusal.message)
    except Stale as stale:
        form.add_error(None, stale.message)
        given["beneficiary"].refresh_from_db(fields=["version"])
        typed = cast(QueryDict, form.data).copy()
        typed["version"] = str(given["beneficiary"].version)
        form.data = typed
    return None


def done(request: StaffRequest, beneficiary: Beneficiary, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("beneficiary", beneficiary.uid)


def act_page(
    request: StaffRequest,
    beneficiary: Beneficiary,
    form: forms.Form,
    *,
    title: str,
    action: str,
    template: str = "reception/act.html",
    **context: Any,
) -> HttpResponse:
    """The page of one act: the plan of contact, the form, a button that names it."""
    trail.record_read("act", by=request.membership, file=beneficiary.uid)
    context |= {"form": form, "beneficiary": beneficiary, "title": title, "action": action}
    context |= {
        "plan": plan_of(beneficiary),
        "back": reverse("beneficiary", args=[beneficiary.uid]),
    }
    return render(request, template, context)
