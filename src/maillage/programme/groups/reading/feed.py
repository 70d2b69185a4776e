"""Sessions in the words of an agenda (RFC 5545): when, and a number; nothing of what or of whom."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.utils import timezone

from maillage.network.models import CalendarFeed
from maillage.programme.groups.models import Group, Session

if TYPE_CHECKING:
    from icalendar import Event

KEPT = timedelta(days=31)  # how long a session that is over stays in the agenda


def sessions_of(feed: CalendarFeed) -> Iterable[Session]:
    """In one query, those that were cancelled included: the agenda must take them away."""
    found = Session.objects.visible_to(feed.membership).filter(starts_at__gte=timezone.now() - KEPT)
    if feed.is_mine:
        found = found.filter(speakers__user=feed.membership.user_id)
    return found.select_related("group").order_by("starts_at", "pk")


def as_icalendar(feed: CalendarFeed) -> bytes:
    from icalendar import Calendar  # slow to load, and agendas alone ask for it

    calendar = Calendar()
    calendar.add("prodid", "-//Maillage//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Séances")
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
    for session in sessions_of(feed):
        calendar.add_component(_event(feed, session))
    return calendar.to_ical()


def _event(feed: CalendarFeed, session: Session) -> "Event":
    from icalendar import Event

    event = Event()
    key = sha256(f"{feed.digest}/{session.pk}".encode()).hexdigest()[:32]
    is_off = session.is_cancelled or session.group.status == Group.Status.CANCELLED
    event.add("uid", f"{key}@maillage")
    event.add("sequence", session.version + session.group.version)
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", session.starts_at.astimezone(UTC))
    event.add("dtend", session.ends_at.astimezone(UTC))
    event.add("summary", f"Séance {session.group.number}")
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    return event
