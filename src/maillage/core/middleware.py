"""What every answer and every session of the signed-in pages obeys."""

import time
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from maillage.core.http import StaffRequest

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
