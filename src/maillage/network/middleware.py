"""Which membership the signed-in person works under."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from maillage.core import rowlock
from maillage.core.http import StaffRequest
from maillage.core.views import other_side

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class WorkingMembership:
    """Sets `request.membership` to the chosen one, read again at every request so that an ended
    membership ends at once; somebody who has several and chose none is sent to choose."""

    OPEN_VIEWS = frozenset(
        {"login", "logout", "home", "choose_membership", "second_factor", "passkey_sign_in"}
        | {"passkey_options", "agents", "agents_return", "invitation"}
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: StaffRequest) -> HttpResponse:
        request.membership = None
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not request.user.is_authenticated:
            return None
        usable = list(request.user.memberships.usable())
        chosen = request.session.get("membership")
        request.membership = next((m for m in usable if m.pk == chosen), None)
        request.other_memberships = [m for m in usable if m != request.membership]
        is_open = not getattr(view, "login_required", True)
        is_open = is_open or request.resolver_match.url_name in self.OPEN_VIEWS
        if request.membership is None and not is_open:
            if len(usable) == 1:
                request.membership, request.other_memberships = usable[0], []
                request.session["membership"] = usable[0].pk
            else:
                return redirect(reverse("choose_membership"))
        if refused := self._refuse_other_side(request):
            return refused
        if request.membership is not None:
            reads = request.method in SAFE or getattr(view, "only_reads", False)
            rowlock.enter(request.membership, writes=not reads)
            request.membership.read_once = {} if reads else None
        return None

    def _refuse_other_side(self, request) -> HttpResponse | None:
        """A form says under which membership it was opened; under another one it acts no more."""
        if request.method in SAFE or request.resolver_match.url_name in self.OPEN_VIEWS:
            return None
        opened_under = request.POST.get("_as") or request.headers.get("X-As") or None
        if opened_under is None or opened_under == str(request.membership.pk):
            return None
        return other_side(request)
