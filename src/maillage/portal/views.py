"""The public site: no account, no cookie, no question asked of the database."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Drawn without the request, so that nothing of a session can appear on it."""
    return HttpResponse(render_to_string("portal/home.html"))
