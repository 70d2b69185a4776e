"""The requests to be called back, for the counter that answers them."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.support.callbacks import access, actions
from maillage.support.callbacks.models import Callback

ROWS_A_PAGE = 50


@require_safe
def callbacks(request: StaffRequest) -> HttpResponse:
    """Those to be called back, the oldest first; no number is shown here."""
    access.check_can_read(request.membership)
    waiting = Callback.objects.visible_to(request.membership).filter(outcome="open")
    page = Paginator(waiting, ROWS_A_PAGE).get_page(request.GET.get("page"))
    trail.record_read("callbacks", by=request.membership, count=len(page))
    return render(request, "callbacks/list.html", {"page": page, "count": page.paginator.count})


@require_safe
def callback(request: StaffRequest, uid: str) -> HttpResponse:
    shown = get_object_or_404(Callback.objects.visible_to(request.membership), uid=uid)
    access.check_can_read(request.membership)
    trail.record_read("callback", by=request.membership, file=shown.uid)
    outcomes = [each for each in Callback.Outcome.choices if each[0] != Callback.Outcome.OPEN]
    context = {"callback": shown, "outcomes": outcomes}
    return render(request, "callbacks/callback.html", context)


@require_POST
def callback_handle(request: StaffRequest, uid: str) -> HttpResponse:
    shown = get_object_or_404(Callback.objects.visible_to(request.membership), uid=uid)
    access.check_can_handle(request.membership, shown)
    outcome = request.POST.get("outcome", "")
    try:
        actions.handle(callback=shown, by=request.membership, outcome=outcome)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("callback", shown.uid)
    messages.success(request, "La suite est notée. Le numéro et le mot sont effacés.")
    return redirect("callbacks")
