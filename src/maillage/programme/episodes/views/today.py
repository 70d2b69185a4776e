"""The first page of the day, for each what their role lets them do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from maillage.core import trail
from maillage.core.backup import last
from maillage.core.http import StaffRequest
from maillage.network.roles import Permission
from maillage.programme.episodes.access import check_can_read_trail, traceable_files
from maillage.programme.episodes.reading.monday import read_monday
from maillage.programme.episodes.reading.today import read_desk
from maillage.programme.intake.models import Participant


@require_safe
def today(request: StaffRequest) -> HttpResponse:
    by = request.membership
    if not by.holds(Permission.FILE_READ):
        fault = last.fault() if by.holds(Permission.BACKUPS_WATCH) else ""
        return render(request, "episodes/today_without_files.html", {"backup_fault": fault})
    desk = read_desk(by, whole_branch=request.GET.get("de") == "antenne")
    monday = read_monday(by) if by.holds(Permission.CASELOAD_READ) else None
    trail.record_read("today", by=by, count=desk.names)
    is_front = by.holds(Permission.REFERRAL_REGISTER) and not by.holds(Permission.EPISODE_FOLLOW)
    context = {"desk": desk, "monday": monday, "search_first": is_front}
    return render(request, "episodes/today.html", context)


@require_safe
def trail_find(request: StaffRequest) -> HttpResponse:
    """From the reference of a file to its trail, for whoever may not open the file."""
    by = request.membership
    check_can_read_trail(by)
    asked = request.GET.get("reference", "").strip()
    found = Participant.objects.filter(traceable_files(by), reference__iexact=asked).first()
    if found is None:
        messages.warning(request, f"Aucun dossier ne porte la référence «\u202f{asked}\u202f».")
        return redirect("today")
    return redirect("file_trail", found.uid)
