"""« Chercher, puis créer » : who is it, and are they known here already?"""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from maillage.core import trail
from maillage.core.http import StaffRequest, only_reads
from maillage.core.names import told_of
from maillage.network.roles import can
from maillage.programme.intake import access, names
from maillage.programme.intake.reading import in_order_of_work, summaries

LONGEST_QUERY = 120


@vary_on_headers("HX-Request")
@require_http_methods(["GET", "POST"])
@only_reads
def search(request: StaffRequest) -> HttpResponse:
    """The query is posted, so that no name stands in an address."""
    by = request.membership
    access.check_can_read(by)
    query = " ".join(request.POST.get("q", "")[:LONGEST_QUERY].split())
    found = names.search(query, by=by) if len(query) > 1 else []
    rows = in_order_of_work(summaries(found[: names.SHOWN]))
    told = told_of(query, by=by)
    if rows or told["flag"]:
        trail.record_read("search", by=by, count=len(rows), **told)
    context = {
        "searched": query,
        "rows": rows,
        "too_many": len(found) > names.SHOWN,
        "may_register": can(access.check_can_register, by),
    }
    return render(request, f"intake/{'_results' if request.htmx else 'search'}.html", context)
