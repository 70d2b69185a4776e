"""What is written in a file: notes, and the tries to reach the person."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from maillage.core import drafts
from maillage.core.http import StaffRequest
from maillage.network.roles import can
from maillage.programme.episodes import access
from maillage.programme.episodes.actions import follow
from maillage.programme.episodes.forms.acts import ContactForm, NoteForm
from maillage.programme.episodes.models import Note
from maillage.programme.episodes.views.common import act_page, done, get_referral, perform
from maillage.programme.intake.access import check_can_follow
from maillage.programme.intake.models import Referral


def _note_form(request: StaffRequest, referral: Referral, draft: str) -> NoteForm:
    """The form with the kinds that one may write; where there is a choice, it is to be made."""
    by, check = request.membership, access.check_can_write_note
    kinds = [kind for kind in Note.Kind if can(check, by, referral.participant, kind)]
    return NoteForm(
        request.POST or None,
        kinds=kinds,
        initial={"on": timezone.localdate(), "kind": kinds[0] if len(kinds) == 1 else ""},
        draft=drafts.load(by, draft),
        organisation_id=by.organisation_id,
    )


@require_http_methods(["GET", "POST"])
def note_new(request: StaffRequest, uid: str) -> HttpResponse:
    by, referral, draft = request.membership, get_referral(request, uid), f"note:{uid}"
    access.check_can_write_note(by, referral.participant, Note.Kind.FACTUAL)
    form = _note_form(request, referral, draft)
    if form.is_valid() and perform(
        form, lambda: follow.write_note(by=by, referral=referral, **form.cleaned_data)
    ):
        return done(request, referral, "La note est écrite.", draft=draft)
    lead = "Une note ne se modifie plus\u00a0: une correction est une autre note."
    page = {"title": "Écrire une note", "action": "Écrire la note", "lead": lead, "draft": draft}
    return act_page(request, referral, form, **page)


@require_http_methods(["GET", "POST"])
def contact_attempt_new(request: StaffRequest, uid: str) -> HttpResponse:
    by, referral, draft = request.membership, get_referral(request, uid), f"contact:{uid}"
    check_can_follow(by, referral)
    initial = {"on": timezone.localdate(), "channel": "phone"}
    kept = {"draft": drafts.load(by, draft), "organisation_id": by.organisation_id}
    form = ContactForm(request.POST or None, initial=initial, **kept)
    if form.is_valid() and perform(
        form, lambda: follow.record_contact(by=by, referral=referral, **form.cleaned_data)
    ):
        return done(request, referral, "L’appel ou le courrier est noté.", draft=draft)
    title = "Noter un appel ou un courrier"
    page: dict[str, Any] = {"title": title, "action": "Noter", "draft": draft, "shows_phone": True}
    return act_page(request, referral, form, **page)
