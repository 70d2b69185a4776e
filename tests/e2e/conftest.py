"""A branch with its people, each at a desk: a browser of their own, where they are signed in."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, Page

from maillage.accounts.tests import signing
from maillage.network.models import Membership, Organisation, Site
from maillage.network.tests.factories import (
    PASSWORD,
    MembershipFactory,
    OrganisationFactory,
    SiteFactory,
)

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@dataclass
class House:
    """A branch, and whoever works in it."""

    branch: Organisation
    site: Site
    other_site: Site
    reception: Membership
    practitioner: Membership
    manager: Membership
    coordinator: Membership


@pytest.fixture
def house(transactional_db) -> House:
    cache.clear()
    branch = OrganisationFactory(branch=True, slug="val-clair", name="Antenne du Val-Clair")

    def member(name: str, **role) -> Membership:
        return MembershipFactory(
            organisation=branch, user__name=name, user__password=PASSWORD, **role
        )

    return House(
        branch=branch,
        site=SiteFactory(organisation=branch, name="Bourg-le-Neuf", slug="bourg-le-neuf"),
        other_site=SiteFactory(organisation=branch, name="Port-Vieux", slug="port-vieux"),
        reception=member("Alma Rivoire", reception=True),
        practitioner=member("Bruno Estève"),
        manager=member("Claire Vauban", manager=True),
        coordinator=member("Denis Laforgue", coordinator=True),
    )


@pytest.fixture(scope="session")
def base_url():
    """Addresses are relative to the live server of each test, that `desk` knows."""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "locale": "fr-FR",
        "timezone_id": "Europe/Paris",
        "viewport": DESK,
        "reduced_motion": "reduce",
    }


def session_cookie(by: Membership, address: str) -> dict[str, str]:
    """A session that both factors opened; the pages that ask for them have tests of their own."""
    name = settings.SESSION_COOKIE_NAME
    value = signing.sign_in(Client(), by).cookies[name].value
    return {"name": name, "value": value, "url": address}


@pytest.fixture
def desk(browser: Browser, browser_context_args, live_server):
    """Opens somebody's own browser; `None` is the public. What it is given changes the context."""
    contexts = []

    def open_desk(by: Membership | None, **given) -> Page:
        context = browser.new_context(
            **{**browser_context_args, "base_url": live_server.url, **given}
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        if by is not None:
            context.add_cookies([session_cookie(by, live_server.url)])
        return page

    yield open_desk
    for context in contexts:
        context.close()


Desk = Callable[..., Page]
