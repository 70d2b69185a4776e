"""What every public page has in common: no cookie, no account, nothing of who asks."""

from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from maillage.core.http import is_ours
from maillage.core.throttle import client_address
from maillage.portal.flood import Buckets

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """Open to all, drawn without the session, and telling no other site where it was read.

    There is no cookie, hence nothing that a forged request could use: the token that a cookie would
    need is replaced by the origin that browsers tell.
    """

    @login_not_required
    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not is_ours(request):
            raise PermissionDenied("Cette demande vient d’un autre site.")
        response = view(request, *args, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noarchive"
        return response

    return answer


def page(template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Drawn without the request, so that nothing of a session can appear on it."""
    return HttpResponse(render_to_string(template, context), status=status)


def slowed(request: HttpRequest, buckets: Buckets) -> HttpResponse | None:
    """The page that says to wait, and whom to call meanwhile; `None` where the request passes."""
    wait = buckets.take(client_address(request))
    if not wait:
        return None
    response = page("portal/wait.html", status=429, wait=ceil(wait))
    response.headers["Retry-After"] = str(ceil(wait))
    return response
