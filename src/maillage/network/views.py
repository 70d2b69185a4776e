"""The pages of the network: under whom one works."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from maillage.core.views import first_page, safe_next
from maillage.network.models import Membership


@require_http_methods(["GET", "POST"])
def choose_membership(request: HttpRequest) -> HttpResponse:
    """Chooses the side one works on; nothing said on the other one comes along."""
    usable = Membership.objects.usable_by(request.user).order_by("organisation__name", "side")
    if request.method == "POST":
        asked = request.POST.get("membership")
        chosen = next((each for each in usable if str(each.pk) == asked), None)
        if chosen is None:
            raise Http404
        list(messages.get_messages(request))
        request.session.cycle_key()
        request.session["membership"] = chosen.pk
        return redirect(safe_next(request) or first_page())
    return render(request, "network/choose_membership.html", {"usable": usable})
