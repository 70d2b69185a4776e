"""Every write on somebody who is helped: one transaction, one trail entry."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from maillage.barriers.walls import wall_of
from maillage.core import trail
from maillage.core.calendar import long_date
from maillage.core.errors import Refused, Stale
from maillage.core.models import User, make_uid
from maillage.network.models import Membership, Organisation
from maillage.network.roles import GRANTS, Permission, Side
from maillage.support.reception import access, names
from maillage.support.reception.models import (
    Beneficiary,
    Contact,
    HouseholdMember,
    Need,
    SafeContactPlan,
)
from maillage.support.reception.vocabularies import CLOSING_REASONS, NEEDS

IDENTITY = (
    "last_name",
    "first_name",
    "alias",
    "birth_date",
    "language",
    "needs_interpreter",
    "address",
    "is_address_protected",
    "site",
    "coordinator",
    "origin",
    "origin_detail",
)
PLAN = (
    *SafeContactPlan.CHANNELS,
    *("phone", "email", "hours", "may_leave_message", "may_answer", "code_word", "never"),
    "reviewed_on",
)
NAMED = {"last_name", "first_name", "alias", "birth_date"}


def coordinators(organisation_id: int) -> QuerySet[User]:
    """Those of the support side who may follow somebody's pathway, by name."""
    roles = [
        role
        for (side, role), held in GRANTS.items()
        if side == Side.SUPPORT and Permission.BENEFICIARY_WRITE in held
    ]
    held = Membership.objects.current().filter(
        organisation_id=organisation_id, side=Side.SUPPORT, role__in=roles
    )
    people = User.objects.filter(pk__in=held.values("user"), is_active=True)
    return people.only("name", "email").order_by("name", "pk")


def _locked(beneficiary: Beneficiary, by) -> Beneficiary:
    rows = Beneficiary.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    return rows.get(pk=beneficiary.pk)


