"""The files of the programme side: when they are due, how one is erased, who reads what of it."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, Max, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from maillage.core import rowlock
from maillage.core.models import Draft
from maillage.network.models import Mandate, Organisation
from maillage.network.roles import Permission, Side
from maillage.programme.episodes.access import reads_clinical, traceable_files
from maillage.programme.episodes.actions.follow import write_note
from maillage.programme.episodes.models import (
    Appointment,
    Episode,
    EpisodeModule,
    Note,
    SituationChange,
)
from maillage.programme.episodes.statistics import reduce
from maillage.programme.fees.actions import keep_accounts
from maillage.programme.fees.models import Entry, Fee
from maillage.programme.groups import statistics as groups
from maillage.programme.groups.models import (
    Attendance,
    Certificate,
    Convocation,
    Enrolment,
    EnrolmentStep,
    KeptApart,
)
from maillage.programme.intake.access import practises_on
from maillage.programme.intake.models import (
    Assessment,
    Barrier,
    ContactAttempt,
    Document,
    DocumentPart,
    ExceptionalAccess,
    NamedReader,
    NameKey,
    Obligation,
    Participant,
    Referral,
    ReferralStep,
    RequestedModule,
    Restriction,
)
from maillage.programme.letters.models import Letter
from maillage.programme.reminders.models import ContactChoice, Reminder
from maillage.protection.records import Due, RecordType
from maillage.protection.rules import Rule, rule_for

FOLLOWED, NEVER_ENTERED = "programme_followed", "programme_never_entered"
_OWED = (*Enrolment.WAITING, *Enrolment.SEATED)  # to be convened, or with a session to come
_MEETINGS = (Appointment.Status.PLANNED, Appointment.Status.KEPT)


def _watched_by(by) -> QuerySet[Participant]:
    return Participant.objects.filter(traceable_files(by))


def _read_by(by) -> QuerySet[Participant]:
    return Participant.objects.visible_to(by)


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


def _silent_since(files: QuerySet[Participant], limit: date) -> QuerySet[Participant]:
    """Files of which nothing goes on and nothing happened after `limit`."""
    mine, after = Q(participant=OuterRef("pk")), _end_of(limit)
    reached = Q(contact_attempts__outcome=ContactAttempt.Outcome.REACHED)
    alive = (
        Referral.objects.filter(
            mine,
            Q(status__in=Referral.PENDING)
            | Q(ended_on__gt=limit)
            | reached & Q(contact_attempts__at__gte=after),
        ),
        Episode.objects.filter(
            mine,
            Q(exited_on__isnull=True) | Q(exited_on__gt=limit) | Q(last_contact_on__gt=limit),
        ),
        Appointment.objects.filter(mine, status__in=_MEETINGS, starts_at__gte=after),
        Enrolment.objects.filter(
            mine,
            Q(status__in=_OWED)
            | Q(steps__on__gt=limit)
            | Q(attendances__session__starts_at__gte=after)
            | Q(certificates__issued_on__gt=limit),
        ),
    )
    return files.filter(*(~Exists(rows) for rows in alive)).filter(
        Exists(Referral.objects.filter(mine))
    )


def _last_events(files: list[Participant]) -> dict[int, date]:
    """The last thing that happened in each file: what its rule counts from."""
    known = {"participant__in": files}
    reached = Q(contact_attempts__outcome=ContactAttempt.Outcome.REACHED)
    found = (
        Referral.objects.filter(**known)
        .values("participant")
        .annotate(
            Max("received_on"), Max("ended_on"), tried=Max("contact_attempts__at", filter=reached)
        )
        .values_list("participant", "received_on__max", "ended_on__max", "tried"),
        Episode.objects.filter(**known)
        .values("participant")
        .annotate(Max("exited_on"), Max("last_contact_on"))
        .values_list("participant", "exited_on__max", "last_contact_on__max"),
        Appointment.objects.filter(**known, status__in=_MEETINGS)
        .values("participant")
        .annotate(Max("starts_at"))
        .values_list("participant", "starts_at__max"),
        Enrolment.objects.filter(**known)
        .values("participant")
        .annotate(
            Max("steps__on"), Max("attendances__session__starts_at"), Max("certificates__issued_on")
        )
        .values_list(
            "participant",
            "steps__on__max",
            "attendances__session__starts_at__max",
            "certificates__issued_on__max",
        ),
    )
    last: dict[int, date] = {}
    for rows in found:
        for pk, *moments in rows:
            days = [timezone.localdate(m) if isinstance(m, datetime) else m for m in moments if m]
            last[pk] = max([last.get(pk, date.min), *days])
    return last


def _due(*, by, today: date) -> list[Due]:
    entered = Exists(Episode.objects.filter(participant=OuterRef("pk")))
    found: list[Due] = []
    for record, kind in ((FOLLOWED, entered), (NEVER_ENTERED, ~entered)):
        rule = rule_for(record, today)
        quiet = _silent_since(_watched_by(by).filter(kind), rule.latest_trigger(today))
        found += _dues(list(quiet.only("uid", "reference")), rule)
    return sorted(found, key=lambda one: (one.last_event_on, one.uid))


def _dues(files: list[Participant], rule: Rule) -> list[Due]:
    last = _last_events(files)
    return [Due(each.uid, each.reference, rule, last[each.pk]) for each in files]


def _erase(file: Model) -> None:
    """Keeps the statistical rows and deletes everything else that tells of the person."""
    assert isinstance(file, Participant)
    reduce(file)
    groups.reduce(file)
    referrals = Referral.objects.filter(participant=file)
    for uid in (file.uid, *referrals.values_list("uid", flat=True)):
        Draft.objects.filter(form__endswith=f":{uid}").delete()
    keep_accounts(file)
    Entry.objects.filter(fee__participant=file, cancels__isnull=False).delete()
    Fee.objects.filter(participant=file).delete()
    enrolments = Enrolment.objects.filter(participant=file)
    Certificate.objects.filter(enrolment__in=enrolments).delete()
    enrolments.delete()
    Document.objects.filter(participant=file).delete()
    Note.objects.filter(participant=file).delete()
    appointments = Appointment.objects.filter(participant=file)
    appointments.update(supersedes=None)
    appointments.delete()
    Episode.objects.filter(participant=file).delete()
    for branch in Organisation.objects.filter(mandates__kind=Mandate.Kind.BRANCH).distinct():
        with rowlock.reaching(branch):  # whoever sent the person here keeps no link to nothing
            sent = Referral.objects.filter(redirected_to__in=list(referrals), organisation=branch)
            sent.update(redirected_to=None)
    referrals.update(redirected_to=None)
    referrals.delete()
    file.delete()


def _reader_of(by, file: Model) -> Callable[[Model], bool]:
    """What is clinical is for its author and the practitioners of the file; the rest for who reads
    the file."""
    assert isinstance(file, Participant)
    reads, practises = by.holds(Permission.FILE_READ), practises_on(by, file)

    def may_read(row: Model) -> bool:
        is_clinical = isinstance(row, Note) and row.kind == Note.Kind.CLINICAL
        if is_clinical or isinstance(row, Assessment):
            return reads_clinical(by, row.by_id, practises)  # type: ignore[attr-defined]
        return reads

    return may_read


def _source_of(row: Model) -> str:
    return row.source if isinstance(row, Note) else Note.Source.PROFESSIONAL


def _annotate(*, by, file: Model, text: str) -> None:
    assert isinstance(file, Participant)
    write_note(
        by=by,
        referral=file.referrals.order_by("-number")[0],
        kind=Note.Kind.FACTUAL,
        source=Note.Source.SELF,
        text=f"La personne conteste ce qui est écrit\u00a0: {text}",
    )


FILES = RecordType(
    side=Side.PROGRAMME,
    label="Dossiers de l’accompagnement des auteurs",
    root=Participant,
    paths={
        Participant: "pk",
        NameKey: "participant",
        Referral: "participant",
        Obligation: "referral__participant",
        RequestedModule: "referral__participant",
        ReferralStep: "referral__participant",
        ContactAttempt: "referral__participant",
        Assessment: "referral__participant",
        Episode: "participant",
        EpisodeModule: "episode__participant",
        SituationChange: "episode__participant",
        Appointment: "participant",
        Note: "participant",
        Enrolment: "participant",
        EnrolmentStep: "enrolment__participant",
        Convocation: "enrolment__participant",
        Attendance: "enrolment__participant",
        Certificate: "enrolment__participant",
        Letter: "participant",
        ContactChoice: "participant",
        Reminder: "participant",
        Fee: "participant",
        Entry: "fee__participant",
        KeptApart: "one",  # whichever of the two is erased, the row goes with them
        Document: "participant",
        DocumentPart: "document__participant",
        Barrier: "file",
        Restriction: "file",
        NamedReader: "restriction__file",
        ExceptionalAccess: "file",
    },
    titles={
        Participant: "Identité",
        Referral: "Orientations",
        Obligation: "Obligations",
        RequestedModule: "Modules demandés",
        ReferralStep: "Étapes des orientations",
        ContactAttempt: "Appels et courriers",
        Assessment: "Évaluations",
        Episode: "Suivis",
        EpisodeModule: "Modules suivis",
        SituationChange: "Changements de situation",
        Appointment: "Rendez-vous",
        Note: "Notes",
        Enrolment: "Demandes de stage et de groupe",
        EnrolmentStep: "Étapes des demandes de stage et de groupe",
        Convocation: "Convocations à un groupe",
        Attendance: "Présences aux séances",
        Certificate: "Attestations",
        Letter: "Courriers",
        ContactChoice: "Choix des rappels de rendez-vous",
        Reminder: "Rappels de rendez-vous envoyés",
        Fee: "Participations financières",
        Entry: "Écritures de caisse",
        KeptApart: "Personnes tenues à l’écart dans les groupes",
        Document: "Pièces",
        DocumentPart: "Contenu des pièces",
        Barrier: "Personnes écartées du dossier",
        Restriction: "Restrictions du dossier",
        ExceptionalAccess: "Accès exceptionnels",
    },
    rules=(FOLLOWED, NEVER_ENTERED),
    erased="L’identité, les orientations, les évaluations, les notes, les rendez-vous, les demandes"
    " de groupes avec leurs étapes, présences et attestations, les appels, les brouillons et les"
    " demandes de ces personnes",
    has_figures=True,
    watched_by=_watched_by,
    read_by=_read_by,
    due=_due,
    erase=_erase,
    reader_of=_reader_of,
    source_of=_source_of,
    annotate=_annotate,
)
