"""Files are erased by a person, kept by a person."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused
from maillage.protection import access, erasures
from maillage.protection.models import LegalHold
from maillage.protection.registry import files_of
from maillage.protection.retention import erase_locked, forget_snapshots, propose

MOST_AT_ONCE = 50


@transaction.atomic
def erase(*, by, files: Iterable[str]) -> int:
    """Erases for good files that are due and that nothing keeps: all of them, or none."""
    access.check_can_erase(by)
    uids = set(files)
    if not uids:
        raise Refused("Choisissez au moins un dossier.")
    if len(uids) > MOST_AT_ONCE:
        raise Refused(f"Effacez au plus {MOST_AT_ONCE} dossiers à la fois.")
    record_type = files_of(by)
    watched = record_type.watched_by(by).filter(uid__in=uids).order_by("pk")
    locked = list(watched.select_for_update(of=("self",), no_key=True))
    free = {one.due.uid for one in propose(by=by) if one.may_be_erased}
    if kept := [file.reference for file in locked if file.uid not in free]:
        raise Refused(f"Ces dossiers ne sont plus à effacer\u00a0: {', '.join(kept)}.")
    if len(locked) < len(uids):
        raise Refused("L’un de ces dossiers n’existe plus\u00a0: rechargez la page.")
    erased = erase_locked(record_type, locked)
    trail.record("files_erased", by=by, count=len(erased))
    organisation = by.organisation_slug
    if record_type.has_figures:
        transaction.on_commit(lambda: forget_snapshots(organisation))
    erasures.append(organisation, by.side, erased)
    return len(erased)


@transaction.atomic
def hold(*, by, file: str, reason: str, ends_on: date) -> LegalHold:
    """Keeps a file from erasure until a day; the one before it, if over, is closed."""
    found = files_of(by).watched_by(by).select_for_update(of=("self",), no_key=True).get(uid=file)
    access.check_can_hold(by)
    today = timezone.localdate()
    if not reason.strip():
        raise Refused("Dites pourquoi ce dossier est conservé.", "reason")
    if ends_on <= today:
        raise Refused("La fin est à venir\u00a0: le dossier sera revu ce jour-là.", "ends_on")
    before = LegalHold.objects.filter(file=found.uid, lifted_on__isnull=True)
    if before.filter(ends_on__gte=today).exists():
        raise Refused("Ce dossier est déjà retenu\u00a0: levez d’abord cette retenue.")
    before.update(lifted_on=today)
    held = LegalHold.objects.create(
        organisation_id=by.organisation_id,
        side=by.side,
        file=found.uid,
        reason=reason.strip(),
        ends_on=ends_on,
        by=by.user,
    )
    trail.record("legal_hold_set", by=by, file=found.uid, target=held.uid, until=ends_on)
    return held


@transaction.atomic
def lift(*, by, held: LegalHold) -> LegalHold:
    """Lets the rules of conservation apply again."""
    held = (
        LegalHold.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=held.pk)
    )
    access.check_can_hold(by)
    if held.lifted_on is not None:
        raise Refused("Cette retenue est déjà levée.")
    held.lifted_on = timezone.localdate()
    held.save(update_fields=["lifted_on"])
    trail.record("legal_hold_lifted", by=by, file=held.file, target=held.uid)
    return held
