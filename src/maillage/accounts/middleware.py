"""What a session must have been given before it opens a page."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from maillage.accounts import doors, factors
from maillage.core import stepup
from maillage.core.http import StaffRequest
from maillage.core.middleware import end_session


class OpenSession:
    """Ends a session that its owner, a manager or the end of a membership closed from elsewhere."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        if request.user.is_authenticated and not doors.is_open(request):
            end_session(request, "fermee")
        return self.get_response(request)


class SecondFactor:
    """A membership that needs a second factor opens nothing before it was given."""

    BEFORE_IT = frozenset(
        {"factor_add", "totp_add", "passkey_add", "passkey_new_options", "passkey_options"}
        | {"step_up", "logout", "choose_membership", "fresh_token", "invitation"}
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or request.membership is None:
            return None
        given = stepup.is_given(request.session)
        if given or not request.membership.needs_second_factor:
            return None
        if request.resolver_match.url_name in self.BEFORE_IT:
            return None
        where = "step_up" if factors.has_factor(request.user) else "factor_add"
        asked = request.get_full_path() if request.method == "GET" else ""
        return redirect(f"{reverse(where)}?{urlencode({'next': asked})}" if asked else where)
