"""Who waits for a group, as a page and as the file that holds exactly the same rows."""

import io

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from maillage.core import tables, trail
from maillage.core.http import StaffRequest
from maillage.core.stepup import recent_second_factor
from maillage.network.roles import can
from maillage.programme.groups.actions.exports import record_export
from maillage.programme.groups.forms.filters import STATES, WaitingFilters
from maillage.programme.groups.models import Enrolment, Offer
from maillage.programme.groups.reading.waiting import HEADERS, cells, ranks, waiting, with_counts
from maillage.programme.intake import access

ROWS = 50
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
def course_waiting_list(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_read(by)
    filters = WaitingFilters(request.GET, by=by)
    rows = with_counts(filters.narrow(waiting(by, filters.kind)))
    page, at = Paginator(rows, ROWS).get_page(request.GET.get("page")), ranks(by, filters.kind)
    for row in page.object_list:
        setattr(row, "rank", at[row.pk])  # noqa: B010 — read by the template alone
    if page.object_list:
        trail.record_read("course_waiting_list", by=by, count=len(page.object_list))
    everybody = Enrolment.objects.visible_to(by).to_convene()
    counts = dict(everybody.order_by().values_list("kind").annotate(Count("pk")))
    sites = (
        waiting(by, filters.kind).order_by().values("referral__site__name", "referral__site__slug")
    )
    context = {"page": page, "filters": filters, "today": timezone.localdate(), "states": STATES}
    context["kinds"] = [(code, label, counts.get(code, 0)) for code, label in Offer.Kind.choices]
    context["sites"] = sites.annotate(n=Count("pk")).order_by("referral__site__name")
    context["may_export"] = can(access.check_can_export, by)
    return render(request, "groups/waiting_list.html", context)


@require_POST
@recent_second_factor()
def course_waiting_list_export(request: StaffRequest, extension: str) -> HttpResponse:
    by = request.membership
    filters = WaitingFilters(request.GET, by=by)
    at = ranks(by, filters.kind)
    rows = [
        cells(one, at[one.pk]) for one in with_counts(filters.narrow(waiting(by, filters.kind)))
    ]
    record_export(by=by, filters=filters.asked, rows=len(rows), extension=extension)
    buffer = io.BytesIO()
    if extension == "csv":
        tables.write_csv(buffer, HEADERS, rows)
    else:
        tables.write_xlsx(buffer, [("en-attente", HEADERS, rows)])
    response = HttpResponse(buffer.getvalue(), content_type=TYPES[extension])
    name = f"en-attente-d-un-groupe-{timezone.localdate():%Y-%m-%d}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
