"""The pages of a branch's yearly report, its files, and the records behind a cell."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from maillage.core import trail
from maillage.core.http import StaffRequest
from maillage.core.stepup import recent_second_factor
from maillage.network.roles import can
from maillage.observatory import access, reports
from maillage.observatory.actions import record_export
from maillage.observatory.forms import ReportForm
from maillage.observatory.grids import GridError
from maillage.observatory.pages import tables_of
from maillage.observatory.render import FORMATS
from maillage.observatory.render import render as render_report

FILES_A_PAGE = 50


def _organisation(request: StaffRequest, slug: str):
    access.check_can_read_reports(request.membership)
    return get_object_or_404(access.reportable_by(request.membership), slug=slug)


def _report(organisation, year: int, grid: str):
    try:
        return reports.branch_report_of(organisation, year, grid)
    except GridError as error:
        raise Http404(str(error)) from error


@require_safe
def report_list(request: StaffRequest) -> HttpResponse:
    access.check_can_read_reports(request.membership)
    organisations = access.reportable_by(request.membership)
    form = ReportForm(
        request.GET or None,
        organisations=[(o.slug, o.name) for o in organisations],
        years=reports.years_of(organisations),
        grids=reports.grid_choices(),
    )
    if form.is_valid():
        chosen = form.cleaned_data
        return redirect("report", chosen["organisation"], chosen["year"], chosen["grid"])
    return render(request, "observatory/reports.html", {"form": form})


@require_safe
def report_page(request: StaffRequest, slug: str, year: int, grid: str) -> HttpResponse:
    organisation = _organisation(request, slug)
    report = _report(organisation, year, grid)
    opens = can(access.check_can_open_cells, request.membership, organisation)
    context = {
        "organisation": organisation,
        "report": report,
        "tables": tables_of(report, opens=opens),
        "formats": [name for name in FORMATS if name != "html"],
        "grids": reports.grid_choices(year),
    }
    return render(request, "observatory/report.html", context)


@require_POST
@recent_second_factor()
def report_file(request: StaffRequest, slug: str, year: int, grid: str, kind: str) -> HttpResponse:
    organisation = _organisation(request, slug)
    if kind not in FORMATS:
        raise Http404
    report = _report(organisation, year, grid)
    record_export(report, kind, by=request.membership)
    response = HttpResponse(render_report(report, kind), content_type=FORMATS[kind])
    name = f"rapport-{slug}-{year}-{grid}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
def report_cell(
    request: StaffRequest, slug: str, year: int, grid: str, table: str, row: str, column: str
) -> HttpResponse:
    organisation = _organisation(request, slug)
    access.check_can_open_cells(request.membership, organisation)
    try:
        cell = reports.cell_of(organisation, year, grid, table, row, column)
    except (KeyError, GridError) as error:
        raise Http404 from error
    page = Paginator(cell.keys, FILES_A_PAGE).get_page(request.GET.get("page"))
    files = cell.files(page.object_list, request.membership)
    trail.record_read("report_cell", by=request.membership, count=len(files))
    context = {"organisation": organisation, "year": year, "grid": grid, "cell": cell}
    context |= {"page": page, "files": files}
    return render(request, "observatory/cell.html", context)
