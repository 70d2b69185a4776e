"""A file of either side with those who work on it, and what is done to keep somebody out."""

from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from maillage.barriers import actions
from maillage.barriers.walls import wall_of
from maillage.network.models import Membership
from maillage.programme.episodes.tests.factories import EpisodeFactory
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory
from maillage.support.reception.tests.factories import BeneficiaryFactory

WHY = "La personne est menacée par un proche."
SIDES = ("programme", "support")


@dataclass
class House:
    """One organisation on one side, a file in it, and everybody who works around it."""

    side: str
    file: Any
    reception: Membership
    worker: Membership
    practitioner: Membership
    manager: Membership
    other_manager: Membership
    stranger: Membership
    other_side: Membership

    @property
    def wall(self):
        return wall_of(self.side)

    def sees(self, by: Membership) -> bool:
        return self.wall.visible(by).filter(pk=self.file.pk).exists()

    def page(self, by: Membership, route: str, *args, **posted):
        client = browser(by)
        url = reverse(route, args=args)
        return client.post(url, posted) if posted else client.get(url)


def browser(by: Membership) -> Client:
    client = Client()
    client.force_login(by.user)
    session = client.session
    session["membership"] = by.pk
    session.save()
    return client


def file_of(side: str, organisation, referent):
    if side == "support":
        return BeneficiaryFactory(organisation=organisation, coordinator=referent)
    person = ParticipantFactory(organisation=organisation)
    EpisodeFactory(referral=ReferralFactory(participant=person, accepted=True), referent=referent)
    return person


def bar(house: House, who: Membership):
    return actions.bar(by=house.manager, file=house.file, user=who.user, reason=WHY)


def restrict(house: House, *readers: Membership):
    return actions.restrict(
        by=house.manager, file=house.file, reason=WHY, readers=[r.user for r in readers]
    )
