"""The nightly files that anyone may reuse."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from maillage.portal import exchange
from maillage.portal.views.common import page, public


@public
@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    ready = [name for name in exchange.FILES if (exchange.folder() / f"{name}.json").exists()]
    return page("portal/open_data.html", ready=ready)


@public
@require_safe
def open_data_file(request: HttpRequest, name: str) -> HttpResponse:
    path = exchange.folder() / f"{name}.json"
    if name not in exchange.FILES or not path.exists():
        raise Http404
    return HttpResponse(path.read_bytes(), content_type="application/json")
