"""A public organisation, its places, and the moment at which somebody asks."""

from collections.abc import Callable
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from maillage.network.actors import CommandLine
from maillage.network.models import Opening, Organisation, Site
from maillage.network.tests.factories import OrganisationFactory, SiteFactory
from maillage.portal import actions, flood
from maillage.portal.models import Service

PARIS = ZoneInfo("Europe/Paris")
TUESDAY = datetime(2026, 3, 3, 10, 0, tzinfo=PARIS)  # no holiday, the first Tuesday of its month
Publish = Callable[..., Service]


@pytest.fixture(autouse=True)
def _no_flood():
    flood.SEARCHES.clear()
    flood.REQUESTS.clear()


@pytest.fixture
def at(monkeypatch):
    """Makes it this moment for whoever asks what time it is."""

    def move(moment: datetime) -> datetime:
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    return move


@pytest.fixture
def organisation(db) -> Organisation:
    return OrganisationFactory(name="La Maison des Ormes", is_public=True)


@pytest.fixture
def publish(organisation) -> Publish:
    """Publishes a service in a town; `protected` hides its place."""
    made = []

    def act(town: str = "Béziers", department: str = "34", **given) -> Service:
        of = given.pop("organisation", organisation)
        protected = given.pop("protected", False)
        made.append(town)
        site = SiteFactory(
            organisation=of, slug=f"site-{len(made)}", name=town, is_protected=protected
        )
        told = {"needs": ["talk"], "name": f"Écoute {len(made)}", "source": "Essai"} | given
        return actions.publish(
            organisation=of,
            code=f"code-{len(made)}",
            site=site,
            town=town,
            department=department,
            by=CommandLine(of),
            **told,
        )

    return act


@pytest.fixture
def opens():
    """Gives a site an opening: a weekday (0 is Monday), hours, perhaps ranks in the month."""

    def act(site: Site, weekday: int, starts="09:00", ends="12:00", **given) -> Opening:
        return Opening.objects.create(
            organisation=site.organisation,
            site=site,
            purpose=given.pop("purpose", "Écoute"),
            weekday=weekday,
            starts_at=time.fromisoformat(starts) if starts else None,
            ends_at=time.fromisoformat(ends) if ends else None,
            source="Essai",
            **given,
        )

    return act
