"""The page of one file."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from maillage.barriers.reading import standing
from maillage.core import trail
from maillage.core.forms import show_phone
from maillage.core.http import StaffRequest
from maillage.programme.episodes.panels import panels_of
from maillage.programme.episodes.reading.due import due
from maillage.programme.episodes.reading.file import read_documents, read_file
from maillage.programme.episodes.reading.timeline import Timeline, timeline
from maillage.programme.episodes.views.common import page_number
from maillage.programme.intake.access import practises_on
from maillage.programme.intake.models import Participant


def _events(request: StaffRequest, participant: Participant) -> Timeline:
    """The page asked for of a file's history, as whoever asks may read it."""
    by = request.membership
    practises, kind = practises_on(by, participant), request.GET.get("voir", "")
    return timeline(participant, by=by, practises=practises, kind=kind, page=page_number(request))


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def file(request: StaffRequest, uid: str) -> HttpResponse:
    by = request.membership
    participant = get_object_or_404(Participant.objects.visible_to(by), uid=uid)
    trail.record_read("file", by=by, file=uid)
    page, events = read_file(participant), _events(request, participant)
    context = {"participant": participant, "page": page, "timeline": events}
    context["story"] = page.story(events)
    if request.htmx and request.htmx.target == "histoire":
        return render(request, "episodes/_timeline.html", context)
    context["phone"], context["standing"] = show_phone(participant.phone), standing(by, participant)
    context["documents"] = read_documents(by, participant)
    context["panels"] = panels_of(by, participant)
    context["dues"] = [(chapter, due(by, chapter)) for chapter in page.live]
    return render(request, "episodes/file.html", context)
