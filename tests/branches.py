"""A branch with a row in every table, and raw questions to the database."""

from types import SimpleNamespace

from django.db import connection, transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.models import Draft
from maillage.network.roles import Role, Side
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeFactory,
    EpisodeModuleFactory,
    NoteFactory,
    SituationChangeFactory,
)
from maillage.programme.fees.models import AccountingLine, Fee, ReceiptCounter
from maillage.programme.groups.models import Room
from maillage.programme.groups.tests import factories as groups
from maillage.programme.intake import names
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ContactAttemptFactory,
    ObligationFactory,
    ReferralFactory,
    RequestedModuleFactory,
)
from maillage.programme.letters.models import Letter, Letterhead, LetterTemplate
from maillage.programme.questionnaires.models import Questionnaire
from maillage.programme.reminders.models import ContactChoice, Reminder


def ask(sql: str, *given) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def filled_branch() -> SimpleNamespace:
    """A branch with a row in every table that is somebody's; its people on both sides."""
    branch = OrganisationFactory(branch=True)
    worker = MembershipFactory(organisation=branch, role=Role.MANAGER)
    helper = MembershipFactory(organisation=branch, role=Role.MANAGER, side=Side.SUPPORT)
    referral = ReferralFactory(
        participant__organisation=branch, accepted=True, comment="Texte", steps=worker
    )
    names.index(referral.participant)
    episode = EpisodeFactory(referral=referral)
    ObligationFactory(referral=referral)
    RequestedModuleFactory(referral=referral)
    ContactAttemptFactory(referral=referral, by=worker.user)
    AssessmentFactory(referral=referral, by=worker.user)
    EpisodeModuleFactory(episode=episode)
    SituationChangeFactory(episode=episode, by=worker.user)
    AppointmentFactory(referral=referral, practitioner=worker.user)
    note = NoteFactory(referral=referral, by=worker.user)
    a_group(branch, referral, worker)
    Draft.objects.create(
        user=worker.user,
        organisation_id=worker.organisation_id,
        side=worker.side,
        form="programme/x/y",
        data="{}",
    )
    with transaction.atomic():
        for by in (worker, helper):
            trail.record("tried", by=by)
            trail.record_read("tried", by=by)
    return SimpleNamespace(
        branch=branch, worker=worker, helper=helper, referral=referral, note=note, episode=episode
    )


def a_group(branch, referral, worker) -> None:
    """A course with all that hangs on it, and the letters of a branch."""
    site, of, by = SiteFactory(organisation=branch), {"organisation": branch}, {"by": worker.user}
    run = groups.group(branch, site)
    session = run.sessions.first()
    run.template.prices.create(legal_framework="presentenciel", cents=20_000)
    session.moves.create(was_at=timezone.now(), **by)
    session.speakers.create(user=worker.user, function="lawyer")
    Room.objects.create(site=site, name="Salle", **of)
    enrolment = groups.enrolment(referral, user=worker.user, group=run)
    enrolment.convocations.create(group=run, origin="hand", rank=1, **by)
    groups.attendance(session, enrolment, user=worker.user)
    enrolment.certificates.create(kind="completion", number="1", code="X", minutes=1, **of, **by)
    fee = Fee.objects.create(
        participant=referral.participant, enrolment=enrolment, cents=2, **of, **by
    )
    on = timezone.localdate()
    fee.entries.create(kind="payment", cents=1, method="cash", year=on.year, on=on, **by)
    ReceiptCounter.objects.create(year=on.year, **of)
    AccountingLine.objects.create(kind="payment", cents=1, method="cash", year=1, on=on, **of)
    Letterhead.objects.create(town="Ici", **of)
    text = {"subject": "Objet", "body": "Texte"}
    LetterTemplate.objects.create(kind="warning", number=1, **text, **of, **by)
    asked = Questionnaire.objects.create(title="Fin de stage", **of, **by)
    question = asked.questions.create(number=1, kind="yes_no", label="Utile ?")
    asked.sheets.create(group=run).answers.create(question=question, picked=[1])
    person = {"participant": referral.participant}
    Letter.objects.create(kind="warning", content="{}", **person, **of, **by)
    chosen = dict.fromkeys(("is_on", "by_sms", "by_email", "mailbox_is_shared"), True)
    ContactChoice.objects.create(**chosen, **person, **of, **by)
    Reminder.objects.create(moment=timezone.now(), channel="sms", address="1", **person, **of)
