"""Today, the list, the search, and what leaves."""

from io import BytesIO

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from maillage.barriers.reading import notices
from maillage.core import trail
from maillage.core.http import StaffRequest, only_reads
from maillage.core.names import told_of
from maillage.core.stepup import recent_second_factor
from maillage.core.tables import write_csv, write_xlsx
from maillage.network.roles import Permission
from maillage.support.reception import access, actions, names
from maillage.support.reception.forms import BeneficiaryFilters
from maillage.support.reception.models import Beneficiary
from maillage.support.reception.reading import HEADERS, cells, read_desk, state

PER_PAGE, LONGEST_QUERY = 50, 120
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
def today(request: StaffRequest) -> HttpResponse:
    by = request.membership
    if not by.holds(Permission.BENEFICIARY_READ):
        return render(request, "reception/today_without_files.html")
    access.check_can_read(by)
    desk = read_desk(by)
    trail.record_read("today", by=by, count=desk.names)
    context = {"desk": desk, "notices": notices(by), "search_first": True}
    return render(request, "reception/today.html", context)


@require_safe
def beneficiaries(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_read(by)
    filters = BeneficiaryFilters(request.GET, by=by)
    found = filters.narrow(Beneficiary.objects.visible_to(by).for_list())
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    lines = [(row, *state(row)) for row in page]
    if lines:
        trail.record_read("beneficiaries", by=by, count=len(lines))
    context = {"filters": filters, "page": page, "lines": lines, "count": page.paginator.count}
    return render(request, "reception/list.html", context)


@require_POST
@recent_second_factor()
def beneficiaries_export(request: StaffRequest) -> HttpResponse:
    """Every row of the list as it is narrowed in the address, in a file."""
    by, layout = request.membership, request.POST.get("layout", "")
    access.check_can_write(by)
    if layout not in TYPES:
        raise BadRequest("Un export est en CSV ou en XLSX.")
    filters = BeneficiaryFilters(request.GET, by=by)
    rows = [cells(row) for row in filters.narrow(Beneficiary.objects.visible_to(by).for_list())]
    actions.record_export(by=by, asked=filters.asked, rows=len(rows), layout=layout)
    buffer = BytesIO()
    if layout == "csv":
        write_csv(buffer, HEADERS, rows)
    else:
        write_xlsx(buffer, [("Liste", HEADERS, rows)])
    name = f"liste-{timezone.localdate():%Y-%m-%d}.{layout}"  # says nothing of what it lists
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(buffer.getvalue(), content_type=TYPES[layout], headers=disposition)


@vary_on_headers("HX-Request")
@require_http_methods(["GET", "POST"])
@only_reads
def search(request: StaffRequest) -> HttpResponse:
    """The query is posted, so that no name stands in an address."""
    by = request.membership
    access.check_can_read(by)
    query = " ".join(request.POST.get("q", "")[:LONGEST_QUERY].split())
    found = names.search(query, by=by) if len(query) > 1 else []
    rows = [(row, *state(row)) for row in found[: names.SHOWN]]
    told = told_of(query, by=by)
    if rows or told["flag"]:
        trail.record_read("search", by=by, count=len(rows), **told)
    context = {"searched": query, "rows": rows, "too_many": len(found) > names.SHOWN}
    template = "reception/_results.html" if request.htmx else "reception/search.html"
    return render(request, template, context)
