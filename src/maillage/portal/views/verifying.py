"""Whether a paper is genuine: its code is posted, never in an address that a log would keep."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from maillage.core.seals import is_valid
from maillage.portal.flood import CODES
from maillage.portal.views.common import page, public, slowed

LONGEST = 60


@public
@require_http_methods(["GET", "POST"])
def certificate_check(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return page("portal/verifying.html")
    if wait := slowed(request, CODES):
        return wait
    code = request.POST.get("code", "")[:LONGEST]
    return page("portal/verifying.html", code=code, asked=True, valid=is_valid(code))
