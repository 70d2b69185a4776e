"""What every answer and every session of the signed-in pages obeys."""

import time
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from maillage.core import rowlock, trail
from maillage.core.http import StaffRequest
from maillage.core.keys import Destroyed
from maillage.core.views import destroyed

SEEN_EVERY = timedelta(seconds=30).total_seconds()


def end_session(request: StaffRequest, why: str) -> None:
    """Forgets who was signed in; the login page says why."""
    logout(request)
    request.session_ended = why


class PrivateResponses:
    """No page but a static file is kept by a browser or a proxy."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        return response


class OwnForms(CsrfViewMiddleware):
    """Refuses forms that another site sends, on pages that tell nobody where they were read.

    Under « no-referrer » browsers post with `Origin: null`; they say beside it, in a header that no
    script can write, whether the page was ours. Where they are too old to say so the token decides.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        if request.headers["Origin"] == "null":
            return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        return super()._origin_verified(request)  # type: ignore[misc]  # private, tested


class DestroyedData:
    """Says that data were destroyed where a page would read them: this is no breakdown."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return destroyed(request) if isinstance(exception, Destroyed) else None


class IdleTimeout:
    """Ends a session left without a click for `IDLE_MINUTES`, or opened too many hours ago.

    A session that does not say when it was opened was not opened by signing in: it ends too.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now, seen = time.time(), request.session.get("seen")
            if now - request.session.get("signed_in_at", 0) > settings.SESSION_COOKIE_AGE:
                end_session(request, "duree")
            elif seen is not None and now - seen > settings.IDLE_MINUTES * 60:
                end_session(request, "inactivite")
            elif seen is None or now - seen > SEEN_EVERY:
                request.session["seen"] = now
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        """Sends to the login page, that says why; an open page is shown as to anybody."""
        why = getattr(request, "session_ended", "")
        if not why or not getattr(view, "login_required", True):
            return None
        asked = {"next": request.get_full_path(), "fin": why}
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode(asked)}")


class OneTransaction:
    """On PostgreSQL, one transaction a signed-in request: the context of the second lock ends with
    it. What ends in a failure (an exception, a 5xx) is undone as a whole; sessions stay outside."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        if not rowlock.is_on() or not request.user.is_authenticated:
            return self.get_response(request)
        request.has_failed = False
        with rowlock.request():
            response = self.get_response(request)
            if response.streaming and not isinstance(response, FileResponse):
                raise RuntimeError("an answer that is streamed would read outside of its context")
            if request.has_failed or response.status_code >= 500:
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: StaffRequest, exception: Exception) -> None:
        request.has_failed = True


class RefusedReads:
    """Records that somebody signed in asked for one named record and was not given it.

    Not which one: it may be another organisation's, or of the other side.
    """

    REFUSALS = (403, 404)

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        response = self.get_response(request)
        by, match = getattr(request, "membership", None), request.resolver_match
        if response.status_code in self.REFUSALS and by and match and "uid" in match.kwargs:
            with suppress(PermissionDenied), rowlock.acting(by):  # unless it ended meanwhile
                trail.record_read("refused", by=by, count=0)
        return response
