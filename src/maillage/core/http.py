"""What the middleware adds to a request, and what a view tells it."""

from collections.abc import Callable
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


def only_reads(view: Callable) -> Callable:
    """Marks a view that is posted to and changes nothing: a search, whose words stay out of the
    address."""
    view.only_reads = True  # type: ignore[attr-defined]  # read by the middleware
    return view


def is_ours(request: HttpRequest) -> bool:
    """Whether a form without a cookie stood on our own page, as far as the browser says."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin", "null")
    return origin in ("null", f"{request.scheme}://{request.get_host()}")
