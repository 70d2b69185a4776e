"""The pages of the network: under whom one works, the directory, one organisation."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from maillage.core.http import StaffRequest
from maillage.core.views import first_page, safe_next
from maillage.network import access, actions
from maillage.network.forms import DirectoryFilter
from maillage.network.listing import find_organisations, lines_for
from maillage.network.models import Organisation
from maillage.network.sheet import sheet_of

ROWS_A_PAGE = 100


@require_http_methods(["GET", "POST"])
def choose_membership(request: StaffRequest) -> HttpResponse:
    """Chooses the side one works on; nothing said on the other one comes along."""
    usable = request.user.memberships.usable().order_by("organisation__name", "side")
    if request.method == "POST":
        asked = request.POST.get("membership")
        chosen = next((each for each in usable if str(each.pk) == asked), None)
        if chosen is None:
            raise Http404
        list(messages.get_messages(request))
        request.session.cycle_key()
        request.session["membership"] = chosen.pk
        actions.begin_work(by=chosen, method=request.session.get("second_factor", ""))
        return redirect(safe_next(request) or first_page())
    return render(request, "network/choose_membership.html", {"usable": usable})


@require_safe
@vary_on_headers("HX-Request")
def network(request: StaffRequest) -> HttpResponse:
    """The organisations of the territory, found by mandate, category and words."""
    access.check_can_read_directory(request.membership)
    form = DirectoryFilter(request.GET or None)
    asked = form.wanted()
    found = find_organisations(request.membership, **asked)
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "asked": any(asked.values()), "page": page}
    context["lines"] = lines_for(list(page))
    fragment = request.htmx and not request.htmx.history_restore_request
    template = "network/_organisations.html" if fragment else "network/network.html"
    return render(request, template, context)


@require_safe
def organisation(request: StaffRequest, slug: str) -> HttpResponse:
    """What one organisation is in the network, where and when it receives, how to reach it."""
    shown = get_object_or_404(Organisation.objects.visible_to(request.membership), slug=slug)
    access.check_can_read_directory(request.membership)
    return render(request, "network/organisation.html", sheet_of(shown))
