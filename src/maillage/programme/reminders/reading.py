"""What the pages show: reminders to come with their way, those that left, wrong numbers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from maillage.core.calendar import short_date
from maillage.network.roles import can
from maillage.programme.episodes.panels import Line, Panel
from maillage.programme.intake.models import Participant
from maillage.programme.reminders.access import check_can_choose
from maillage.programme.reminders.models import ContactChoice, Reminder, State
from maillage.programme.reminders.planning import (
    WHY_NOT,
    Meeting,
    Way,
    choices_of,
    meetings,
    way_to,
    wrong_of,
)

SHOWN, WEEK = 5, timedelta(days=7)
MOST = 100
LOOKS = {
    State.SENDING: "info",
    State.HANDED: "info",
    State.DELIVERED: "done",
    State.FAILED: "late",
    State.WRONG: "late",
}


@dataclass(frozen=True)
class Coming:
    meeting: Meeting
    way: Way


def coming(by) -> list[Coming]:
    """The appointments of the week that is to come and are not reminded yet, in a fixed number of
    queries."""
    now = timezone.now()
    files = Participant.objects.visible_to(by)
    found = list(meetings(files, now, now + WEEK))[:MOST]
    people = [one.participant for one in found]
    choices, wrong = choices_of(people), wrong_of(people)
    gone = set(
        Reminder.objects.filter(participant__in=[one.pk for one in people]).values_list(
            "participant", "moment"
        )
    )
    return [
        Coming(one, way_to(one.participant, choices.get(key), wrong.get(key, ())))
        for one in found
        for key in (one.participant.pk,)
        if one.key not in gone
    ]


def sent(by, participant: Participant | None = None, most: int = MOST) -> list[Any]:
    """The last ones, each with what the carrier says and how it is shown."""
    found = Reminder.objects.visible_to(by).with_outcome().select_related("participant")
    if participant is not None:
        found = found.filter(participant=participant)
    rows: list[Any] = list(found.order_by("-sent_at", "-pk")[:most])
    for one in rows:
        one.said, one.look = State(one.outcome).label, LOOKS[State(one.outcome)]
    return rows


def to_check(by) -> list[Participant]:
    """Whose number or mailbox nobody has, and that nobody checked since."""
    flagged = Reminder.objects.visible_to(by).wrong()
    found = Participant.objects.visible_to(by).filter(pk__in=flagged.values("participant"))
    return list(found.order_by("reference")[:MOST])


def now_of(participant: Participant) -> tuple[ContactChoice | None, Way]:
    """What stands today for one person."""
    choice = choices_of([participant]).get(participant.pk)
    if choice is None or not choice.is_on:
        return choice, way_to(participant, choice)
    wrong = wrong_of([participant]).get(participant.pk, ())
    return choice, way_to(participant, choice, wrong)


def of_file(by, participant: Participant) -> Panel | None:
    """The choice and the last reminder, on the page of the file."""
    if not can(check_can_choose, by):
        return None
    choice, way = now_of(participant)
    url = reverse("contact_choice", args=[participant.uid])
    said = "par SMS" if way.channel == "sms" else "par courriel" if way.channel else way.reasons
    since = f"noté le {short_date(choice.recorded_at)}" if choice else ""
    look = "late" if "wrong" in way.why_not else ""
    state = WHY_NOT["wrong"].capitalize() if look else ""
    return Panel(
        "Rappels de rendez-vous",
        [Line("Rappels", url, said.capitalize(), since, state, look)],
        url,
        "Changer",
    )
