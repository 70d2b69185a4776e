"""A branch with its people, a file that holds something in every column, and one that is due."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from maillage.barriers.walls import wall_of
from maillage.core import drafts
from maillage.network.tests.factories import UserFactory
from maillage.programme.episodes.tests.conftest import (  # noqa: F401
    House,
    house,
    one_entry,
    signed_in,
)
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeModuleFactory,
    NoteFactory,
    SituationChangeFactory,
)
from maillage.programme.fees.models import Fee
from maillage.programme.groups.models import Certificate, Convocation
from maillage.programme.groups.tests import factories as groups
from maillage.programme.intake.models import Participant
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ContactAttemptFactory,
    DocumentFactory,
    ObligationFactory,
    ParticipantFactory,
    ReferralFactory,
    RequestedModuleFactory,
)
from maillage.programme.letters.models import Letter
from maillage.programme.letters.render import Sheet
from maillage.programme.reminders.models import ContactChoice, Reminder

LONG_AGO = datetime(2022, 3, 1, 10, tzinfo=UTC)


def save_draft(by, name: str) -> None:
    drafts.save(by, name, QueryDict("text=pas+encore+envoyé"))


def protect(file, by) -> None:
    """Somebody kept out of a file, a restriction that was lifted, and an access in a hurry."""
    wall, now = wall_of(by.side), timezone.now()
    of = {"file": file, "organisation": file.organisation}
    wall.barriers.objects.create(user=UserFactory(), by=by.user, reason="voisin", **of)
    closed = wall.restrictions.objects.create(
        by=by.user, reason="connue de tous", lifted_at=now, lifted_by=by.user, **of
    )
    wall.readers.objects.create(restriction=closed, user=by.user, organisation=file.organisation)
    wall.accesses.objects.create(
        user=UserFactory(), reason="urgence", opened_at=now, until=now + timedelta(minutes=1), **of
    )


def enrol(referral, by) -> None:
    """A course done in 2021, with everything that hangs on it."""
    run = groups.group(referral.organisation, referral.episode.site, starts_on=date(2021, 11, 4))
    enrolment = groups.enrolment(
        referral,
        user=by,
        group=run,
        status="completed",
        ended_on=date(2021, 11, 5),
        asked_on=date(2021, 9, 1),
    )
    enrolment.steps.update(on=date(2021, 9, 1), status="to_convene")
    for status, on in (
        ("convened", date(2021, 10, 21)),
        ("attending", date(2021, 11, 4)),
        ("completed", date(2021, 11, 5)),
    ):
        enrolment.steps.create(
            status=status, group=run, on=on, by=by, reason=f"motif de l’étape {status}"
        )
    Convocation.objects.create(
        enrolment=enrolment, group=run, origin="hand", rank=1, convened_on=on, by=by
    )
    for session in run.sessions.all():
        session.held_at = session.ends_at
        session.save()
        groups.attendance(session, enrolment, user=by)
    Certificate.objects.create(
        organisation=referral.organisation,
        enrolment=enrolment,
        kind="completion",
        number=f"2021-{enrolment.pk:04}",
        code="code-secret",
        minutes=840,
        issued_on=date(2021, 11, 5),
        by=by,
        revoked_on=date(2021, 11, 8),
        revoked_because="motif d’annulation",
    )
    fee = Fee.objects.create(
        organisation=referral.organisation,
        participant=referral.participant,
        enrolment=enrolment,
        cents=200,
        by=by,
    )
    fee.entries.create(
        kind="payment", cents=200, method="cash", receipt=1, year=2021, on=date(2021, 11, 5), by=by
    )
    Letter.objects.create(
        organisation=referral.organisation,
        participant=referral.participant,
        kind="warning",
        content=Sheet(["A"], ["B"], "Le 3", "Objet", ["texte de la lettre"]).to_json(),
        by=by,
    )
    theirs = {"organisation": referral.organisation, "participant": referral.participant}
    ContactChoice.objects.create(
        is_on=True, by_sms=True, by_email=False, mailbox_is_shared=False, by=by, **theirs
    )
    Reminder.objects.create(
        moment=datetime(2021, 11, 5, 9, tzinfo=UTC), channel="sms", address="+33639981234", **theirs
    )


def full_file(house: House, **known) -> Participant:  # noqa: F811
    """A file in which every table tells something, ended in 2022: it has been due for years."""
    given = {
        "town": "Bourg-secret",
        "phone": "+33639981234",
        "email": "camille@exemple.test",
        "language": "wolof",
    }
    person = ParticipantFactory(organisation=house.branch, **given | known)
    referral = ReferralFactory(
        participant=person,
        accepted=True,
        received_on=date(2021, 9, 1),
        comment="précisions de l’orienteur",
        referrer_contact="M. Interlocuteur",
        steps=house.practitioner,
    )
    for step in referral.steps.all():
        step.reason = "motif de l’étape"
        step.save()
    by = house.practitioner.user
    ObligationFactory(referral=referral)
    RequestedModuleFactory(referral=referral)
    ContactAttemptFactory(referral=referral, at=LONG_AGO, comment="sa sœur a répondu", by=by)
    AssessmentFactory(
        referral=referral, held_on=date(2021, 9, 15), summary="synthèse clinique", by=by
    )
    episode = house.episode(
        referral=referral,
        entered_on=date(2021, 10, 4),
        exited_on=date(2022, 3, 15),
        exit_reason="concertee",
        exit_comment="départ préparé",
        last_contact_on=date(2022, 3, 10),
    )
    EpisodeModuleFactory(episode=episode)
    SituationChangeFactory(episode=episode, by=by)
    first = AppointmentFactory(
        referral=referral, practitioner=by, starts_at=LONG_AGO, status="postponed"
    )
    AppointmentFactory(
        referral=referral, practitioner=by, starts_at=LONG_AGO, status="kept", supersedes=first
    )
    NoteFactory(referral=referral, text="elle dit avoir peur", source="victim", by=by)
    NoteFactory(referral=referral, text="il dit aller mieux", source="self", by=by)
    NoteFactory(referral=referral, text="note du psychologue", clinical=True, by=by)
    DocumentFactory(referral=referral, added_by=by)
    enrol(referral, by)
    protect(person, house.manager)
    save_draft(house.practitioner, f"note:{referral.uid}")
    return person


@pytest.fixture
def due_file(house):  # noqa: F811
    return full_file(house)
