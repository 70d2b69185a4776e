"""Whoever works on both sides carries nothing across: no tab, no search, no link."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from maillage.accounts.tests.signing import sign_in
from maillage.core.models import Draft
from maillage.network.models import Membership, Organisation
from maillage.network.roles import GRANTS, Permission
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory


@dataclass
class House:
    branch: Organisation
    practitioner: Membership


@pytest.fixture
def house(db) -> House:
    branch = OrganisationFactory(branch=True)
    return House(branch, MembershipFactory(organisation=branch))


@pytest.fixture
def both(house):
    """The practitioner, who also works on the support side of the same branch."""
    return MembershipFactory(user=house.practitioner.user, organisation=house.branch, support=True)


@pytest.fixture
def crossed(house, both):
    """A browser that worked on the programme side and now works on the other."""
    client = sign_in(Client(), house.practitioner)
    client.post("/espace/cote/", {"membership": both.pk})
    return client


def texts(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ")


class TestATabLeftOpenOnTheOtherSide:
    @pytest.mark.parametrize("route", ["search", "files_export", "referral_check", "read_date"])
    def test_acts_no_more(self, house, crossed, route):
        answer = crossed.post(reverse(route), {"_as": house.practitioner.pk, "q": "a"})

        assert answer.status_code == 409
        assert "Cette page est d’un autre côté" in texts(answer)

    def test_registers_nothing(self, house, crossed):
        crossed.post(reverse("referral_new"), {"_as": house.practitioner.pk, "last_name": "A"})

        assert not Draft.objects.exists()

    def test_is_told_so_by_a_fragment_too(self, house, crossed):
        headers = {"HX-Request": "true", "X-As": str(house.practitioner.pk)}

        answer = crossed.post(reverse("search"), {"q": "a"}, headers=headers)

        assert answer.status_code == 409
        assert answer["Content-Type"].startswith("text/plain")

    def test_still_signs_out_and_chooses_a_side(self, house, crossed):
        chosen = {"_as": house.practitioner.pk, "membership": house.practitioner.pk}

        assert crossed.post("/espace/cote/", chosen).status_code == 302
        assert crossed.post("/deconnexion/", {"_as": house.practitioner.pk}).status_code == 302

    def test_works_on_where_nobody_changed_side(self, house, both):
        client = sign_in(Client(), house.practitioner)

        assert client.post(reverse("read_date"), {"_as": house.practitioner.pk}).status_code == 200


class TestEveryForm:
    @pytest.mark.parametrize("route", ["today", "files", "referral_new", "search", "account"])
    def test_says_under_which_membership_it_was_opened(self, house, route):
        page = sign_in(Client(), house.practitioner).get(reverse(route)).content.decode()

        assert page.count('name="csrfmiddlewaretoken"') > 0
        said = page.count(f'name="_as" value="{house.practitioner.pk}"')
        assert said == page.count('name="csrfmiddlewaretoken"')


class TestALinkOfTheOtherSide:
    def test_leads_nowhere_even_for_who_reads_files_on_both(
        self, house, crossed, both, monkeypatch
    ):
        granted = GRANTS[both.side, both.role] | {Permission.FILE_READ}
        monkeypatch.setitem(GRANTS, (both.side, both.role), granted)
        person = ParticipantFactory(organisation=house.branch, last_name="Xylandre")
        ReferralFactory(participant=person)

        answer = crossed.get(reverse("file", args=[person.uid]))

        assert answer.status_code == 404
        found = crossed.post(reverse("search"), {"q": "Xylan"})
        assert "XYLANDRE" not in texts(found).upper().replace('VALUE="XYLAN"', "")
        assert person.uid not in texts(found)
