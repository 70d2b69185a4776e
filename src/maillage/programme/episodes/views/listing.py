"""The list of follow-ups, what leaves of it, and who follows how many."""

from io import BytesIO
from typing import Any

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from maillage.core import trail
from maillage.core.http import StaffRequest
from maillage.core.stepup import recent_second_factor
from maillage.core.tables import write_csv, write_xlsx
from maillage.network.roles import Permission, check_holds
from maillage.programme.episodes.actions.exports import record_export
from maillage.programme.episodes.forms.filters import FileFilters
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.reading import listing
from maillage.programme.episodes.reading.team import read_team

PER_PAGE = 50
CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _check_reads(by) -> None:
    check_holds(by, Permission.FILE_READ, "Votre rôle ne permet pas de lire les dossiers.")


@require_safe
def files(request: StaffRequest) -> HttpResponse:
    by = request.membership
    _check_reads(by)
    filters = FileFilters(request.GET, by=by)
    found = filters.narrow(Episode.objects.visible_to(by))
    page = Paginator(listing.for_rows(found), PER_PAGE).get_page(request.GET.get("page"))
    lines = [listing.Line(episode) for episode in page]
    trail.record_read("files", by=by, count=len(lines))
    context = {"filters": filters, "page": page, "lines": lines, "count": page.paginator.count}
    return render(request, "episodes/files.html", context)


@require_POST
@recent_second_factor()
def files_export(request: StaffRequest) -> HttpResponse:
    """Every row of the list as it is narrowed in the address, in a file."""
    by, layout = request.membership, request.POST.get("layout", "")
    _check_reads(by)
    if layout not in TYPES:
        raise BadRequest("Un export est en CSV ou en XLSX.")
    filters = FileFilters(request.GET, by=by)
    rows = list(listing.rows(filters.narrow(Episode.objects.visible_to(by))))
    record_export(by=by, what="files", asked=filters.asked, rows=len(rows), layout=layout)
    return _download(rows, layout)


def _download(rows: list[list[Any]], layout: str) -> HttpResponse:
    buffer = BytesIO()
    if layout == CSV:
        write_csv(buffer, listing.headers(), rows)
    else:
        write_xlsx(buffer, [("Dossiers", listing.headers(), rows)])
    name = f"dossiers-{timezone.localdate():%Y-%m-%d}.{layout}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(buffer.getvalue(), content_type=TYPES[layout], headers=disposition)


@require_safe
def team(request: StaffRequest) -> HttpResponse:
    by = request.membership
    reason = "La charge de l’équipe se lit par la personne responsable de l’antenne."
    check_holds(by, Permission.CASELOAD_READ, reason)
    return render(request, "episodes/team.html", {"team": read_team(by)})
