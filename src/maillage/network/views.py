"""The pages of the network: under whom one works."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from maillage.core.views import first_page, safe_next
from maillage.network.models import Membership


@require_http_methods(["GET", "POST"])
def choose_membership(request: HttpRequest) -> HttpResponse:
    """Chooses the side one works on; nothing said on the other one comes along."""
    usable = Membership.objects.usable_by(request.user).order_by("organisation__name", "side")
    if request.method == "POST":
        chosen = get_object_or_404(usable, pk=request.POST.get("membership") or None)
        list(messages.get_messages(request))
        request.session.cycle_key()
        request.session["membership"] = chosen.pk
        return redirect(safe_next(request) or first_page())
    return render(request, "network/choose_membership.html", {"usable": usable})
