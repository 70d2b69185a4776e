"""The entry, the course and the exit of a follow-up."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from maillage.barriers.walls import wall_of
from maillage.core import trail
from maillage.core.errors import Refused, Stale
from maillage.core.models import User
from maillage.network.models import Membership, Site
from maillage.network.roles import GRANTS, Permission, Side
from maillage.network.vocabularies import EXIT_REASONS
from maillage.programme.episodes import access
from maillage.programme.episodes.models import (
    Appointment,
    Episode,
    EpisodeModule,
    Note,
    SituationChange,
)
from maillage.programme.intake import access as intake_access
from maillage.programme.intake import actions as intake
from maillage.programme.intake.models import (
    ContactAttempt,
    Participant,
    Referral,
    ReferralStep,
)

ATTEMPTS_BEFORE_DROP_OUT = 2  # R158


def locked_episode(episode: Episode, by) -> Episode:
    return (
        Episode.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=episode.pk)
    )


def _check_version(episode: Episode, version: int) -> None:
    if episode.version != version:
        raise Stale()


def practitioners(organisation_id: int, on: date | None = None) -> list[User]:
    """The people who may be the referent of a file of the organisation, by name."""
    roles = [
        role
        for (side, role), grants in GRANTS.items()
        if side == Side.PROGRAMME and Permission.EPISODE_FOLLOW in grants
    ]
    held = Membership.objects.current(on).filter(
        organisation_id=organisation_id, side=Side.PROGRAMME, role__in=roles
    )
    people = User.objects.filter(pk__in=held.values("user"))
    return list(people.only("name", "email").order_by("name", "pk"))


def check_intervenes(person, participant: Participant, field: str = "referent") -> None:
    """Whoever is given something of a file works here and is not kept out of it."""
    if person is None:
        return
    if person not in practitioners(participant.organisation_id):
        raise Refused("Cette personne n’intervient pas dans cette antenne.", field)
    if wall_of(Side.PROGRAMME).shuts_out(person, participant):
        raise Refused("Cette personne ne peut pas suivre ce dossier.", field)


def _check_no_overlap(participant: Participant, entered_on: date) -> None:
    """Follow-ups of one person do not overlap; one may begin the day another ended."""
    if participant.episodes.open().exists():
        raise Refused("Un suivi de cette personne est déjà en cours\u00a0: terminez-le d’abord.")
    if participant.episodes.filter(exited_on__gt=entered_on).exists():
        raise Refused("Cette entrée tombe pendant un suivi déjà terminé.", "entered_on")


@transaction.atomic
def accept(
    *,
    by,
    referral: Referral,
    version: int,
    entered_on: date,
    site: Site,
    referent=None,
    modules: Iterable[str] = (),
    **situation: str,
) -> Episode:
    """Opens the follow-up; the situation given is the one at the entry, kept as such (R170)."""
    participant = intake.locked_participant(referral.participant, by)
    referral = intake.locked_referral(referral, by)
    intake_access.check_can_accept(by, referral)
    if referral.version != version:
        raise Stale()
    if entered_on < referral.received_on:
        raise Refused("L’entrée est avant la réception de l’orientation.", "entered_on")
    if entered_on > timezone.localdate():
        raise Refused("L’entrée ne peut pas être dans le futur.", "entered_on")
    if site.organisation_id != referral.organisation_id:
        raise Refused("Ce lieu n’est pas de votre organisation.", "site")
    check_intervenes(referent, participant)
    _check_no_overlap(participant, entered_on)
    for field, value in situation.items():
        if field not in ("marital_status", "employment", "resources"):
            raise TypeError(f"unknown field: {field}")
        setattr(referral, field, value)
    referral.move("accept")
    referral.site = site
    referral.version += 1
    referral.save()
    ReferralStep.objects.create(
        referral=referral, status=referral.status, on=entered_on, by=by.user
    )
    episode = Episode.objects.create(
        referral=referral,
        participant=participant,
        organisation_id=referral.organisation_id,
        site=site,
        referent=referent,
        entered_on=entered_on,
        last_contact_on=last_contact(referral, entered_on),
    )
    EpisodeModule.objects.bulk_create(
        EpisodeModule(episode=episode, code=code, starts_on=entered_on)
        for code in sorted(set(modules))
    )
    trail.record("referral_accepted", by=by, target=referral.uid, file=participant.uid)
    return episode


@transaction.atomic
def assign(*, by, episode: Episode, version: int, referent) -> Episode:
    """Gives the file to another referent, or takes one that nobody follows."""
    episode = locked_episode(episode, by)
    access.check_can_assign(by, episode)
    _check_version(episode, version)
    check_intervenes(referent, episode.participant)
    if not by.holds(Permission.FILE_ASSIGN) and referent != by.user:
        raise Refused("Vous pouvez prendre ce dossier, pas le confier à quelqu’un.", "referent")
    before = episode.referent_id
    episode.referent = referent
    episode.version += 1
    episode.save(update_fields=["referent", "version"])
    trail.record(
        "referent_changed",
        by=by,
        target=episode.referral.uid,
        file=episode.participant.uid,
        before=before,
        after=referent.pk if referent else None,
    )
    return episode


@transaction.atomic
def start_module(*, by, episode: Episode, code: str, starts_on: date, practitioner=None):
    episode = locked_episode(episode, by)
    access.check_can_follow(by, episode)
    access.check_can_staff(by, episode, practitioner)
    _check_within(episode, starts_on, "starts_on")
    check_intervenes(practitioner, episode.participant, "practitioner")
    if episode.modules.filter(code=code, ends_on=None).exists():
        raise Refused("Ce module est déjà en cours.", "code")
    module = EpisodeModule.objects.create(
        episode=episode, code=code, starts_on=starts_on, practitioner=practitioner
    )
    trail.record(
        "module_started",
        by=by,
        target=episode.referral.uid,
        file=episode.participant.uid,
        module=code,
    )
    return module


@transaction.atomic
def end_module(*, by, module: EpisodeModule, ends_on: date) -> EpisodeModule:
    episode = locked_episode(module.episode, by)
    access.check_can_follow(by, episode)
    module = episode.modules.select_for_update(of=("self",), no_key=True).get(pk=module.pk)
    if module.ends_on is not None:
        raise Refused("Ce module est déjà terminé.")
    if ends_on < module.starts_on or ends_on > timezone.localdate():
        raise Refused("La fin d’un module est entre son début et aujourd’hui.", "ends_on")
    module.ends_on = ends_on
    module.save(update_fields=["ends_on"])
    trail.record(
        "module_ended",
        by=by,
        target=episode.referral.uid,
        file=episode.participant.uid,
        module=module.code,
    )
    return module


def _check_within(episode: Episode, day: date, field: str) -> None:
    if day < episode.entered_on or day > timezone.localdate():
        raise Refused("Cette date est entre l’entrée et aujourd’hui.", field)


@transaction.atomic
def change_situation(*, by, episode: Episode, on: date, **situation: str) -> SituationChange:
    """Keeps what changed and since when; the situation at the entry is not touched."""
    episode = locked_episode(episode, by)
    access.check_can_follow(by, episode)
    _check_within(episode, on, "on")
    if episode.situation_changes.filter(on=on).exists():
        raise Refused("Un changement est déjà enregistré ce jour-là.", "on")
    change = SituationChange.objects.create(episode=episode, on=on, by=by.user, **situation)
    trail.record(
        "situation_changed", by=by, target=episode.referral.uid, file=episode.participant.uid
    )
    return change


@transaction.atomic
def write_note(
    *,
    by,
    referral: Referral,
    kind: str,
    text: str,
    on: date | None = None,
    source: str = Note.Source.PROFESSIONAL,
) -> Note:
    """Keeps a note for good; a correction is another note. `source` says whose words it keeps."""
    referral = intake.locked_referral(referral, by)
    access.check_can_write_note(by, referral.participant, kind)
    day = on or timezone.localdate()
    if not text.strip():
        raise Refused("Une note a un texte.", "text")
    if day > timezone.localdate() or day < referral.received_on:
        raise Refused("La note est datée entre l’orientation et aujourd’hui.", "on")
    note = Note.objects.create(
        participant=referral.participant,
        referral=referral,
        kind=kind,
        source=source,
        text=text.strip(),
        on=day,
        by=by.user,
    )
    trail.record(
        "note_written", by=by, target=referral.uid, file=referral.participant.uid, kind=kind
    )
    return note


def last_contact(referral: Referral, entered_on: date) -> date:
    """The last day the person was met or reached, the entry when there was none since (I45)."""
    kept = referral.appointments.filter(status=Appointment.Status.KEPT)
    reached = referral.contact_attempts.filter(outcome=ContactAttempt.Outcome.REACHED)
    moments = (kept.aggregate(Max("starts_at")), reached.aggregate(Max("at")))
    days = [timezone.localdate(at) for found in moments for at in found.values() if at]
    return max([entered_on, *days])


def touch(referral: Referral, day: date) -> None:
    """A contact happened: the file is not silent since that day (I45)."""
    Episode.objects.filter(referral=referral, last_contact_on__lt=day).update(last_contact_on=day)


def untouch(referral: Referral, day: date) -> None:
    """The contact of that day was recorded by mistake: the one before it counts again."""
    for episode in Episode.objects.filter(referral=referral, last_contact_on=day):
        episode.last_contact_on = last_contact(referral, episode.entered_on)
        episode.save(update_fields=["last_contact_on"])


@transaction.atomic
def record_contact(
    *,
    by,
    referral: Referral,
    channel: str,
    outcome: str,
    comment: str = "",
    at: datetime | None = None,
) -> ContactAttempt:
    """Keeps a try to reach the person; one that succeeds is a contact of the follow-up."""
    attempt = intake.record_contact_attempt(
        by=by, referral=referral, channel=channel, outcome=outcome, comment=comment, at=at
    )
    if outcome == ContactAttempt.Outcome.REACHED:
        touch(referral, timezone.localdate(attempt.at))
    return attempt


def attempts_since_last_meeting(episode: Episode):
    """Tries to reach the person since the last kept appointment, else since the entry (R158)."""
    kept = episode.referral.appointments.filter(status=Appointment.Status.KEPT)
    last = kept.order_by("-starts_at").values_list("starts_at", flat=True).first()
    attempts = episode.referral.contact_attempts
    if last is not None:
        return attempts.filter(at__gt=last)
    return attempts.filter(at__date__gte=episode.entered_on)


def later_appointments(episode: Episode, day: date):
    """The planned appointments that an exit on that day cancels; earlier ones stay to be marked."""
    planned = episode.referral.appointments.filter(status=Appointment.Status.PLANNED)
    return planned.filter(Q(starts_at__date__gt=day) | Q(starts_at__gt=timezone.now()))


@transaction.atomic
def record_exit(
    *, by, episode: Episode, version: int, on: date, reason: str, comment: str = ""
) -> Episode:
    """Ends the follow-up: open modules end with it, later appointments are cancelled."""
    episode = locked_episode(episode, by)
    access.check_can_exit(by, episode)
    _check_version(episode, version)
    if reason not in EXIT_REASONS:
        raise Refused("Choisissez un motif de sortie.", "reason")
    if on < episode.entered_on or on > timezone.localdate():
        raise Refused("La sortie est entre l’entrée et aujourd’hui.", "on")
    if reason == "abandon":
        tried = attempts_since_last_meeting(episode).count()
        if tried < ATTEMPTS_BEFORE_DROP_OUT:
            raise Refused(
                f"Avant de constater un abandon, relancez la personne au moins "
                f"{ATTEMPTS_BEFORE_DROP_OUT} fois depuis le dernier rendez-vous honoré "
                f"(fait\u00a0: {tried}).",
                "reason",
            )
    if episode.modules.filter(starts_on__gt=on).exists():
        raise Refused("Un module commence après cette date.", "on")
    if episode.referral.appointments.filter(
        status=Appointment.Status.KEPT, starts_at__date__gt=on
    ).exists():
        raise Refused("Un rendez-vous a été honoré après cette date.", "on")
    episode.exited_on, episode.exit_reason, episode.exit_comment = on, reason, comment
    episode.version += 1
    episode.save()
    episode.modules.filter(ends_on=None).update(ends_on=on)
    later_appointments(episode, on).update(status=Appointment.Status.CANCELLED)
    trail.record(
        "episode_exited",
        by=by,
        target=episode.referral.uid,
        file=episode.participant.uid,
        reason=reason,
        on=on,
    )
    return episode


@transaction.atomic
def cancel_exit(*, by, episode: Episode, comment: str) -> Episode:
    """Takes back an exit recorded by mistake: the modules that ended with it go on again.

    Cancelled appointments stay so, since their hours may be taken; the trail keeps the exit.
    """
    participant = intake.locked_participant(episode.participant, by)
    episode = locked_episode(episode, by)
    access.check_can_cancel_exit(by, episode)
    if not comment.strip():
        raise Refused("Dites pourquoi la sortie est annulée.", "comment")
    if participant.episodes.open().exists():
        raise Refused("Un autre suivi de cette personne est en cours.")
    if (
        participant.episodes.filter(entered_on__gte=episode.exited_on)
        .exclude(pk=episode.pk)
        .exists()
    ):
        raise Refused("Un autre suivi a commencé depuis\u00a0: cette sortie ne s’annule plus.")
    before: dict[str, Any] = {"on": episode.exited_on, "reason": episode.exit_reason}
    going_on = set(episode.modules.filter(ends_on=None).values_list("code", flat=True))
    for module in episode.modules.filter(ends_on=episode.exited_on).order_by("-starts_on", "-pk"):
        if module.code not in going_on:
            going_on.add(module.code)
            episode.modules.filter(pk=module.pk).update(ends_on=None)
    episode.exited_on, episode.exit_reason, episode.exit_comment = None, "", ""
    episode.version += 1
    episode.save()
    Note.objects.create(
        participant=participant,
        referral=episode.referral,
        kind=Note.Kind.FACTUAL,
        text=f"Sortie annulée\u00a0: {comment.strip()}",
        by=by.user,
    )
    trail.record(
        "episode_exit_cancelled",
        by=by,
        target=episode.referral.uid,
        file=participant.uid,
        **before,
    )
    return episode
