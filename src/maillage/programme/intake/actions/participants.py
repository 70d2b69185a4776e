"""Who a person is, as one organisation knows them."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models.functions import Length
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused, Stale
from maillage.network.models import Organisation
from maillage.programme.intake import access, names
from maillage.programme.intake.models import Participant

IDENTITY = (
    "last_name",
    "first_name",
    "birth_date",
    "sex",
    "town",
    "phone",
    "phone_is_shared",
    "email",
    "language",
)
OLDEST_AGE = 110
OWN = r"[0-9]{4}-[0-9]{4,8}"  # the references that this program gives


def locked_participant(participant: Participant, by) -> Participant:
    return (
        Participant.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=participant.pk)
    )


def take(fields: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, once it is sure that only `fields` were."""
    if unknown := set(given) - set(fields):
        raise TypeError(f"unknown fields: {sorted(unknown)}")
    return dict(given)


def check_version(record, version: int) -> None:
    if record.version != version:
        raise Stale()


def check_dates(*, received_on: date, birth_date: date | None, today: date | None = None) -> None:
    """A referral is not of the future, nor before the birth, nor of a person over 110."""
    day = today or timezone.localdate()
    if received_on > day:
        raise Refused("L’orientation ne peut pas être reçue dans le futur.", "received_on")
    if birth_date and birth_date > received_on:
        raise Refused("La date de naissance est après l’orientation.", "birth_date")
    if birth_date and received_on.year - birth_date.year > OLDEST_AGE:
        raise Refused(f"L’âge dépasse {OLDEST_AGE}\u00a0ans\u00a0: vérifiez l’année.", "birth_date")


def next_reference(organisation: Organisation, year: int) -> str:
    """The next « 2026-0001 » of an organisation, whose row the caller has locked."""
    prefix = f"{year}-"
    longest = (
        Participant.objects.filter(organisation=organisation, reference__begins=prefix)
        .order_by(Length("reference").desc(), "-reference")
        .values_list("reference", flat=True)
    )
    last = longest.first()
    if last and not re.fullmatch(OWN, last):  # an import may have brought « 2026-suite-de-12 »
        last = longest.filter(reference__regex=rf"^{OWN}$").first()
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"


def create_participant(organisation: Organisation, year: int, **known: Any) -> Participant:
    """A new file of an organisation, whose row the caller has locked, found by its name."""
    participant = Participant.objects.create(
        organisation=organisation, reference=next_reference(organisation, year), **known
    )
    names.index(participant, is_new=True)
    return participant


def complete_identity(participant: Participant, known: Mapping[str, Any]) -> list[str]:
    """Fills what a file, locked by the caller, does not say yet; says which fields."""
    missing = {k for k, v in known.items() if v and not getattr(participant, k)}
    if "phone" not in missing:
        missing.discard("phone_is_shared")
    if not missing:
        return []
    for field in missing:
        setattr(participant, field, known[field])
    participant.version += 1
    participant.save()
    names.index(participant)
    return sorted(missing)


@transaction.atomic
def update_identity(*, by, participant: Participant, version: int, **identity: Any) -> Participant:
    """Corrects or completes an identity; raises `Stale` when somebody else did meanwhile."""
    participant = locked_participant(participant, by)
    access.check_can_edit_identity(by, participant)
    check_version(participant, version)
    given = take(IDENTITY, identity)
    first = participant.referrals.order_by("received_on").values_list("received_on", flat=True)
    if (earliest := first.first()) and given.get("birth_date"):
        check_dates(received_on=earliest, birth_date=given["birth_date"], today=date.max)
    changed = sorted(k for k, v in given.items() if getattr(participant, k) != v)
    for field, value in given.items():
        setattr(participant, field, value)
    participant.version += 1
    participant.save()
    if {"last_name", "first_name", "birth_date", "phone"} & set(changed):
        names.index(participant)
    trail.record("identity_updated", by=by, file=participant.uid, fields=changed)
    return participant
