"""A branch with people who wait, and those who must not know of them."""

from datetime import date

import pytest
from django.utils import timezone

from maillage.programme.episodes.tests.conftest import *  # noqa: F403 — the same house
from maillage.programme.groups.models import Enrolment
from maillage.programme.groups.tests import factories
from maillage.programme.intake.tests.factories import ParticipantFactory


@pytest.fixture
def waiting(house):
    """Somebody who waits for a course; another one each time it is called."""

    def one(**given) -> Enrolment:
        sent = {"received_on": timezone.localdate().replace(day=1), **given.pop("sent", {})}
        person = ParticipantFactory(organisation=house.branch, **given.pop("person", {}))
        referral = house.referral(participant=person, **sent)
        return factories.enrolment(referral, user=house.practitioner.user, **given)

    return one


@pytest.fixture
def late(waiting):
    """Somebody who has waited for more than six months."""
    return lambda **given: waiting(sent={"received_on": date(2026, 1, 5)}, **given)


@pytest.fixture
def course(house):
    """A run of two places, unless it is said otherwise."""

    def one(**given):
        made_from = given.pop("template", None) or factories.template(
            house.branch, capacity=2, smallest=1
        )
        return factories.group(house.branch, house.site, template=made_from, **given)

    return one
