"""What the pages of acts share: fetch what is visible, run the action, tell what it refused."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from maillage.core import drafts
from maillage.core.errors import Refused, Stale
from maillage.core.forms import show_phone
from maillage.core.http import StaffRequest
from maillage.core.views import safe_next
from maillage.programme.episodes.forms.acts import BranchForm, VersionedForm
from maillage.programme.episodes.models import Appointment, Episode
from maillage.programme.intake.models import Referral


def get_referral(request: StaffRequest, uid: str) -> Referral:
    visible = Referral.objects.visible_to(request.membership)
    return get_object_or_404(visible.select_related("participant", "site"), uid=uid)


def get_episode(request: StaffRequest, uid: str) -> Episode:
    """The follow-up that a referral opened, by the referral's uid."""
    visible = Episode.objects.visible_to(request.membership)
    return get_object_or_404(visible.for_list(), referral__uid=uid)


def get_appointment(request: StaffRequest, pk: int) -> Appointment:
    visible = Appointment.objects.visible_to(request.membership)
    return get_object_or_404(visible.for_list(), pk=pk)


def perform(form: BranchForm, action: Callable[[], Any], record: Any = None) -> bool:
    """Runs the action; what it refuses becomes an error of the form, which keeps what was typed.

    After `Stale`, the form answers the `record` as it stands now: sending it again confirms.
    """
    try:
        action()
    except Refused as error:
        form.refuse(error.field, error.message)
    except Stale as error:
        form.add_error(None, error.message)
        if isinstance(form, VersionedForm) and record is not None:
            record.refresh_from_db(fields=["version"])
            form.take_version(record.version)
    return not form.errors


def file_url(referral: Referral) -> str:
    return reverse("file", args=[referral.participant.uid])


def done(request: StaffRequest, referral: Referral, said: str, *, draft: str = "") -> HttpResponse:
    """Says what was done and goes back to where one came from, else to the file."""
    if draft:
        drafts.discard(request.membership, draft)
    messages.success(request, said)
    return redirect(safe_next(request) or file_url(referral))


def act_page(
    request: StaffRequest,
    referral: Referral,
    form: BranchForm,
    *,
    title: str,
    action: str,
    template: str = "episodes/act.html",
    **context: Any,
) -> HttpResponse:
    """The page of one act: a form, and a button that names the act."""
    context |= {
        "form": form,
        "referral": referral,
        "participant": referral.participant,
        "phone": show_phone(referral.participant.phone),
        "title": title,
        "action": action,
        "back": safe_next(request) or file_url(referral),
        "next": safe_next(request),
    }
    return render(request, template, context)


def page_number(request: StaffRequest) -> int:
    """The page asked for, the first one where that is no number of a page."""
    asked = request.GET.get("page", "")
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked) < 100_000 else 1
