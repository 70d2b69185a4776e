"""Choices noted, reminders sent once, numbers checked."""

from collections import Counter
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from maillage.core import rowlock, trail
from maillage.core.models import Delivery
from maillage.programme.intake.models import Participant
from maillage.programme.reminders import access
from maillage.programme.reminders.models import ContactChoice, Reminder, State
from maillage.programme.reminders.planning import (
    DAY,
    Meeting,
    Way,
    choices_of,
    meetings,
    way_to,
    wrong_of,
)
from maillage.programme.reminders.providers import NotSent, WrongAddress, provider_of
from maillage.programme.reminders.wording import words

AHEAD = timedelta(days=14)  # how far appointments are looked at: further than any delay
LATER = {  # what a carrier may say after what it said
    State.HANDED: {State.DELIVERED, State.FAILED, State.WRONG},
    State.DELIVERED: set(),
    State.FAILED: {State.DELIVERED, State.WRONG},
    State.WRONG: {State.DELIVERED},
}


@transaction.atomic
def choose(
    *,
    by,
    participant: Participant,
    is_on: bool,
    by_sms: bool,
    by_email: bool,
    mailbox_is_shared: bool,
) -> ContactChoice:
    """What the person says today; what they said before stays."""
    access.check_can_choose(by)
    visible = Participant.objects.visible_to(by)
    participant = visible.select_for_update(of=("self",), no_key=True).get(pk=participant.pk)
    choice = ContactChoice.objects.create(
        organisation_id=participant.organisation_id,
        participant=participant,
        is_on=is_on,
        by_sms=by_sms,
        by_email=by_email,
        mailbox_is_shared=mailbox_is_shared,
        by=by.user,
    )
    trail.record("contact_chosen", by=by, target=participant.uid, file=participant.uid, on=is_on)
    return choice


@transaction.atomic
def check_number(*, by, participant: Participant) -> int:
    """Somebody made sure that the number is right: it is used again. How many were flagged."""
    access.check_can_choose(by)
    participant = Participant.objects.visible_to(by).get(pk=participant.pk)
    flagged = Reminder.objects.filter(participant=participant).wrong()
    count = Reminder.objects.filter(pk__in=[one.pk for one in flagged]).update(
        checked_at=timezone.now()
    )
    if count:
        trail.record("number_checked", by=by, target=participant.uid, file=participant.uid)
    return count


def send_due(*, by, now: datetime | None = None) -> Counter:
    """Sends what is due in the organisation of `by`, each once, whoever else is sending; counts by
    state. Each is claimed in a transaction of its own, that ends before the message leaves.

    Outside of the day's hours nothing leaves. A message that was being sent when the machine
    stopped stays « en cours » and is not sent again: two reminders are worse than none.
    """
    now, told = now or timezone.now(), Counter[str]()
    if not DAY[0] <= timezone.localtime(now).hour < DAY[1]:
        return told
    with rowlock.acting(by):
        due = _due(by.organisation_id, now)
    for meeting, way in due:
        with rowlock.acting(by):
            claimed = _claim(meeting, way, by=by, now=now)
        if claimed is None:
            continue
        _hand_over(claimed, meeting, way)
        with rowlock.acting(by):
            claimed.save(update_fields=["receipt", "state"])
        told[claimed.state] += 1
    return told


def _due(organisation_id: int, now: datetime) -> list[tuple[Meeting, Way]]:
    files = Participant.objects.filter(organisation=organisation_id)
    due = [one for one in meetings(files, now, now + AHEAD) if one.is_due(now)]
    people = [one.participant for one in due]
    choices, wrong = choices_of(people), wrong_of(people)
    ways = [
        (one, way_to(one.participant, choices.get(key), wrong.get(key, ())))
        for one in due
        for key in (one.participant.pk,)
    ]
    return [(one, way) for one, way in ways if way.channel]


def _claim(meeting: Meeting, way: Way, *, by, now: datetime) -> Reminder | None:
    """The row that says it is being sent; `None` if there is one already."""
    person = meeting.participant
    if Reminder.objects.filter(participant=person, moment=meeting.moment).exists():
        return None
    try:
        with transaction.atomic():
            claimed = Reminder.objects.create(
                organisation_id=person.organisation_id,
                participant=person,
                moment=meeting.moment,
                channel=way.channel,
                address=way.address,
                sent_at=now,
            )
            told = {"target": person.uid, "file": person.uid, "channel": way.channel}
            trail.record("reminder_sent", by=by, **told)
    except IntegrityError:  # somebody else was faster
        return None
    return claimed


def _hand_over(claimed: Reminder, meeting: Meeting, way: Way) -> None:
    try:
        claimed.receipt = provider_of(way.channel).send(way.address, words(meeting.moment))
        claimed.state = State.HANDED
    except WrongAddress:
        claimed.state = State.WRONG
    except NotSent:
        claimed.state = State.FAILED


@transaction.atomic
def hear(receipt: str, state: str) -> bool:
    """What a carrier says of one of its messages; what it said later stands. Whether it is kept."""
    if state not in LATER or not receipt:
        return False
    known, is_new = Delivery.objects.select_for_update(of=("self",), no_key=True).get_or_create(
        receipt=receipt, defaults={"state": state}
    )
    if is_new:
        return True
    if state in LATER[State(known.state)]:
        known.state, known.at = state, timezone.now()
        known.save(update_fields=["state", "at"])
    return True
