"""The pages of an organisation, of a site, of a service and of a line; each prints on one sheet."""

from base64 import b64encode
from io import BytesIO

import qrcode
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe
from qrcode.image.svg import SvgPathImage

from maillage.network.models import Contact, Organisation, Site
from maillage.portal.finding import places_of
from maillage.portal.helplines import lines_on
from maillage.portal.models import Service
from maillage.portal.views.common import page, public


def _qr(request: HttpRequest) -> str:
    """The address of the page as a picture, for the printed sheet."""
    code = qrcode.QRCode(border=1, error_correction=qrcode.ERROR_CORRECT_M)
    code.add_data(request.build_absolute_uri())
    buffer = BytesIO()
    code.make_image(image_factory=SvgPathImage).save(buffer)
    return f"data:image/svg+xml;base64,{b64encode(buffer.getvalue()).decode()}"


def _sheet(request: HttpRequest, template: str, **context) -> HttpResponse:
    return page(template, qr=_qr(request), address=request.build_absolute_uri(), **context)


@public
@require_safe
def service(request: HttpRequest, uid: str) -> HttpResponse:
    published = Service.objects.published().select_related("organisation")
    shown = get_object_or_404(published, uid=uid)
    place = places_of(published.filter(pk=shown.pk), timezone.localtime())[0]
    return _sheet(request, "portal/service.html", place=place, service=shown)


@public
@require_safe
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Organisation, pk=pk, is_public=True)
    services = Service.objects.published().filter(organisation=shown)
    places = places_of(services, timezone.localtime())
    contacts = Contact.objects.filter(organisation=shown).order_by("-kind", "pk")
    context = {"organisation": shown, "places": places, "contacts": contacts}
    return _sheet(request, "portal/organisation.html", **context)


@public
@require_safe
def site(request: HttpRequest, pk: int) -> HttpResponse:
    """A protected site has no page: that it exists is told by its services alone."""
    sites = Site.objects.filter(organisation__is_public=True, is_protected=False)
    shown = get_object_or_404(sites.select_related("organisation"), pk=pk)
    services = Service.objects.published().filter(site=shown)
    places = places_of(services, timezone.localtime())
    return _sheet(request, "portal/site.html", site=shown, places=places)


@public
@require_safe
def line(request: HttpRequest, uid: str) -> HttpResponse:
    now = timezone.localtime()
    shown = next((line for line in lines_on(now.date()).values() if line.uid == uid), None)
    if shown is None:
        raise Http404
    told = {"is_open": shown.is_open(now), "is_overdue": shown.is_overdue(now.date())}
    return _sheet(request, "portal/line.html", line=shown, **told)
