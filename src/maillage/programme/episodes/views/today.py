"""The first page of the day, for each what their role lets them do."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from maillage.barriers.reading import notices
from maillage.core import trail
from maillage.core.backup import last
from maillage.core.http import StaffRequest
from maillage.network.roles import Permission, Side
from maillage.programme.episodes.panels import panels_of_day
from maillage.programme.episodes.reading.monday import read_monday
from maillage.programme.episodes.reading.today import read_desk


@require_safe
def today(request: StaffRequest) -> HttpResponse:
    by = request.membership
    if by.side == Side.SUPPORT:
        return redirect("support_today")  # the other side has a first page of its own
    if not by.holds(Permission.FILE_READ):
        fault = last.fault() if by.holds(Permission.BACKUPS_WATCH) else ""
        return render(request, "episodes/today_without_files.html", {"backup_fault": fault})
    desk = read_desk(by, whole_branch=request.GET.get("de") == "antenne")
    monday = read_monday(by) if by.holds(Permission.CASELOAD_READ) else None
    panels = panels_of_day(by, desk.is_mine)
    trail.record_read("today", by=by, count=desk.names + sum(len(each.lines) for each in panels))
    waiting = notices(by)
    is_front = by.holds(Permission.REFERRAL_REGISTER) and not by.holds(Permission.EPISODE_FOLLOW)
    context = {"desk": desk, "monday": monday, "notices": waiting, "search_first": is_front}
    context["panels"] = panels
    return render(request, "episodes/today.html", context)
