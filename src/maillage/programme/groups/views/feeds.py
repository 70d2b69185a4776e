"""The calendar: as a page, and as a private address that an agenda reads."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from maillage.core import rowlock
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.network.models import CalendarFeed, Membership
from maillage.programme.groups.actions import feeds
from maillage.programme.groups.models import Session
from maillage.programme.groups.reading.feed import as_icalendar
from maillage.programme.intake import access as intake_access

MONTH_AHEAD = 120  # sessions on one page


def _page(request: StaffRequest, address: str = "") -> HttpResponse:
    by = request.membership
    coming = (
        Session.objects.visible_to(by)
        .filter(is_cancelled=False, starts_at__gte=timezone.now())
        .exclude(group__status="cancelled")
        .select_related("group__template__offer", "group__site", "room")
        .order_by("starts_at")[:MONTH_AHEAD]
    )
    mine = CalendarFeed.objects.filter(membership=by, closed_at=None)
    context = {"sessions": coming, "feeds": mine, "address": address}
    return render(request, "groups/calendar.html", context)


@require_safe
def calendar(request: StaffRequest) -> HttpResponse:
    """The sessions to come, day by day."""
    intake_access.check_can_read(request.membership)
    return _page(request)


@require_POST
def calendar_open(request: StaffRequest) -> HttpResponse:
    """Shows the new address this once: neither it nor its secret is kept."""
    try:
        token = feeds.open_feed(by=request.membership, is_mine=request.POST.get("mine") == "1")
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("calendar")
    return _page(request, request.build_absolute_uri(reverse("calendar_feed", args=[token])))


@require_POST
def calendar_close(request: StaffRequest, pk: int) -> HttpResponse:
    by = request.membership
    feed = get_object_or_404(CalendarFeed.objects.filter(membership=by), pk=pk)
    feeds.close_feed(by=by, feed=feed)
    messages.success(request, "Cette adresse ne répond plus.")
    return redirect("calendar")


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """For an agenda, without a session; an address that is closed is one that never was."""
    asked = CalendarFeed.objects.filter(digest=feeds.digest_of(token), closed_at=None)
    feed = asked.select_related("membership").first()
    if feed is None:
        raise Http404("no such calendar")
    usable = Membership.objects.current().filter(pk=feed.membership_id, user__is_active=True)
    if not usable.exists():
        raise Http404("no such calendar")
    with rowlock.acting(feed.membership):
        intake_access.check_can_read(feed.membership)
        content = as_icalendar(feed)
        if feed.read_on != timezone.localdate():
            asked.update(read_on=timezone.localdate())
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
