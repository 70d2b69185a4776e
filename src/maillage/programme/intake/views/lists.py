"""Referrals and the waiting list, as pages and as the files that hold exactly the same rows."""

import io
from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from maillage.core import tables, trail
from maillage.core.http import StaffRequest
from maillage.core.paging import KeyedPaginator
from maillage.core.stepup import recent_second_factor
from maillage.network.roles import can
from maillage.programme.intake import access, actions, exports
from maillage.programme.intake.forms.filters import ReferralFilters, WaitingFilters
from maillage.programme.intake.models import Referral
from maillage.programme.intake.reading import SHAPES, outcome_words, ranks, with_attempts

ROWS = 50
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _referrals(request: StaffRequest) -> tuple[ReferralFilters, QuerySet[Referral]]:
    filters = ReferralFilters(request.GET, by=request.membership)
    return filters, filters.narrow(Referral.objects.visible_to(request.membership).for_list())


def _waiting(request: StaffRequest) -> tuple[WaitingFilters, QuerySet[Referral]]:
    filters = WaitingFilters(request.GET, by=request.membership)
    waiting = Referral.objects.visible_to(request.membership).waiting_list().for_list()
    by_site = waiting.order_by("site__name", *waiting.query.order_by)
    return filters, with_attempts(filters.narrow(by_site)).prefetch_related("requested_modules")


def _page(
    request: StaffRequest,
    what: str,
    rows: QuerySet[Referral],
    paginator: type[Paginator] = Paginator,
) -> Any:
    page = paginator(rows, ROWS).get_page(request.GET.get("page"))
    if page.object_list:
        trail.record_read(what, by=request.membership, count=len(page.object_list))
    return page


@require_safe
def referrals(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_read(by)
    filters, rows = _referrals(request)
    page = _page(request, "referrals", rows)
    for row in page.object_list:
        row.shape = SHAPES.get(row.status, "")
    context = {
        "page": page,
        "filters": filters,
        "may_register": can(access.check_can_register, by),
        "may_export": can(access.check_can_export, by),
    }
    return render(request, "intake/referrals.html", context)


@require_safe
def waiting_list(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_read(by)
    filters, rows = _waiting(request)
    page, at = _page(request, "waiting_list", rows, KeyedPaginator), ranks(by)
    for row in page.object_list:
        row.rank, row.tried = at[row.pk], outcome_words(row.tried_outcome)
    waiting = Referral.objects.visible_to(by).filter(status=Referral.Status.WAITING)
    sites = waiting.values("site__name", "site__slug").annotate(n=Count("pk"))
    context = {"page": page, "filters": filters, "sites": sites.order_by("site__name")}
    context["may_export"] = can(access.check_can_export, by)
    return render(request, "intake/waiting_list.html", context)


@require_POST
@recent_second_factor()
def referrals_export(request: StaffRequest, extension: str) -> HttpResponse:
    filters, rows = _referrals(request)
    cells = [exports.referral_cells(row) for row in rows]
    return _file(request, "referrals", filters.asked, exports.REFERRAL_HEADERS, cells, extension)


@require_POST
@recent_second_factor()
def waiting_list_export(request: StaffRequest, extension: str) -> HttpResponse:
    filters, rows = _waiting(request)
    at = ranks(request.membership)
    cells = [exports.waiting_cells(row, at[row.pk]) for row in rows]
    return _file(request, "waiting_list", filters.asked, exports.WAITING_HEADERS, cells, extension)


def _file(
    request: StaffRequest,
    what: str,
    filters: dict[str, str],
    headers: Sequence[str],
    rows: list[list[Any]],
    extension: str,
) -> HttpResponse:
    actions.record_export(
        by=request.membership, what=what, filters=filters, rows=len(rows), extension=extension
    )
    name = f"{exports.FILE_NAMES[what]}-{timezone.localdate():%Y-%m-%d}.{extension}"
    buffer = io.BytesIO()
    if extension == "csv":
        tables.write_csv(buffer, headers, rows)
    else:
        tables.write_xlsx(buffer, [(exports.FILE_NAMES[what], headers, rows)])
    response = HttpResponse(buffer.getvalue(), content_type=TYPES[extension])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
