"""The groups of a branch, and one group on one page."""

from django.core.paginator import Paginator
from django.db.models import Count, Q
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


@require_safe
def course_waiting_list(request: StaffRequest) -> HttpResponse:
    """Who waits for a course: whom justice sent back and the urgent ones first, then by arrival."""
    by = request.membership
    intake_access.check_can_read(by)
    kind = request.GET.get("nature", "")
    kind = kind if kind in Offer.Kind.values else Offer.Kind.COURSE
    rows = (
        Enrolment.objects.visible_to(by)
        .to_convene()
        .filter(kind=kind)
        .select_related("participant", "referral__site")
        .annotate(n_postponed=Count("steps", Q(steps__status=Enrolment.Status.POSTPONED)))
        .order_by("-is_returned_by_court", "-referral__is_urgent", "asked_on", "pk")
    )
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    if page.object_list:
        trail.record_read("course_waiting_list", by=by, count=len(page.object_list))
    context = {
        "page": page,
        "kind": kind,
        "kinds": Offer.Kind.choices,
        "today": timezone.localdate(),
    }
    return render(request, "groups/waiting_list.html", context)
