"""What every answer and every session of the signed-in pages obeys."""

import time
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from maillage.core import trail
from maillage.core.http import StaffRequest

SEEN_EVERY = timedelta(seconds=30).total_seconds()


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
    """Ends a session left without a click for `IDLE_MINUTES`."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now, seen = time.time(), request.session.get("seen")
            if seen is not None and now - seen > settings.IDLE_MINUTES * 60:
                logout(request)
                request.session_ended = True
            elif seen is None or now - seen > SEEN_EVERY:
                request.session["seen"] = now
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        """Sends to the login page, that says why; an open page is shown as to anybody."""
        if not getattr(request, "session_ended", False) or not getattr(
            view, "login_required", True
        ):
            return None
        asked = {"next": request.get_full_path(), "fin": "inactivite"}
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode(asked)}")


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
            trail.record_read("refused", by=by, count=0)
        return response
