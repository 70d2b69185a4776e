"""« Proposer une convocation »: what the planner says, changed by hand, then convened."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.http import StaffRequest
from maillage.programme.groups import access
from maillage.programme.groups.actions.convening import Chosen, convene_all
from maillage.programme.groups.models import Convocation, Group
from maillage.programme.groups.planner import bounds, distribution
from maillage.programme.groups.reading.proposal import Proposal, propose
from maillage.programme.groups.views.common import get_group


@require_http_methods(["GET", "POST"])
def proposal(request: StaffRequest, uid: str) -> HttpResponse:
    by, group = request.membership, get_group(request, uid)
    access.check_can_convene(by)
    told = propose(group, by)
    if request.method == "POST":
        _as_ticked(told, set(request.POST.getlist("enrolment")))
        if "convene" in request.POST and told.chosen:
            return _convene(request, group, told)
    if told.lines:
        trail.record_read("proposal", by=by, count=len(told.lines))
    return render(request, "groups/proposal.html", {"proposal": told, "group": group})


def _as_ticked(told: Proposal, ticked: set[str]) -> None:
    """What the person in charge wants; the planner's reasons stay, a change is said to be one."""
    for line in told.lines:
        wanted = line.enrolment.uid in ticked and line.can_be_chosen
        if wanted and not line.is_chosen:
            line.reasons.append(["by_hand"])
            line.words.append("choix fait à la main")
        line.is_chosen = wanted
    chances = [line.chance for line in told.chosen]
    told.expected = sum(chances) + told.seated_chance
    spread = distribution([*chances, *told.seated_chances])
    told.low, told.high = bounds(spread)
    told.lines.sort(key=lambda line: (not line.is_chosen, line.rank or 999))


def _convene(request: StaffRequest, group: Group, told: Proposal) -> HttpResponse:
    chosen = [
        Chosen(
            line.enrolment,
            Convocation.Origin.HAND if ["by_hand"] in line.reasons else Convocation.Origin.PLANNER,
            rank,
            line.reasons,
        )
        for rank, line in enumerate(told.chosen, 1)
    ]
    try:
        done, left = convene_all(by=request.membership, group=group, chosen=chosen)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("group", group.uid)
    if done:
        people = "personne convoquée" if len(done) == 1 else "personnes convoquées"
        messages.success(request, f"{len(done)} {people}.")
    for _, why in left:
        messages.warning(request, why)
    return redirect("group", group.uid)
