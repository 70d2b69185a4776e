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
