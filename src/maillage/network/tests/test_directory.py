import pytest

from maillage.network.directory import find_referrer, network_branches, site_spellings
from maillage.network.roles import Role, Side
from maillage.network.tests.factories import (
    MandateFactory,
    MembershipFactory,
    OrganisationFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db


class TestSpellingsOfASite:
    def test_code_name_and_aliases_all_name_it(self):
        site = SiteFactory(
            slug="clermont-l-herault",
            name="Clermont-l’Hérault",
            aliases=["CLERMONT L'HERAULT", "CH"],
        )

        found = site_spellings(site.organisation)

        assert found == {"clermontlherault": site, "ch": site}

    def test_those_of_another_organisation_are_not_there(self):
        site = SiteFactory(slug="nimes", name="Nîmes")
        SiteFactory(slug="ales", name="Alès")

        assert set(site_spellings(site.organisation)) == {"nimes"}

    def test_one_that_names_two_sites_names_neither(self):
        first = SiteFactory(slug="centre-hospitalier", name="Centre hospitalier", aliases=["CH"])
        second = SiteFactory(
            organisation=first.organisation, slug="clermont", name="Clermont", aliases=["C.H."]
        )

        found = site_spellings(first.organisation)

        assert found == {"centrehospitalier": first, "clermont": second}


class TestFindingAReferrer:
    def test_by_its_code(self):
        spip = OrganisationFactory(slug="spip-de-l-ouest", referrer=True)

        assert find_referrer("spip-de-l-ouest") == spip

    def test_an_organisation_that_refers_nobody_is_not_one(self):
        OrganisationFactory(slug="ecole", branch=True)

        assert find_referrer("ecole") is None


class TestBranches:
    def test_are_those_with_a_mandate_in_force_in_the_order_of_their_names(self):
        last = OrganisationFactory(name="Zénith", branch=True)
        first = OrganisationFactory(name="Arc", branch=True, lead=True)
        OrganisationFactory(name="Milieu", lead=True)
        gone = OrganisationFactory(name="Partie")
        MandateFactory(organisation=gone, ends_on="2022-12-31")

        assert list(network_branches()) == [first, last]


class TestMembershipFactory:
    def test_makes_a_practitioner_of_a_branch_on_the_programme_side(self):
        membership = MembershipFactory()

        assert (membership.side, membership.role) == (Side.PROGRAMME, Role.PRACTITIONER)
        assert membership.organisation in network_branches()

    def test_takes_role_and_side_as_traits(self):
        membership = MembershipFactory(support=True, reception=True)

        assert (membership.side, membership.role) == (Side.SUPPORT, Role.RECEPTION)
