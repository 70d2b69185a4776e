"""Every change of what the public reads: published, vouched for, withdrawn, closed for a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.errors import Refused, Stale
from maillage.network.actors import CommandLine
from maillage.network.entries import published_phone
from maillage.network.models import Organisation, Site
from maillage.network.roles import Permission, Side
from maillage.portal import places
from maillage.portal.models import Closure, Service, ServiceNeed
from maillage.portal.needs import CODES

VOUCHED_FOR = timedelta(days=180)
TOLD = (
    *("description", "audience", "phone", "cost"),
    *("access", "languages", "confidentiality"),
)


@dataclass(frozen=True)
class LinkHolder(CommandLine):
    """Whoever an organisation gave the link of its entry to: nothing else is open to them."""

    side: str = Side.SUPPORT
    role: str = "link"

    def holds(self, permission: Permission) -> bool:
        return permission == Permission.DIRECTORY_READ


@transaction.atomic
def publish(
    *,
    organisation: Organisation,
    code: str,
    needs: Iterable[str],
    by,
    department: str,
    site: Site | None = None,
    town: str = "",
    point: places.Point | None = None,
    **told: Any,
) -> Service:
    """Writes one entry whole: made where its code is new, else replaced.

    A protected site keeps neither its town nor its point: the middle of its department stands for
    them where the nearest are looked for.
    """
    asked = set(needs)
    if not asked or asked - set(CODES):
        raise Refused(f"Besoins inconnus ou absents, {sorted(asked)}.", "needs")
    middle = places.middle_of(department)
    if middle is None:
        raise Refused(f"Le département «\u202f{department}\u202f» n’existe pas.", "department")
    is_protected = bool(site and site.is_protected)
    if is_protected:
        town, point = "", None
    elif point is None and (commune := places.named(town, department)):
        point = commune.latitude, commune.longitude
    latitude, longitude = point or (None, None)
    told |= {"site": site, "town": town, "department": department, "is_protected": is_protected}
    told |= {"latitude": latitude, "longitude": longitude, "state": Service.State.PUBLISHED}
    told["phone"] = _dialled(told.get("phone", ""))
    service, is_new = Service.objects.update_or_create(
        organisation=organisation, code=code, defaults=told
    )
    if not is_new:
        service.version += 1
        service.save(update_fields=["version"])
    service.needs.all().delete()
    where = dict(zip(("latitude", "longitude"), point or middle, strict=True))
    ServiceNeed.objects.bulk_create(
        ServiceNeed(service=service, need=need, **where) for need in CODES if need in asked
    )
    trail.record("service_published", by=by, target=service.uid)
    return service


def _dialled(phone: str) -> str:
    if not phone:
        return ""
    try:
        return published_phone(phone)
    except ValueError as error:
        raise Refused(f"{str(error)[0].upper()}{str(error)[1:]}.", "phone") from error


def _locked(service: Service, by, version: int) -> Service:
    mine = Service.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    found = mine.get(pk=service.pk)
    if found.version != version:
        raise Stale("Cette fiche a changé depuis que vous l’avez ouverte. Rien n’a été enregistré.")
    return found


@transaction.atomic
def vouch(
    *, service: Service, by, version: int, verifier: str, today: date | None = None, **told: str
) -> Service:
    """The organisation says that its entry is right, corrected where it was not."""
    mine = _locked(service, by, version)
    if set(told) - set(TOLD):
        raise Refused("Ces informations ne se changent pas ici.")
    if "phone" in told:
        told["phone"] = _dialled(told["phone"])
    changed = sorted(name for name, value in told.items() if getattr(mine, name) != value)
    for name, value in told.items():
        setattr(mine, name, value)
    mine.verifier = verifier
    mine.verified_on = today or timezone.localdate()
    mine.due_on = mine.verified_on + VOUCHED_FOR
    mine.version += 1
    mine.save()
    trail.record("service_vouched_for", by=by, target=mine.uid, changed=changed)
    return mine


@transaction.atomic
def withdraw(*, service: Service, by, version: int) -> Service:
    """The entry is shown no more; it can be published again."""
    mine = _locked(service, by, version)
    mine.state = Service.State.WITHDRAWN
    mine.version += 1
    mine.save(update_fields=["state", "version"])
    trail.record("service_withdrawn", by=by, target=mine.uid)
    return mine


@transaction.atomic
def close_for(*, service: Service, by, version: int, starts_on: date, ends_on: date) -> Closure:
    """The site of the entry does not receive from one day to another, both included."""
    mine = _locked(service, by, version)
    if ends_on < starts_on:
        raise Refused("La fermeture finit avant de commencer. Corrigez l’une des dates.", "ends_on")
    closure = Closure.objects.create(
        organisation=mine.organisation, site=mine.site, starts_on=starts_on, ends_on=ends_on
    )
    trail.record("service_closed_for_a_time", by=by, target=mine.uid)
    return closure