def _take(fields: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(given) - set(fields):
        raise TypeError(f"unknown fields: {sorted(unknown)}")
    return dict(given)


def _next_reference(organisation_id: int, year: int) -> str:
    """The next « V2026-0001 » of an organisation, whose row the caller has locked."""
    prefix = f"V{year}-"
    known = Beneficiary.objects.filter(
        organisation_id=organisation_id, reference__regex=rf"^{re.escape(prefix)}[0-9]{{4,8}}$"
    )
    longest = known.order_by(Length("reference").desc(), "-reference")
    last = longest.values_list("reference", flat=True).first()
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"


def _check_identity(given: Mapping[str, Any], organisation_id: int, file: Any = None) -> None:
    site, coordinator = given.get("site"), given.get("coordinator")
    if site is not None and site.organisation_id != organisation_id:
        raise Refused("Ce lieu n’est pas de votre organisation.", "site")
    if coordinator is not None and coordinator not in coordinators(organisation_id):
        raise Refused("Cette personne ne travaille pas ici.", "coordinator")
    if coordinator is not None and file and wall_of(Side.SUPPORT).shuts_out(coordinator, file):
        raise Refused("Cette personne ne peut pas suivre ce dossier.", "coordinator")
    if given.get("birth_date") and given["birth_date"] > timezone.localdate():
        raise Refused("La date de naissance est dans le futur.", "birth_date")


def _checked_plan(plan: Mapping[str, Any]) -> dict[str, Any]:
    given = _take(PLAN, plan)
    if given.get("may_leave_message") and not given.get("may_call"):
        raise Refused("Un message suppose que l’appel est permis.", "may_leave_message")
    if given.get("reviewed_on", date.min) > timezone.localdate():
        raise Refused("Cette date est dans le futur.", "reviewed_on")
    return given


@transaction.atomic
def register(
    *,
    by,
    identity: Mapping[str, Any],
    first_contact_on: date | None = None,
    needs: Iterable[str] = (),
    plan: Mapping[str, Any] | None = None,
    uid: str | None = None,
) -> Beneficiary:
    """Opens a file, with what is known; a `uid` registered already gives that file back, so that
    one form sent twice counts once."""
    access.check_can_write(by)
    given, day = _take(IDENTITY, identity), first_contact_on or timezone.localdate()
    organisation = Organisation.objects.select_for_update(of=("self",), no_key=True).get(
        pk=by.organisation_id
    )
    if uid and (before := Beneficiary.objects.visible_to(by).filter(uid=uid).first()):
        return before
    if uid and Beneficiary.objects.filter(uid=uid).exists():
        uid = None  # that of a file that whoever types was shut out of since
    if day > timezone.localdate():
        raise Refused("Le premier contact ne peut pas être dans le futur.", "first_contact_on")
    _check_identity(given, organisation.pk)
    beneficiary = Beneficiary.objects.create(
        organisation=organisation,
        uid=uid or make_uid(),
        reference=_next_reference(organisation.pk, day.year),
        first_contact_on=day,
        last_contact_on=day,
        **given,
    )
    names.index(beneficiary)
    _set_needs(beneficiary, needs, day)
    SafeContactPlan.objects.create(
        organisation=organisation, beneficiary=beneficiary, by=by.user, **_checked_plan(plan or {})
    )
    trail.record("beneficiary_registered", by=by, file=beneficiary.uid)
    return beneficiary


@transaction.atomic
def update_identity(*, by, beneficiary: Beneficiary, version: int, **identity: Any) -> Beneficiary:
    """Corrects or completes what is known; raises `Stale` when somebody else did meanwhile."""
    beneficiary = _locked(beneficiary, by)
    access.check_can_write(by)
    if beneficiary.version != version:
        raise Stale()
    given = _take(IDENTITY, identity)
    _check_identity(given, beneficiary.organisation_id, beneficiary)
    changed = sorted(k for k, v in given.items() if getattr(beneficiary, k) != v)
    for field, value in given.items():
        setattr(beneficiary, field, value)
    beneficiary.version += 1
    beneficiary.save()
    if NAMED & set(changed):
        names.index(beneficiary)
    trail.record("beneficiary_updated", by=by, file=beneficiary.uid, fields=changed)
    return beneficiary


@transaction.atomic
def change_plan(*, by, beneficiary: Beneficiary, version: int, **plan: Any) -> SafeContactPlan:
    """Another safe-contact plan takes the place of the one in force, which stays as it was."""
    beneficiary = _locked(beneficiary, by)
    access.check_can_write_in(by, beneficiary)
    if beneficiary.version != version:
        raise Stale()
    given = _checked_plan(plan)
    now = timezone.now()
    former = beneficiary.plans.filter(superseded_at=None)
    former.update(superseded_at=now, superseded_by=by.user)
    created = SafeContactPlan.objects.create(
        organisation_id=beneficiary.organisation_id, beneficiary=beneficiary, by=by.user, **given
    )
    beneficiary.version += 1
    beneficiary.save(update_fields=["version"])
    trail.record("safe_contact_plan_changed", by=by, file=beneficiary.uid)
    return created


def _set_needs(beneficiary: Beneficiary, codes: Iterable[str], on: date) -> list[str]:
    """Leaves exactly these needs open; says which opened or ended."""
    wanted = set(codes)
    if unknown := wanted - set(NEEDS.codes):
        raise Refused(f"Besoin inconnu\u00a0: {', '.join(sorted(unknown))}.", "needs")
    open_ones = beneficiary.needs.filter(ended_on=None)
    kept = set(open_ones.values_list("code", flat=True))
    if kept - wanted:
        open_ones.exclude(code__in=wanted).update(ended_on=on)
    Need.objects.bulk_create(
        Need(
            organisation_id=beneficiary.organisation_id,
            beneficiary=beneficiary,
            code=code,
            since=on,
        )
        for code in sorted(wanted - kept)
    )
    return sorted(wanted ^ kept)


@transaction.atomic
def set_needs(*, by, beneficiary: Beneficiary, needs: Iterable[str]) -> list[str]:
    beneficiary = _locked(beneficiary, by)
    access.check_can_write_in(by, beneficiary)
    changed = _set_needs(beneficiary, needs, timezone.localdate())
    if changed:
        trail.record("needs_changed", by=by, file=beneficiary.uid, needs=changed)
    return changed


@transaction.atomic
def add_member(
    *,
    by,
    beneficiary: Beneficiary,
    kind: str,
    first_name: str = "",
    birth_year: int | None = None,
    lives_with: bool | None = None,
) -> HouseholdMember:
    beneficiary = _locked(beneficiary, by)
    access.check_can_write_in(by, beneficiary)
    if birth_year and not 1900 <= birth_year <= timezone.localdate().year:
        raise Refused("Cette année de naissance n’est pas possible.", "birth_year")
    member = HouseholdMember.objects.create(
        organisation_id=beneficiary.organisation_id,
        beneficiary=beneficiary,
        kind=kind,
        first_name=first_name,
        birth_year=birth_year,
        lives_with=lives_with,
    )
    trail.record("household_member_added", by=by, file=beneficiary.uid, kind=kind)
    return member


@transaction.atomic
def remove_member(*, by, member: HouseholdMember) -> HouseholdMember:
    """Takes somebody out of the household as it is today; the row stays."""
    beneficiary = _locked(member.beneficiary, by)
    access.check_can_write_in(by, beneficiary)
    member = beneficiary.household.select_for_update(of=("self",), no_key=True).get(pk=member.pk)
    if member.removed_at is None:
        member.removed_at = timezone.now()
        member.save(update_fields=["removed_at"])
        trail.record("household_member_removed", by=by, file=beneficiary.uid)
    return member


@transaction.atomic
def add_contact(
    *,
    by,
    beneficiary: Beneficiary,
    channel: str,
    on: date | None = None,
    was_reached: bool = True,
    note: str = "",
) -> Contact:
    """Keeps one exchange, or a try; only an exchange makes the file less silent."""
    beneficiary = _locked(beneficiary, by)
    access.check_can_write_in(by, beneficiary)
    day = on or timezone.localdate()
    if day > timezone.localdate():
        raise Refused("Ce contact ne peut pas être dans le futur.", "on")
    if day < beneficiary.first_contact_on:
        first = long_date(beneficiary.first_contact_on)
        raise Refused(f"Le premier contact est du {first}\u00a0: pas avant.", "on")
    return _keep_contact(
        by, beneficiary, on=day, channel=channel, was_reached=was_reached, note=note.strip()
    )


def _keep_contact(by, beneficiary: Beneficiary, **told: Any) -> Contact:
    contact = Contact.objects.create(
        organisation_id=beneficiary.organisation_id,
        beneficiary=beneficiary,
        by=by.user,
        **told,
    )
    if contact.was_reached and contact.on > beneficiary.last_contact_on:
        beneficiary.last_contact_on = contact.on
        beneficiary.save(update_fields=["last_contact_on"])
    trail.record("contact_recorded", by=by, file=beneficiary.uid, channel=contact.channel)
    return contact


@transaction.atomic
def record_dispute(*, by, beneficiary: Beneficiary, text: str) -> Contact:
    """Keeps what the person disputes of their file, a closed one too: to ask is an exchange."""
    beneficiary = _locked(beneficiary, by)
    access.check_can_write(by)
    day = timezone.localdate()
    return _keep_contact(
        by, beneficiary, on=day, channel=Contact.Channel.RIGHTS, was_reached=True, note=text.strip()
    )


@transaction.atomic
def close(
    *, by, beneficiary: Beneficiary, version: int, on: date, reason: str, comment: str = ""
) -> Beneficiary:
    """Ends the help; what is open of it ends, nothing is sent to the person."""
    beneficiary = _locked(beneficiary, by)
    access.check_can_write_in(by, beneficiary)
    if beneficiary.version != version:
        raise Stale()
    if reason not in CLOSING_REASONS:
        raise Refused("Choisissez un motif.", "reason")
    if not beneficiary.first_contact_on <= on <= timezone.localdate():
        raise Refused("La clôture est entre le premier contact et aujourd’hui.", "on")
    beneficiary.closed_on, beneficiary.closing_reason = on, reason
    beneficiary.closing_comment = comment.strip()
    beneficiary.version += 1
    beneficiary.save()
    trail.record("beneficiary_closed", by=by, file=beneficiary.uid, reason=reason, on=on)
    return beneficiary


@transaction.atomic
def reopen(*, by, beneficiary: Beneficiary) -> Beneficiary:
    """The person came back: that is a contact, from which the time of keeping runs anew."""
    beneficiary = _locked(beneficiary, by)
    access.check_can_reopen(by, beneficiary)
    before: dict[str, Any] = {"on": beneficiary.closed_on, "reason": beneficiary.closing_reason}
    beneficiary.closed_on, beneficiary.closing_reason = None, ""
    beneficiary.closing_comment = ""
    beneficiary.last_contact_on = timezone.localdate()
    beneficiary.version += 1
    beneficiary.save()
    trail.record("beneficiary_reopened", by=by, file=beneficiary.uid, **before)
    return beneficiary


@transaction.atomic
def record_export(*, by, asked: Mapping[str, str], rows: int, layout: str) -> None:
    """Keeps who took which list, narrowed how, with how many rows, before it leaves."""
    access.check_can_write(by)
    trail.record("beneficiaries_exported", by=by, asked=dict(asked), rows=rows, layout=layout)
    trail.record_read("beneficiaries_export", by=by, count=rows)
