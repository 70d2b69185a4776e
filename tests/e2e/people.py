"""A small caseload in which every state of a file is met, with invented people."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeFactory,
    EpisodeModuleFactory,
    NoteFactory,
    SituationChangeFactory,
)
from maillage.programme.intake.models import Referral
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ContactAttemptFactory,
    ObligationFactory,
    ParticipantFactory,
    ReferralFactory,
    RequestedModuleFactory,
)

LONG_NAME = ("Vandenbroucke-Castelnau de Montreynaud-Saint-Hippolyte-du-Fort", "Jean-Chrysostome")

TOO_WIDE = """() => {
    const root = document.documentElement, limit = root.clientWidth;
    if (root.scrollWidth <= limit) return [];
    const seen = [...document.body.querySelectorAll("*")].filter(
        e => e.getBoundingClientRect().right > limit + 1 && !e.closest(".table-frame"));
    return [`${root.scrollWidth} px`, ...seen.slice(0, 3).map(e => e.outerHTML.slice(0, 120))];
}"""


@dataclass
class Caseload:
    received: Referral
    waiting: Referral
    followed: Episode
    exited: Episode
    long_named: Referral


def referral(house, **given) -> Referral:
    given.setdefault("participant__organisation", house.branch)
    given.setdefault("steps", house.practitioner)
    return ReferralFactory(**given)


def make_caseload(house) -> Caseload:
    today, who = timezone.localdate(), house.practitioner.user
    received = referral(house, received_on=today - timedelta(days=3), is_urgent=True)
    waiting = referral(house, waiting=True, site=house.site, received_on=add_months(today, -7))
    RequestedModuleFactory(referral=waiting)
    for days, outcome in ((150, "no_answer"), (20, "voicemail")):
        at = timezone.now() - timedelta(days=days)
        ContactAttemptFactory(referral=waiting, at=at, outcome=outcome)
    referral(house, returned=True, ended=today, received_on=add_months(today, -1))
    referral(house, to_assess=True, participant__minor=True, received_on=today)
    long_named = referral(
        house,
        participant__last_name=LONG_NAME[0],
        participant__first_name=LONG_NAME[1],
        received_on=today,
        comment="Sans_espace_" * 12,
    )
    nobody = ParticipantFactory(organisation=house.branch, unnamed=True)
    referral(house, participant=nobody, received_on=today)
    return Caseload(received, waiting, _followed(house, who), _exited(house, who), long_named)


def _course(house, who, months: int, **given) -> Episode:
    today = timezone.localdate()
    sent = referral(
        house,
        accepted=True,
        received_on=add_months(today, -months - 1),
        care_obligation=True,
        comment="Demande un créneau en fin de journée.",
        participant__phone="+33639981234",
        participant__town="Bourg-le-Neuf",
    )
    given = {"site": house.site, "referent": who, "entered_on": add_months(today, -months)} | given
    return EpisodeFactory(referral=sent, **given)


def _followed(house, who) -> Episode:
    today = timezone.localdate()
    followed = _course(house, who, 9, last_contact_on=today)
    sent = followed.referral
    ObligationFactory(referral=sent)
    AssessmentFactory(referral=sent, by=who, held_on=sent.received_on, summary="Parle peu.")
    EpisodeModuleFactory(episode=followed)
    SituationChangeFactory(episode=followed, by=who)
    noon = timezone.make_aware(datetime.combine(today, time(12)))
    for days, status in ((21, "kept"), (14, "missed"), (7, "excused"), (1, "planned")):
        at = noon - timedelta(days=days)
        AppointmentFactory(referral=sent, practitioner=who, starts_at=at, status=status)
    soon = noon + timedelta(days=3)
    AppointmentFactory(referral=sent, practitioner=who, starts_at=soon, site=house.site)
    NoteFactory(referral=sent, by=who, on=today)
    NoteFactory(referral=sent, by=who, on=today, clinical=True, text="A pleuré.")
    silent = _course(house, who, 8, silent=True)
    _course(house, None, 5, last_contact_on=silent.entered_on)
    return followed


def _exited(house, who) -> Episode:
    today = timezone.localdate()
    return _course(house, who, 12, exited_on=today, exit_reason="concertee")
