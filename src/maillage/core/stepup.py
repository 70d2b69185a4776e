"""The second factor again, before what leaves the house or changes who may enter it."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

MINUTES = 10
View = Callable[..., HttpResponse]


def mark(session: Any, method: str) -> None:
    """Writes in the session that the second factor was given now, and how."""
    session["second_factor_at"] = time.time()
    session["second_factor"] = method


def is_given(session: Any) -> bool:
    return bool(session.get("second_factor_at"))


def is_recent(session: Any, minutes: int = MINUTES) -> bool:
    return time.time() - session.get("second_factor_at", 0) <= minutes * 60


def _page_it_came_from(request: HttpRequest) -> str:
    """The page whose form was sent, if it is one of ours."""
    page = request.POST.get("_page", "")
    ours = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return page if ours else ""


def ask_again(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the second factor; then back here, or to the form to send again."""
    if request.method == "GET":
        asked = {"next": request.get_full_path()}
    else:
        asked = {"next": _page_it_came_from(request), "envoi": "1"}
    where = f"{reverse('step_up')}?{urlencode(asked)}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": where})
    return redirect(where)


def recent_second_factor(minutes: int = MINUTES) -> Callable[[View], View]:
    """The view runs only where the second factor was given in the last minutes."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not is_recent(request.session, minutes):
                return ask_again(request)
            return view(request, *args, **kwargs)

        return guarded

    return guard
