"""Who is to be reminded of what, by which way, and why not; decided on rows, sends nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from maillage.core.calendar import add_working_days
from maillage.programme.episodes.models import Appointment
from maillage.programme.groups.models import Enrolment, Group, Session
from maillage.programme.intake.models import Participant
from maillage.programme.reminders.models import Channel, ContactChoice, Reminder

AT = time(10)  # the hour at which reminders leave
DAY = (9, 19)  # the hours between which any leaves
TOO_LATE = timedelta(hours=2)  # before the appointment: nobody is reminded any more
WHY_NOT = {
    "no_choice": "aucun choix noté",
    "off": "rappels désactivés",
    "no_way": "aucun moyen choisi",
    "no_phone": "pas de téléphone",
    "shared_phone": "téléphone partagé",
    "no_email": "pas de courriel",
    "shared_mailbox": "courriel lu par un tiers",
    "wrong": "numéro ou adresse à vérifier",
}


@dataclass(frozen=True)
class Meeting:
    """One person expected at one moment."""

    participant: Participant
    moment: datetime

    @property
    def key(self) -> tuple[int, datetime]:
        return self.participant.pk, self.moment

    @property
    def leaves_at(self) -> datetime:
        """When it is reminded: some working days before, in the morning."""
        day = add_working_days(timezone.localdate(self.moment), -settings.REMINDER_DAYS)
        return timezone.make_aware(datetime.combine(day, AT))

    def is_due(self, now: datetime) -> bool:
        return self.leaves_at <= now < self.moment - TOO_LATE


@dataclass(frozen=True)
class Way:
    """By what and where; or else the codes of `WHY_NOT`."""

    channel: str = ""
    address: str = ""
    why_not: tuple[str, ...] = ()

    @property
    def reasons(self) -> str:
        return ", ".join(WHY_NOT[code] for code in self.why_not)


def way_to(person: Participant, choice: ContactChoice | None, wrong: Iterable[str] = ()) -> Way:
    """An SMS where it was chosen and is safe, else an e-mail; never to a telephone known to be
    shared, never where it was not chosen. `wrong` are the addresses that nobody has."""
    if choice is None:
        return Way(why_not=("no_choice",))
    if not choice.is_on:
        return Way(why_not=("off",))
    refused: list[str] = []
    for channel, chosen, address, shared, codes in (
        (Channel.SMS, choice.by_sms, person.phone, person.phone_is_shared, _OF_SMS),
        (Channel.EMAIL, choice.by_email, person.email, choice.mailbox_is_shared, _OF_EMAIL),
    ):
        if not chosen:
            continue
        if not address:
            refused.append(codes[0])
        elif shared:
            refused.append(codes[1])
        elif address in wrong:
            refused.append("wrong")
        else:
            return Way(channel.value, address)
    return Way(why_not=tuple(dict.fromkeys(refused)) or ("no_way",))


_OF_SMS = ("no_phone", "shared_phone")
_OF_EMAIL = ("no_email", "shared_mailbox")


def meetings(files: Any, start: datetime, end: datetime) -> Iterator[Meeting]:
    """Of these files, in the order of their moments: appointments that stand, and the first session
    of each day of a course; each person once a moment."""
    found = [*_appointments(files, start, end), *_sessions(files, start, end)]
    first: dict[tuple[int, datetime], Meeting] = {}
    for one in found:
        first.setdefault(one.key, one)
    yield from sorted(first.values(), key=lambda one: (one.moment, one.participant.pk))


def _appointments(files: Any, start: datetime, end: datetime) -> Iterator[Meeting]:
    rows = Appointment.objects.filter(
        participant__in=files,
        status=Appointment.Status.PLANNED,
        starts_at__gte=start,
        starts_at__lt=end,
    ).select_related("participant")
    for one in rows:
        yield Meeting(one.participant, one.starts_at)


def _sessions(files: Any, start: datetime, end: datetime) -> Iterator[Meeting]:
    held = Session.objects.filter(
        is_cancelled=False,
        held_at=None,
        starts_at__gte=start,
        starts_at__lt=end,
        group__status=Group.Status.PLANNED,
    ).order_by("starts_at")
    by_group: dict[int, list[Session]] = {}
    for session in held:
        known = by_group.setdefault(session.group_id, [])
        if all(other.day != session.day for other in known):
            known.append(session)
    seated = Enrolment.objects.filter(
        participant__in=files, group__in=by_group, status__in=Enrolment.SEATED
    ).select_related("participant")
    for one in seated:
        for session in by_group[one.group_id or 0]:
            yield Meeting(one.participant, session.starts_at)


def choices_of(people: Iterable[Participant]) -> dict[int, ContactChoice]:
    """The latest choice of each, in one query."""
    rows = ContactChoice.objects.filter(participant__in=[one.pk for one in people])
    return {one.participant_id: one for one in rows.order_by("recorded_at", "pk")}


def wrong_of(people: Iterable[Participant]) -> dict[int, set[str]]:
    """The addresses that a carrier said nobody has, and that nobody checked since, in one query."""
    rows = Reminder.objects.filter(participant__in=[one.pk for one in people]).wrong()
    found: dict[int, set[str]] = {}
    for one in rows:
        found.setdefault(one.participant_id, set()).add(one.address)
    return found
