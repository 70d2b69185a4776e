"""The nearest places that answer a need: a box around the commune, then distances and hours."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from maillage.network.models import Opening
from maillage.portal.hours import Hours, hours_of
from maillage.portal.models import Closure, Service, ServiceNeed, ServiceQuerySet, is_overdue
from maillage.portal.needs import Need
from maillage.portal.places import Commune, Point, distance

SHOWN, READ, FEW = 10, 40, 3
_HALF_SIDES = (0.05, 0.25, 0.6, 1.4)  # degrees of latitude: some 6, 28, 67 and 156 kilometres
_WIDER = 1.4  # a degree of longitude is that much shorter in France
_TOLD = (
    *("organisation_id", "site_id", "purpose", "weekday", "half_day", "starts_at", "ends_at"),
    *("ranks", "valid_from", "valid_until"),
)
_NEEDED = ("pk", "organisation_id", "site_id", "department", "purpose", "due_on")
FAR = 150  # kilometres: nobody goes further for an hour of help


@dataclass(frozen=True)
class Place:
    """One service as the answer shows it."""

    service: Service
    hours: Hours
    kilometres: float
    is_overdue: bool

    @property
    def how_far(self) -> str:
        if self.service.is_protected:
            return f"dans le département {self.service.department}"
        if self.kilometres < 2:
            return "dans cette commune ou tout près"
        return f"à environ {round(self.kilometres)}\u00a0km"

    @property
    def point(self) -> Point | None:
        """None for a protected place, on a map or anywhere."""
        latitude, longitude = self.service.latitude, self.service.longitude
        if latitude is None or longitude is None or self.service.is_protected:
            return None
        return latitude, longitude

    @property
    def doors(self) -> list[str]:
        site = self.service.site
        if self.service.is_protected or site is None or site.is_protected:
            return []
        return [door.label for door in site.addresses.all()]


@dataclass(frozen=True)
class Answer:
    """The places asked for, and the nearest ones at another time where they are few."""

    places: list[Place]
    later: list[Place]

    @property
    def all(self) -> list[Place]:
        return self.places + self.later


def find(need: Need, at: Commune, when: str, now: datetime) -> Answer:
    """A fixed number of questions to the database, however large the country is."""
    kilometres = dict(_nearest(need.code, at))
    near = Service.objects.published().filter(pk__in=list(kilometres)).order_by()
    rows = near.values_list(*_NEEDED, named=True)
    hours = _hours(list(rows), now)
    ranked = sorted(rows, key=lambda r: (is_overdue(r.due_on, now.date()), kilometres[r.pk], r.pk))
    wanted = [row.pk for row in ranked if hours[row.pk].answers(when)][:SHOWN]
    later = [row.pk for row in ranked if row.pk not in wanted] if len(wanted) < FEW else []
    shown = wanted + later[: SHOWN - len(wanted)]
    services = _whole(Service.objects.published()).in_bulk(shown)
    places = [_place(services[pk], hours[pk], kilometres[pk]) for pk in shown if pk in services]
    return Answer(places[: len(wanted)], places[len(wanted) :])


def places_of(services: ServiceQuerySet, now: datetime) -> list[Place]:
    """Services on their own page, or on that of their organisation."""
    whole = list(_whole(services))
    hours = _hours(whole, now)
    return [_place(service, hours[service.pk], 0.0) for service in whole]


def _whole(services: ServiceQuerySet) -> ServiceQuerySet:
    return services.select_related("organisation", "site").prefetch_related("site__addresses")


def _place(service: Service, hours: Hours, kilometres: float) -> Place:
    return Place(service, hours, kilometres, service.is_overdue(hours.now.date()))


def _nearest(need: str, at: Commune) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = []
    for half in _HALF_SIDES:
        rows = ServiceNeed.objects.filter(
            need=need,
            latitude__range=(at.latitude - half, at.latitude + half),
            longitude__range=(at.longitude - _WIDER * half, at.longitude + _WIDER * half),
            service__state=Service.State.PUBLISHED,
            service__organisation__is_public=True,
        ).values_list("service_id", "latitude", "longitude")
        found = [(pk, distance(at.latitude, at.longitude, la, lo)) for pk, la, lo in rows]
        if len(found) >= READ:
            break
    found = [each for each in found if each[1] <= FAR]
    return sorted(found, key=lambda each: (each[1], each[0]))[:READ]


def _hours(services: Sequence[Any], now: datetime) -> dict[int, Hours]:
    """When each service receives, by its key, in two questions."""
    organisations = {service.organisation_id for service in services}
    sites = {service.site_id for service in services if service.site_id}
    openings: dict[tuple[int, int | None], list] = defaultdict(list)
    at_them = Q(site__in=sites) | Q(site__isnull=True)
    held = Opening.objects.filter(at_them, organisation__in=organisations).order_by()
    for opening in held.values_list(*_TOLD, named=True):
        openings[opening.organisation_id, opening.site_id].append(opening)
    closures: dict[int, list[Closure]] = defaultdict(list)
    for closure in Closure.objects.filter(organisation__in=organisations, ends_on__gte=now.date()):
        closures[closure.organisation_id].append(closure)
    return {
        service.pk: hours_of(
            (
                opening
                for opening in openings[service.organisation_id, service.site_id]
                if service.purpose in ("", opening.purpose)
            ),
            closures[service.organisation_id],
            department=service.department,
            site=service.site_id,
            now=now,
        )
        for service in services
    }
