"""What the public may send: a request to be called back, an entry put right by its organisation."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from maillage.core.errors import Refused, Stale
from maillage.core.rowlock import acting
from maillage.portal import actions, links
from maillage.portal.flood import REQUESTS
from maillage.portal.forms import CallbackForm, EntryForm, new_token
from maillage.portal.models import Service
from maillage.portal.views.common import page, public, slowed
from maillage.support.callbacks.actions import receive


@public
@require_http_methods(["GET", "POST"])
def call_back(request: HttpRequest) -> HttpResponse:
    """Nothing is sent to anybody: a counter of the place reads it, and calls."""
    if request.method == "GET":
        return page("portal/call_back.html", form=CallbackForm(initial={"token": new_token()}))
    if wait := slowed(request, REQUESTS):
        return wait
    form = CallbackForm(request.POST)
    if form.is_valid():
        try:
            receive(**form.told)
            return page("portal/call_back_done.html", code_word=form.cleaned_data["code_word"])
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} Appelez le 3919 ou le 116\u00a0006.")
    return page("portal/call_back.html", form=form, status=422)


@public
@require_http_methods(["GET", "POST"])
def entry_update(request: HttpRequest, token: str) -> HttpResponse:
    """By the link alone, for thirty days, once: no account is asked for."""
    service = links.service_of(token)
    if service is None:
        raise Http404
    shown = Service.objects.get(pk=service.pk)
    form = EntryForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid() and _is_put_right(service, form):
        return page("portal/entry_done.html", service=service)
    return page("portal/entry.html", form=form, service=service)


def _is_put_right(service: Service, form: EntryForm) -> bool:
    by = actions.LinkHolder(service.organisation)
    starts, ends = form.cleaned_data["closed_from"], form.cleaned_data["closed_to"]
    given: dict[str, Any] = {"service": service, "by": by, "version": service.version}
    try:
        with transaction.atomic(), acting(by):
            if starts:
                actions.close_for(**given, starts_on=starts, ends_on=ends)
            actions.vouch(**given | form.told, verifier=service.organisation.name)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return False
    except Stale as stale:
        form.add_error(None, stale.message)
        return False
    return True
