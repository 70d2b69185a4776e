"""Closing a file to somebody, closing it to most, opening it for an hour, saying what of that."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from maillage.barriers import access
from maillage.barriers.people import colleagues, managers_of
from maillage.barriers.walls import wall_of
from maillage.core import trail
from maillage.core.errors import Refused
from maillage.core.models import User


def _locked(file: Any, by) -> Any:
    return wall_of(by.side).visible(by).select_for_update(of=("self",), no_key=True).get(pk=file.pk)


def _reason(text: str) -> str:
    if len(text.strip()) < 10:
        raise Refused("Dites pourquoi, en quelques mots.", "reason")
    return text.strip()


def _check_is_here(user: User, by, field: str) -> None:
    if user not in colleagues(by):
        raise Refused("Cette personne ne lit aucun dossier de votre organisation.", field)


def _tell_managers(by, file: Any, said: str) -> None:
    """One line without a name or a reference to each manager, once the act is done."""
    body = (
        f"{said}.\n\nCe message ne dit rien de plus\u00a0: connectez-vous à Maillage, "
        "la page «\u202fAujourd’hui\u202f» vous attend.\n"
    )
    for manager in managers_of(by, file):
        send = partial(send_mail, "Maillage\u00a0: à lire", body, None, [manager.email])
        transaction.on_commit(send, robust=True)  # a mail that fails is logged; the act stands


@transaction.atomic
def bar(*, by, file: Any, user: User, reason: str) -> Any:
    """Shuts somebody out of a file at once, wherever it would show."""
    file = _locked(file, by)
    access.check_can_manage(by)
    _check_is_here(user, by, "user")
    wall = wall_of(by.side)
    if wall.shuts_out(user, file):
        raise Refused("Cette personne est déjà écartée de ce dossier.", "user")
    barrier = wall.barriers.objects.create(
        organisation_id=by.organisation_id,
        file=file,
        user=user,
        reason=_reason(reason),
        by=by.user,
        is_own=user == by.user,
        seen_at=None if user == by.user else timezone.now(),
    )
    trail.record("worker_barred", by=by, file=file.uid, member=user.pk)
    return barrier


@transaction.atomic
def declare(*, by, file: Any, reason: str = "") -> Any:
    """« Je connais cette personne »: shuts oneself out; only a manager takes that back."""
    file = _locked(file, by)
    access.check_can_read_files(by)
    barrier = wall_of(by.side).barriers.objects.create(
        organisation_id=by.organisation_id,
        file=file,
        user=by.user,
        reason=reason.strip(),
        by=by.user,
        is_own=True,
    )
    trail.record("worker_declared_a_link", by=by, file=file.uid)
    _tell_managers(by, file, "Quelqu’un de l’équipe s’est écarté d’un dossier")
    return barrier


def _locked_barrier(barrier: Any, by) -> tuple[Any, Any]:
    """A barrier that is up, and its file, of which one is not shut out oneself."""
    file = _locked(barrier.file, by)
    access.check_can_manage(by)
    rows = wall_of(by.side).barriers.objects.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=barrier.pk, file=file), file


@transaction.atomic
def acknowledge(*, by, barrier: Any) -> Any:
    """The manager has read that somebody shut themselves out."""
    barrier, file = _locked_barrier(barrier, by)
    if barrier.seen_at is None:
        barrier.seen_at = timezone.now()
        barrier.save(update_fields=["seen_at"])
        trail.record("barrier_acknowledged", by=by, file=file.uid, member=barrier.user_id)
    return barrier


@transaction.atomic
def lift_barrier(*, by, barrier: Any) -> Any:
    barrier, file = _locked_barrier(barrier, by)
    if barrier.lifted_at is None:
        barrier.lifted_at, barrier.lifted_by = timezone.now(), by.user
        barrier.seen_at = barrier.seen_at or barrier.lifted_at
        barrier.save(update_fields=["lifted_at", "lifted_by", "seen_at"])
        trail.record("barrier_lifted", by=by, file=file.uid, member=barrier.user_id)
    return barrier


@transaction.atomic
def restrict(*, by, file: Any, reason: str, readers: Iterable[User] = ()) -> Any:
    """Leaves a file to its practitioners, the managers and those named; names anew if it was."""
    file = _locked(file, by)
    access.check_can_manage(by)
    wall, named = wall_of(by.side), list(readers)
    for reader in named:
        _check_is_here(reader, by, "readers")
        if wall.shuts_out(reader, file):
            raise Refused(f"{reader.name} est écarté·e de ce dossier.", "readers")
    here = {"organisation_id": by.organisation_id}
    restriction = wall.restrictions.objects.filter(file=file, lifted_at=None).first()
    verb = "readers_named" if restriction else "file_restricted"
    if restriction is None:
        restriction = wall.restrictions.objects.create(
            file=file, reason=_reason(reason), by=by.user, **here
        )
    wall.readers.objects.filter(restriction=restriction).exclude(user__in=named).delete()
    kept = set(wall.readers.objects.filter(restriction=restriction).values_list("user", flat=True))
    wall.readers.objects.bulk_create(
        wall.readers(restriction=restriction, user=reader, **here)
        for reader in named
        if reader.pk not in kept
    )
    trail.record(verb, by=by, file=file.uid, members=sorted(reader.pk for reader in named))
    return restriction


@transaction.atomic
def unrestrict(*, by, file: Any) -> None:
    file = _locked(file, by)
    access.check_can_manage(by)
    up = wall_of(by.side).restrictions.objects.filter(file=file, lifted_at=None)
    if up.update(lifted_at=timezone.now(), lifted_by=by.user):
        trail.record("file_unrestricted", by=by, file=file.uid)


@transaction.atomic
def open_exceptionally(*, by, reference: str, reason: str) -> Any | None:
    """Opens a restricted file for a time and tells the managers; `None` where nothing opens.

    Whoever asks cannot tell a file that does not exist from one they are shut out of; the manager
    is told of a try of the second kind.
    """
    access.check_can_read_files(by)
    why, wall = _reason(reason), wall_of(by.side)
    asked = {"organisation_id": by.organisation_id, "reference__iexact": reference.strip()}
    if visible := wall.visible(by).filter(**asked).first():
        return visible
    file = wall.files.objects.filter(**asked).first()
    if file is None:
        trail.record("exceptional_access_refused", by=by)
        return None
    is_refused = wall.shuts_out(by.user, file)
    now, span = timezone.now(), timedelta(minutes=settings.EXCEPTIONAL_MINUTES)
    wall.accesses.objects.create(
        organisation_id=by.organisation_id,
        file=file,
        user=by.user,
        reason=why,
        opened_at=now,
        until=now if is_refused else now + span,
        is_refused=is_refused,
    )
    if is_refused:
        trail.record("exceptional_access_refused", by=by, file=file.uid)
        _tell_managers(by, file, "Un accès exceptionnel a été refusé")
        return None
    trail.record("exceptional_access_opened", by=by, file=file.uid, minutes=span.seconds // 60)
    _tell_managers(by, file, "Un dossier protégé a été ouvert en urgence")
    return file


@transaction.atomic
def review(*, by, opening: Any, verdict: str, comment: str = "") -> Any:
    """What the manager says of an opening: seen, or not justified; never of one's own."""
    file = _locked(opening.file, by)
    access.check_can_manage(by)
    rows = wall_of(by.side).accesses.objects.select_for_update(of=("self",), no_key=True)
    opening = rows.get(pk=opening.pk, file=file)
    if opening.user_id == by.user.pk:
        raise Refused("Quelqu’un d’autre que vous rend l’avis sur votre propre accès.")
    if verdict not in opening.Verdict.values:
        raise Refused("Choisissez un avis.", "verdict")
    if opening.verdict:
        raise Refused("Un avis a déjà été rendu sur cet accès.")
    opening.verdict, opening.comment = verdict, comment.strip()
    opening.reviewed_at, opening.reviewed_by = timezone.now(), by.user
    opening.save()
    trail.record(
        "exceptional_access_reviewed",
        by=by,
        file=file.uid,
        member=opening.user_id,
        verdict=verdict,
    )
    return opening
