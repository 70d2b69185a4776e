"""The groups of a branch, and one group on one page."""

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from maillage.core import trail
from maillage.core.http import StaffRequest
from maillage.programme.groups import access
from maillage.programme.groups.models import Enrolment, Offer
from maillage.programme.groups.reading.board import board, groups_list
from maillage.programme.groups.views.common import get_group
from maillage.programme.intake import access as intake_access

ROWS = 40


@require_safe
def groups(request: StaffRequest) -> HttpResponse:
    by = request.membership
    intake_access.check_can_read(by)
    listed, today = groups_list(by), timezone.localdate()
    over = listed.filter(ends_on__lt=today).order_by("-starts_on", "-pk")
    past = Paginator(over, ROWS).get_page(request.GET.get("page"))
    waiting = Enrolment.objects.visible_to(by).to_convene()
    kinds = dict(Offer.Kind.choices)
    counted = waiting.values("kind").annotate(n=Count("pk")).order_by("kind")
    context = {
        "coming": listed.filter(ends_on__gte=today, status="planned").order_by("starts_on", "pk"),
        "page": past,
        "waiting": [(row["kind"], kinds[row["kind"]], row["n"]) for row in counted],
        "may_plan": access.may(access.check_can_plan, by),
        "may_offer": access.may(access.check_can_offer, by),
    }
    return render(request, "groups/groups.html", context)


@require_safe
def group(request: StaffRequest, uid: str) -> HttpResponse:
    by, shown = request.membership, get_group(request, uid)
    told = board(shown, by)
    if told.seated or told.others:
        trail.record_read("group", by=by, count=len(told.seated) + len(told.others))
    context = {
        "board": told,
        "group": shown,
        "may_convene": access.may(access.check_can_convene, by),
        "may_tick": access.may(access.check_can_tick, by),
    }
    return render(request, "groups/group.html", context)
