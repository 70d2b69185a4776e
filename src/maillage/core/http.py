"""What the middleware adds to a request."""

from typing import Any

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class StaffRequest(HttpRequest):
    """A request of a signed-in page: whoever asks, under the membership they work under."""

    user: Any
    membership: Any
    other_memberships: list[Any]
    htmx: HtmxDetails
    session_ended: str
    has_failed: bool


def is_ours(request: HttpRequest) -> bool:
    """Whether a form without a cookie stood on our own page, as far as the browser says."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin", "null")
    return origin in ("null", f"{request.scheme}://{request.get_host()}")
