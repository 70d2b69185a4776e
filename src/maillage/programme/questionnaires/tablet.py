"""The form on a tablet: a code, the questions, thank you. No account, no cookie, nothing kept but
the answers."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from maillage.core.errors import Refused
from maillage.core.http import is_ours
from maillage.core.throttle import CodeTry, TooMany, client_address
from maillage.programme.questionnaires import actions
from maillage.programme.questionnaires.forms import said

LONGEST_CODE = 40
UNKNOWN = "Ce code n’est pas valable\u00a0: vérifiez-le, ou demandez-en un autre."


def _page(template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Drawn without the request, so that nothing of a session can appear on it."""
    return HttpResponse(render_to_string(f"questionnaires/{template}", context), status=status)


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """First the code, then the questions, each posted: neither is in an address."""
    if request.method == "GET":
        return _page("code.html")
    if not is_ours(request):
        raise PermissionDenied("Cette demande vient d’un autre site.")
    try:
        attempt = CodeTry(client_address(request))
    except TooMany:
        return _page("code.html", status=429, refused="Trop d’essais\u00a0: attendez 5 minutes.")
    code = request.POST.get("code", "")[:LONGEST_CODE]
    opened = actions.open_by_code(code)
    if opened is None:
        return _page("code.html", refused=UNKNOWN)
    attempt.succeeded()
    context: dict[str, Any] = {"opened": opened, "code": code}
    if "answers" not in request.POST:
        return _page("answer.html", **context)
    try:
        actions.answer_by_code(opened=opened, said=said(opened.questions, request.POST))
    except Refused as refusal:
        return _page("answer.html", refused=refusal.message, **context)
    return _page("thanks.html")
