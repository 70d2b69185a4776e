"""All that the page of one organisation shows."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from maillage.core.calendar import short_date
from maillage.network.models import Agreement, Contact, Organisation, Site
from maillage.network.openings import Held, held_by, week_of

_IDENTIFIERS = {"siret": "SIRET", "rna": "RNA", "finess": "FINESS"}


def sheet_of(organisation: Organisation) -> dict[str, Any]:
    """Six queries, however much the organisation has."""
    today = timezone.localdate()
    sites = list(organisation.sites.prefetch_related("addresses"))
    openings = organisation.openings.select_related("site", "address")
    held = held_by(organisation, openings, today)
    at_sites = [each for each in held if each.town]
    return {
        "organisation": organisation,
        "mandates": organisation.mandates.order_by("ends_on", "pk"),
        "places": [_place(site, at_sites, today) for site in sites],
        "lines": [each for each in held if not each.town],
        "week": week_of(at_sites),
        "many_purposes": len({each.purpose for each in at_sites}) > 1,
        "contacts": [_contact(each) for each in organisation.contacts.order_by("kind", "pk")],
        "agreements": [_agreement(each, organisation) for each in _agreements(organisation)],
        "facts": _facts(organisation),
    }


def _place(site: Site, held: list[Held], today: date) -> dict[str, Any]:
    doors = [] if site.is_protected else list(site.addresses.all())
    return {
        "site": site,
        "doors": doors,
        "is_closed": bool(site.ends_on and site.ends_on < today),
        "held": [
            {"held": each, "dates": each.next_dates(today)}
            for each in held
            if each.town == site.name
        ],
    }


def _contact(contact: Contact) -> dict[str, Any]:
    scheme = "tel" if contact.kind == "phone" else "mailto"
    return {"contact": contact, "href": f"{scheme}:{''.join(contact.value.split())}"}


def _agreements(organisation: Organisation):
    return Agreement.objects.filter(
        Q(organisation=organisation) | Q(partner=organisation)
    ).select_related("organisation", "partner")


def _agreement(agreement: Agreement, seen_from: Organisation) -> dict[str, Any]:
    ours = agreement.organisation_id == seen_from.pk
    return {
        "agreement": agreement,
        "other": agreement.partner if ours else agreement.organisation,
        "since": _since(agreement.starts_on),
    }


def _since(day: date | None) -> str:
    """A first of January may stand for a year that was published alone."""
    if day is None:
        return "date non publiée"
    if (day.month, day.day) == (1, 1):
        return f"depuis {day.year}"
    return f"depuis le {short_date(day)}"


def _facts(organisation: Organisation) -> list[dict[str, str]]:
    told = [("Nature", organisation.kind), ("Territoire", organisation.territory)]
    if organisation.referrer_category:
        told.append(("Catégorie d’orienteur", organisation.get_referrer_category_display()))
    told += [(label, getattr(organisation, name)) for name, label in _IDENTIFIERS.items()]
    told.append(("Code", organisation.slug))
    return [{"label": label, "value": value} for label, value in told if value]
