"""The nearest places that answer a need: a box around the commune, then distances and hours."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from maillage.network.models import Opening
from maillage.portal.hours import Hours, hours_of
from maillage.portal.models import Closure, Service, ServiceNeed
from maillage.portal.needs import Need
from maillage.portal.places import Commune, Point, distance

SHOWN, READ, FEW = 10, 50, 3
_HALF_SIDES = (0.25, 0.6, 1.4)  # degrees of latitude: some 28, 67 and 156 kilometres
_WIDER = 1.4  # a degree of longitude is that much shorter in France
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
    services = (
        Service.objects.published()
        .filter(pk__in=list(kilometres))
        .select_related("organisation", "site")
        .prefetch_related("site__addresses")
    )
    places = _with_hours(services, kilometres, now)
    places.sort(key=lambda p: (p.is_overdue, p.kilometres, p.service.pk))
    wanted = [place for place in places if place.hours.answers(when)][:SHOWN]
    later = [place for place in places if place not in wanted] if len(wanted) < FEW else []
    return Answer(wanted, later[: SHOWN - len(wanted)])


def places_of(services: Iterable[Service], now: datetime) -> list[Place]:
    """Services on their own page, or on that of their organisation."""
    services = list(services)
    return _with_hours(services, {service.pk: 0.0 for service in services}, now)


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
        if len(found) >= SHOWN:
            break
    found = [each for each in found if each[1] <= FAR]
    return sorted(found, key=lambda each: (each[1], each[0]))[:READ]


def _with_hours(
    services: Iterable[Service], kilometres: dict[int, float], now: datetime
) -> list[Place]:
    services = list(services)
    organisations = {service.organisation_id for service in services}
    sites = {service.site_id for service in services if service.site_id}
    openings: dict[tuple[int, int | None], list[Opening]] = defaultdict(list)
    at_them = Q(site__in=sites) | Q(site__isnull=True)
    for opening in Opening.objects.filter(at_them, organisation__in=organisations):
        openings[opening.organisation_id, opening.site_id].append(opening)
    closures: dict[int, list[Closure]] = defaultdict(list)
    to_come = Closure.objects.filter(organisation__in=organisations, ends_on__gte=now.date())
    for closure in to_come:
        closures[closure.organisation_id].append(closure)

    def hours(service: Service) -> Hours:
        held = openings[service.organisation_id, service.site_id]
        return hours_of(
            [opening for opening in held if service.purpose in ("", opening.purpose)],
            closures[service.organisation_id],
            department=service.department,
            site=service.site_id,
            now=now,
        )

    return [
        Place(service, hours(service), kilometres[service.pk], service.is_overdue(now.date()))
        for service in services
    ]
