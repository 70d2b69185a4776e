"""Who read and changed a file, and the alerts that reads gave; never a followed person's name."""

from io import BytesIO

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.core.stepup import recent_second_factor
from maillage.core.tables import write_csv, write_xlsx
from maillage.network.roles import can
from maillage.programme.episodes.views.common import page_number
from maillage.vigilance import access, actions, files
from maillage.vigilance.forms import AlertFilters, AnswerForm, TrailFilters
from maillage.vigilance.journal import LOOKS, FileTrail, role_name, words_of_read
from maillage.vigilance.models import Alert, Watch
from maillage.vigilance.reading import reads_behind

ALERTS_A_PAGE = 50
CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HEADERS = ["Quand", "Nature", "Quoi", "Qui", "Rôle"]


@require_safe
def trail_find(request: StaffRequest) -> HttpResponse:
    """From the reference of a file to its trail, for whoever may not open the file."""
    access.check_can_watch(request.membership)
    asked = request.GET.get("reference", "").strip()
    found = files.traceable(request.membership).filter(reference__iexact=asked).first()
    if found is None:
        messages.warning(request, f"Aucun dossier ne porte la référence «\u202f{asked}\u202f».")
        return redirect("today")
    return redirect("file_trail", found.uid)


@require_safe
def file_trail(request: StaffRequest, uid: str) -> HttpResponse:
    """Who changed and who read one file, for whoever watches over it."""
    by = request.membership
    file = get_object_or_404(files.traceable(by), uid=uid)
    filters = TrailFilters(request.GET, visitors=FileTrail(uid, by=by).visitors())
    journal = FileTrail(uid, by=by, asked=filters.asked).journal(page_number(request))
    trail.record_read("file_trail", by=by, file=uid)
    context = {"uid": uid, "reference": file.reference, "journal": journal, "filters": filters}
    context["names_staff"] = can(access.check_can_name_staff, by)
    return render(request, "vigilance/file_trail.html", context)


@require_POST
@recent_second_factor()
def file_trail_export(request: StaffRequest, uid: str) -> HttpResponse:
    """Every entry of the trail as it is narrowed in the address, in a file."""
    by, layout = request.membership, request.POST.get("layout", "")
    file = get_object_or_404(files.traceable(by), uid=uid)
    if layout not in TYPES:
        raise BadRequest("Un export est en CSV ou en XLSX.")
    filters = TrailFilters(request.GET, visitors=FileTrail(uid, by=by).visitors())
    rows = [
        [timezone.localtime(at).strftime("%d/%m/%Y %H:%M"), *rest]
        for at, *rest in FileTrail(uid, by=by, asked=filters.asked).rows()
    ]
    asked = {name: str(value) for name, value in filters.asked.items()}
    actions.record_export(by=by, file=uid, asked=asked, rows=len(rows), layout=layout)
    return _download(rows, layout, file.reference)


def _download(rows: list[list], layout: str, reference: str) -> HttpResponse:
    buffer = BytesIO()
    if layout == CSV:
        write_csv(buffer, HEADERS, rows)
    else:
        write_xlsx(buffer, [("Journal", HEADERS, rows)])
    name = f"journal-{timezone.localdate():%Y-%m-%d}.{layout}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(buffer.getvalue(), content_type=TYPES[layout], headers=disposition)


@require_POST
@recent_second_factor()
def file_trail_extract(request: StaffRequest, uid: str) -> HttpResponse:
    """What a person who asks is given: roles of who read, and names if the DPO says so."""
    by, with_names = request.membership, "names" in request.POST
    file = get_object_or_404(files.traceable(by), uid=uid)
    reads = list(FileTrail(uid, by=by, asked={"kind": LOOKS}).reads())
    actions.record_extract(by=by, file=uid, with_names=with_names, rows=len(reads))
    context = {
        "uid": uid,
        "reference": file.reference,
        "reads": [(each, words_of_read(each.what), role_name(each.role)) for each in reads],
        "with_names": with_names,
        "today": timezone.localdate(),
        "kept_months": settings.READS_MONTHS,
    }
    return render(request, "vigilance/extract.html", context)


@require_safe
def alerts(request: StaffRequest) -> HttpResponse:
    by = request.membership
    access.check_can_watch(by)
    filters = AlertFilters(request.GET)
    found = filters.narrow(Alert.objects.visible_to(by)).select_related("who", "answered_by")
    page = Paginator(found.order_by("-last_at", "-pk"), ALERTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    known = files.references(by, (alert.file for alert in page if alert.file))
    watch = Watch.objects.filter(organisation_id=by.organisation_id, side=by.side).first()
    context = {
        "filters": filters,
        "page": page,
        "lines": [(alert, known.get(alert.file, "")) for alert in page],
        "looked_at": watch.looked_at if watch else None,
    }
    return render(request, "vigilance/alerts.html", context)


@require_POST
def alerts_examine(request: StaffRequest) -> HttpResponse:
    """Examines what was read since the last time."""
    new = actions.examine(by=request.membership)
    told = {0: "Rien de nouveau dans les lectures.", 1: "Une nouvelle alerte."}
    messages.success(request, told.get(new, f"{new} nouvelles alertes."))
    return redirect("vigilance")


@require_http_methods(["GET", "POST"])
def alert_page(request: StaffRequest, uid: str) -> HttpResponse:
    """One alert, the reads behind it, and the answer that somebody else than their author gives."""
    by = request.membership
    alert = get_object_or_404(Alert.objects.visible_to(by).select_related("who"), uid=uid)
    form = AnswerForm(request.POST or None)
    if request.method == "POST":
        access.check_can_answer(by, alert)
        if form.is_valid() and _answered(form, alert, by):
            messages.success(request, "Votre réponse est au journal.")
            return redirect("vigilance")
    context = {
        "alert": alert,
        "form": form,
        "may_answer": can(access.check_can_answer, by, alert),
        "is_mine": alert.who_id == by.user.pk,
        "reference": files.references(by, [alert.file]).get(alert.file, ""),
        "reads": reads_behind(alert),
    }
    return render(request, "vigilance/alert.html", context)


def _answered(form: AnswerForm, alert: Alert, by) -> bool:
    try:
        actions.answer(by=by, alert=alert, **form.cleaned_data)
    except Refused as error:
        form.add_error(error.field, error.message)
    return not form.errors
