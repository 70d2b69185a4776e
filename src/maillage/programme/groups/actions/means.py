"""Rooms and people: held by one session at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model

from maillage.core.errors import Refused
from maillage.programme.episodes.models import Appointment
from maillage.programme.groups.models import Group, Room, Session

LONGEST_SESSION = timedelta(hours=10)


def check_room(room: Room | None, starts_at: datetime, minutes: int, besides: int) -> None:
    """One session at a time in a room, whose row the caller has locked."""
    if room is None:
        return
    ends_at = starts_at + timedelta(minutes=minutes)
    near = Session.objects.filter(
        room=room,
        is_cancelled=False,
        starts_at__lt=ends_at,
        starts_at__gt=starts_at - LONGEST_SESSION,
    ).exclude(group__status=Group.Status.CANCELLED)
    for other in near.exclude(pk=besides):
        if other.ends_at > starts_at:
            raise Refused(f"La salle est prise\u00a0: {other.when}.", "room")


def check_people(people: Iterable, starts_at: datetime, minutes: int, besides: int) -> None:
    """Nobody leads two sessions, or a session during an appointment; their rows are locked."""
    ends_at = starts_at + timedelta(minutes=minutes)
    for person in people:
        led = Session.objects.filter(
            speakers__user=person,
            is_cancelled=False,
            starts_at__lt=ends_at,
            starts_at__gt=starts_at - LONGEST_SESSION,
        ).exclude(group__status=Group.Status.CANCELLED)
        if any(other.ends_at > starts_at for other in led.exclude(pk=besides)):
            raise Refused(f"{person.name} anime déjà une séance à cette heure.", "speakers")
        meetings = Appointment.objects.filter(
            practitioner=person,
            status=Appointment.Status.PLANNED,
            starts_at__lt=ends_at,
            starts_at__gt=starts_at - timedelta(hours=8),
        )
        if any(m.starts_at + timedelta(minutes=m.minutes) > starts_at for m in meetings):
            raise Refused(f"{person.name} a déjà un rendez-vous à cette heure.", "speakers")


def locked_means(room: Room | None, people: Sequence) -> None:
    if room is not None:
        Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)
    keys = sorted(person.pk for person in people)
    list(get_user_model().objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
