"""What happens between an entry and an exit: invented appointments, calls, notes and interviews."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from maillage.core.calendar import add_months, is_working_day
from maillage.core.models import User
from maillage.programme.episodes.models import Appointment, Episode, Note
from maillage.programme.intake.models import (
    Assessment,
    ContactAttempt,
    Referral,
    ReferralStep,
)

SLOTS = (time(9), time(9, 45), time(10, 30), time(11, 15), time(14), time(14, 45), time(15, 30))
FACTUAL = (
    "Attestation de suivi remise en main propre.",
    "A changé d’horaires de travail : préfère les rendez-vous du matin.",
    "Ordonnance relue ensemble ; dit avoir compris les obligations.",
    "Copie de la convocation transmise à l’orienteur.",
    "Demande un justificatif pour son employeur.",
)
CLINICAL = (
    "Évoque la soirée des faits sans minimiser pour la première fois.",
    "Alterne reconnaissance et rejet de la faute sur les circonstances.",
    "Repère les signes avant la montée de la colère ; à reprendre.",
    "Sommeil difficile ; orienté vers son médecin traitant.",
    "Travail sur la place des enfants dans les disputes.",
)
REQUESTS = (
    "Vient parce que la mesure le demande ; accepte d’en parler.",
    "Dit vouloir comprendre comment il en est arrivé là.",
    "Souhaite éviter que cela recommence.",
)
YEAR_BACK = 12
NOT_BEFORE = date(2025, 1, 1)  # the interviews of 2024 are the published ones


@dataclass
class Life:
    """Rows to add for one branch, none saved yet."""

    appointments: list[Appointment] = field(default_factory=list)
    successors: list[tuple[Appointment, Appointment]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    attempts: list[ContactAttempt] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    steps: list[ReferralStep] = field(default_factory=list)


class Agenda:
    """Finds free times, so that nobody meets two people at once."""

    def __init__(self) -> None:
        self._taken: set[tuple[int, datetime]] = set()

    def book(self, user: User, day: date, rng: random.Random) -> datetime | None:
        """A free slot that day, or None on a full or closed day."""
        if not is_working_day(day):
            return None
        slots = list(SLOTS)
        rng.shuffle(slots)
        for slot in slots:
            at = timezone.make_aware(datetime.combine(day, slot))
            if (user.pk, at) not in self._taken:
                self._taken.add((user.pk, at))
                return at
        return None


def live(episode: Episode, *, agenda: Agenda, today: date, rng: random.Random, life: Life) -> None:
    """Fills the last year of one follow-up; one open file in fifteen has gone silent."""
    if episode.exited_on:
        last = episode.exited_on - timedelta(days=rng.randint(2, 45))
        episode.last_contact_on = max(episode.entered_on, last)
    since = max(episode.entered_on, add_months(today, -YEAR_BACK), NOT_BEFORE)
    until = episode.exited_on or today
    if until < since:
        return
    is_silent = episode.is_open and rng.random() < 1 / 15
    if is_silent:
        until = min(until, add_months(today, -5))
    for day in _meetings(since, until, rng):
        _meet(episode, day, agenda=agenda, today=today, rng=rng, life=life)
    if episode.is_open and not is_silent:
        _plan_next(episode, agenda=agenda, today=today, rng=rng, life=life)


def _meetings(since: date, until: date, rng: random.Random) -> Iterator[date]:
    day = since + timedelta(days=rng.randint(5, 20))
    while day < until:
        yield day
        day += timedelta(days=rng.randint(12, 32))


def _appointment(episode: Episode, at: datetime, status: str) -> Appointment:
    return Appointment(
        organisation_id=episode.organisation_id,
        participant_id=episode.participant_id,
        referral_id=episode.referral_id,
        practitioner=episode.referent,
        site_id=episode.site_id,
        starts_at=at,
        status=status,
    )


def _meet(
    episode, day: date, *, agenda: Agenda, today: date, rng: random.Random, life: Life
) -> None:
    at = agenda.book(episode.referent, day, rng)
    if at is None:
        return
    status = rng.choices(("kept", "missed", "excused", "postponed"), (72, 11, 7, 10))[0]
    appointment = _appointment(episode, at, status)
    life.appointments.append(appointment)
    if status == "kept":
        episode.last_contact_on = max(episode.last_contact_on, day)
        _write(episode, day, rng, life)
    elif status == "postponed":
        later = agenda.book(episode.referent, day + timedelta(days=rng.randint(3, 9)), rng)
        if later is None or timezone.localdate(later) >= min(today, episode.exited_on or today):
            appointment.status = "excused"
            return
        life.successors.append((appointment, _appointment(episode, later, "kept")))
        episode.last_contact_on = max(episode.last_contact_on, timezone.localdate(later))
    elif status == "missed":
        life.attempts.append(
            _attempt(episode.referral, at + timedelta(hours=3), episode.referent, rng)
        )


def _write(episode: Episode, day: date, rng: random.Random, life: Life) -> None:
    for kind, texts, share in (("factual", FACTUAL, 0.15), ("clinical", CLINICAL, 0.3)):
        if rng.random() < share:
            life.notes.append(
                Note(
                    participant_id=episode.participant_id,
                    referral=episode.referral,
                    kind=kind,
                    text=rng.choice(texts),
                    on=day,
                    by=episode.referent,
                )
            )


def _plan_next(episode, *, agenda: Agenda, today: date, rng: random.Random, life: Life) -> None:
    for _ in range(4):
        wait = 0 if rng.random() < 0.3 else rng.randint(1, 18)
        if at := agenda.book(episode.referent, today + timedelta(days=wait), rng):
            life.appointments.append(_appointment(episode, at, "planned"))
            return


def _attempt(referral: Referral, at: datetime, by: User, rng: random.Random) -> ContactAttempt:
    outcome = rng.choices(("no_answer", "voicemail", "reached", "wrong_number"), (40, 35, 20, 5))[0]
    return ContactAttempt(referral=referral, at=at, channel="phone", outcome=outcome, by=by)


def wait(
    referral: Referral, *, status: str, by: User, today: date, rng: random.Random, life: Life
) -> None:
    """The steps and calls of a referral that is not decided yet."""
    on = min(today, referral.received_on + timedelta(days=rng.randint(0, 4)))
    life.steps.append(
        ReferralStep(referral=referral, status="received", on=referral.received_on, by=by)
    )
    if status != "received":
        life.steps.append(ReferralStep(referral=referral, status=status, on=on, by=by))
    for number in range(rng.randint(0, 3) if status != "received" else 0):
        day = on + timedelta(days=7 * number + rng.randint(0, 5))
        if day < today and is_working_day(day):
            at = timezone.make_aware(datetime.combine(day, time(10, rng.randrange(0, 60, 5))))
            life.attempts.append(_attempt(referral, at, by, rng))


def assess(episode: Episode, rng: random.Random, life: Life) -> None:
    """The interview that came before the entry."""
    life.assessments.append(
        Assessment(
            referral=episode.referral,
            held_on=episode.entered_on,
            by=episode.referent,
            position=rng.choice(("actor", "partial", "minimises", "denies")),
            motivation=rng.choice(("adhesion", "ambivalence", "contrainte")),
            request=rng.choice(REQUESTS),
            measure_understood=True,
            contract_signed_on=episode.entered_on,
            conclusion="accept",
        )
    )
