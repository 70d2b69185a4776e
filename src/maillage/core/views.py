"""Keeping what is typed, and the pages that errors show."""

from contextlib import suppress

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt, requires_csrf_token
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import drafts
from maillage.core.forms import FrenchDateField
from maillage.core.http import StaffRequest


def safe_next(request: HttpRequest) -> str:
    """The page asked for before signing in, if it is one of ours; else nothing."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours else ""


def first_page() -> str:
    """Where one arrives once signed in, when no page was asked for."""
    try:
        return reverse(settings.LOGIN_REDIRECT_URL)
    except NoReverseMatch:
        return reverse("choose_membership")


SOMEWHERE_ELSE = "https://fr.wikipedia.org/"


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Ends the session and goes elsewhere, from a plain link as well: leaving never waits.

    A forged request can do no worse than end a session.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        with suppress(DatabaseError):
            auth.logout(request)
    gone = HttpResponse(status=204) if request.method == "POST" else redirect(SOMEWHERE_ELSE)
    gone.headers["Clear-Site-Data"] = '"cookies", "storage"'
    return gone


def _is_still(request: StaffRequest, membership: str | None) -> bool:
    """Whether a page left open belongs to who is signed in now, on the side they work on now."""
    return membership == str(request.membership.pk)


@require_safe
def fresh_token(request: StaffRequest) -> HttpResponse:
    """A new token for a page whose session ended and was opened again, by the same membership."""
    if not _is_still(request, request.GET.get("as")):
        return HttpResponse(status=409)
    return HttpResponse(get_token(request), content_type="text/plain")


@require_POST
def save_draft(request: StaffRequest) -> HttpResponse:
    """Keeps what is being typed; with `_discard`, forgets it and goes back to the empty form."""
    name = request.POST.get("_draft", "")
    if not _is_still(request, request.POST.get("_as")):
        return HttpResponse(status=409)
    try:
        if "_discard" in request.POST:
            drafts.discard(request.membership, name)
            return redirect(safe_next(request) or first_page())
        drafts.save(request.membership, name, request.POST)
    except ValueError as error:
        raise BadRequest("Ce brouillon ne nomme aucun formulaire.") from error
    except drafts.TooLarge:
        return JsonResponse({"error": "Ce texte est trop long pour un brouillon."}, status=413)
    return HttpResponse(status=204)


@require_POST
def read_date(request: HttpRequest) -> HttpResponse:
    """How a date being typed is understood; nothing while it is not."""
    reading = FrenchDateField().read_back(request.POST.get("typed", "")[:60])
    return HttpResponse(f"lu comme\u00a0: {reading}" if reading else "", content_type="text/plain")


def _error(request: HttpRequest, template: str, status: int, reason: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(render_to_string(template, {"reason": reason}), status=status)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    reason = "Cette demande est incomplète. Revenez à la page précédente et recommencez."
    return _error(request, "core/400.html", 400, reason)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    reason = str(exception) or "Votre rôle ne permet pas d’ouvrir cette page."
    return _error(request, "core/403.html", 403, reason)


def other_side(request: HttpRequest) -> HttpResponse:
    """A page left open under another membership acts no more."""
    reason = (
        "Cette page est d’un autre côté ou d’une autre organisation que ceux où vous travaillez "
        "maintenant. Rien n’a été enregistré. Revenez à l’espace de travail."
    )
    return _error(request, "core/409.html", 409, reason)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    reason = "Cette page n’existe pas, ou elle n’est pas accessible depuis votre organisation."
    return _error(request, "core/404.html", 404, reason)


def destroyed(request: HttpRequest) -> HttpResponse:
    reason = (
        "Données détruites\u00a0: la clé de cette organisation n’existe plus, ni ici ni ailleurs."
    )
    return _error(request, "core/410.html", 410, reason)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    reason = "Le service a rencontré une panne. Ce que vous avez envoyé n’est pas enregistré."
    return _error(request, "core/500.html", 500, reason)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    told = (
        "Cette page était restée ouverte trop longtemps. Revenez en arrière, rechargez-la, "
        "puis recommencez."
    )
    return _error(request, "core/csrf.html", 403, told)
