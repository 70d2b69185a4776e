"""The people of a branch, and those who must not know that its files exist."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from maillage.core.models import TrailEntry
from maillage.network.models import Membership, Organisation, Site
from maillage.network.tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    SiteFactory,
)
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.tests.factories import EpisodeFactory
from maillage.programme.intake.models import Referral
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory


@dataclass
class House:
    """A branch with everybody who works in it, and the strangers around it."""

    branch: Organisation
    site: Site
    practitioner: Membership
    colleague: Membership
    manager: Membership
    reception: Membership
    dpo: Membership
    coordinator: Membership
    stranger: Membership
    other_side: Membership
    ended: Membership

    @property
    def outsiders(self) -> list[Membership]:
        return [self.stranger, self.other_side]

    def referral(self, **given) -> Referral:
        person = given.pop("participant", None) or ParticipantFactory(organisation=self.branch)
        given.setdefault("steps", self.practitioner)
        return ReferralFactory(participant=person, **given)

    def episode(self, **given) -> Episode:
        """A follow-up whose referent is the practitioner, unless it is said otherwise."""
        given.setdefault("referent", self.practitioner.user)
        given.setdefault("site", self.site)
        if "referral" not in given:
            person = given.pop("participant", None)
            given["referral"] = self.referral(accepted=True, participant=person)
        return EpisodeFactory(**given)


@pytest.fixture(autouse=True)
def _a_folder_for_static_files(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path)


@pytest.fixture
def house(db) -> House:
    branch = OrganisationFactory(branch=True)
    return House(
        branch=branch,
        site=SiteFactory(organisation=branch),
        practitioner=MembershipFactory(organisation=branch),
        colleague=MembershipFactory(organisation=branch),
        manager=MembershipFactory(organisation=branch, manager=True),
        reception=MembershipFactory(organisation=branch, reception=True),
        dpo=MembershipFactory(organisation=branch, dpo=True),
        coordinator=MembershipFactory(organisation=branch, coordinator=True),
        stranger=MembershipFactory(manager=True),
        other_side=MembershipFactory(organisation=branch, support=True, manager=True),
        ended=MembershipFactory(organisation=branch, manager=True, ended=True),
    )


@pytest.fixture
def signed_in():
    """A browser in which somebody is signed in under one membership."""

    def sign_in(membership: Membership | None) -> Client:
        client = Client()
        if membership is not None:
            client.force_login(membership.user)
            session = client.session
            session["membership"] = membership.pk
            session.save()
        return client

    return sign_in


@pytest.fixture
def one_entry():
    """Checks that an act left one trail entry, and no name of a person in it."""

    class Watch:
        def __enter__(self):
            self.before = set(TrailEntry.objects.values_list("pk", flat=True))
            return self

        def __exit__(self, kind, error, traceback):
            if kind is not None:
                return
            entries = TrailEntry.objects.exclude(pk__in=self.before)
            assert len(entries) == 1, [entry.verb for entry in entries]
            self.entry = entries[0]
            told = str(self.entry.details) + self.entry.target + self.entry.file
            assert "Inventé" not in told
            assert "Camille" not in told

    return Watch


@pytest.fixture
def send(house, signed_in):
    """Sends the form of a page as the practitioner, unless it is said otherwise."""

    def post(page: str, *args, by=None, **typed):
        client = signed_in(by or house.practitioner)
        return client.post(reverse(page, args=args), typed, follow=True)

    return post
