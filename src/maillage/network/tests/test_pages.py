import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.network.load import load
from maillage.network.models import Membership
from maillage.network.roles import GRANTS
from maillage.network.tests.factories import (
    AgreementFactory,
    ContactFactory,
    MandateFactory,
    MembershipFactory,
    OpeningFactory,
    OrganisationFactory,
    SiteAddressFactory,
    SiteFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


@pytest.fixture
def as_member(client):
    """Signs somebody in under one membership, a practitioner's unless it is given."""

    def sign_in(membership: Membership | None = None):
        client.force_login((membership or MembershipFactory()).user)
        return client

    return sign_in


def texts(response):
    return response.content.decode()


class TestWhoReadsTheDirectory:
    @pytest.mark.parametrize(("side", "role"), GRANTS)
    def test_every_role_of_both_sides(self, as_member, side, role):
        client = as_member(MembershipFactory(side=side, role=role))
        arc = OrganisationFactory(slug="arc")

        assert client.get("/espace/reseau/").status_code == 200
        assert client.get(f"/espace/reseau/{arc.slug}/").status_code == 200

    @pytest.mark.parametrize("address", ["/espace/reseau/", "/espace/reseau/arc/"])
    def test_nobody_who_is_not_signed_in(self, client, address):
        OrganisationFactory(slug="arc")

        response = client.get(address)

        assert response.status_code == 302
        assert response.url.startswith(reverse("login"))

    @pytest.mark.parametrize("address", ["/espace/reseau/", "/espace/reseau/arc/"])
    @pytest.mark.parametrize("trait", ["ended", "coming"])
    def test_nobody_whose_membership_is_not_current(self, as_member, address, trait):
        OrganisationFactory(slug="arc")

        response = as_member(MembershipFactory(**{trait: True})).get(address)

        assert response.status_code == 302
        assert response.url == reverse("choose_membership")

    def test_nobody_without_a_membership(self, client):
        client.force_login(UserFactory())

        response = client.get("/espace/reseau/")

        assert (response.status_code, response.url) == (302, reverse("choose_membership"))

    def test_nobody_whose_role_does_not_open_it(self, as_member, monkeypatch):
        membership = MembershipFactory()
        OrganisationFactory(slug="arc")
        monkeypatch.setitem(GRANTS, (membership.side, membership.role), frozenset())
        client = as_member(membership)

        assert client.get("/espace/reseau/").status_code == 403
        assert client.get("/espace/reseau/arc/").status_code == 404

    def test_an_organisation_that_is_not_there_is_not_found(self, as_member):
        assert as_member().get("/espace/reseau/absente/").status_code == 404

    @pytest.mark.parametrize("address", ["/espace/reseau/", "/espace/reseau/arc/"])
    def test_reads_and_writes_nothing(self, as_member, address):
        assert as_member().post(address).status_code == 405


class TestTheList:
    @pytest.fixture(autouse=True)
    def directory(self):
        load()

    @pytest.fixture
    def shown(self, as_member):
        reader = MembershipFactory(organisation__name="Zone d’ici")
        client = as_member(reader)

        def names(**asked):
            response = client.get("/espace/reseau/", asked)
            return [line.organisation.slug for line in response.context["lines"]]

        return names

    def test_puts_the_branches_first_in_the_order_of_their_names(self, shown):
        assert shown(mandat="branch")[:-1] == [
            *("aers", "apex", "la-clede", "la-traverse", "udaf-11", "via-voltaire")
        ]
        assert "via-voltaire" in shown()[:7]

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"mandat": "lead"}, ["aers"]),
            ({"orienteur": "plateforme_ecoute"}, ["fnacav"]),
            ({"orienteur": "tribunal", "q": "lozere"}, ["tj-mende"]),
            ({"q": "pezenas"}, ["via-voltaire"]),
            ({"q": "BÉZIERS tribunal"}, ["tj-beziers"]),
            ({"q": "clermont-l'herault"}, ["via-voltaire"]),
            ({"q": "mende"}, ["la-traverse", "delegues-mende", "parquet-mende", "tj-mende"]),
            ({"q": "introuvable"}, []),
            ({"mandat": "lead", "orienteur": "spip"}, []),
        ],
    )
    def test_is_filtered_by_mandate_category_and_words(self, shown, asked, found):
        assert shown(**asked) == found

    def test_says_the_mandates_and_the_category_in_words(self, as_member):
        response = as_member().get("/espace/reseau/", {"q": "mende"})

        told = {line.organisation.slug: line.mandates for line in response.context["lines"]}
        assert told == {
            "la-traverse": "Antenne",
            "delegues-mende": "Orienteur (Délégué·e du procureur)",
            "parquet-mende": "Autorité, orienteur (Parquet)",
            "tj-mende": "Autorité, orienteur (Tribunal judiciaire)",
        }

    def test_an_unknown_choice_asks_nothing(self, shown):
        assert shown(mandat="roi") == shown()

    def test_a_mandate_that_ended_is_not_one(self, shown):
        MandateFactory(kind="funder", organisation__slug="parti", ends_on="2022-12-31")

        assert "parti" not in shown(mandat="funder")

    def test_is_the_same_fragment_when_htmx_asks(self, as_member):
        client = as_member()

        page = texts(client.get("/espace/reseau/", {"q": "mende"}))
        fragment = texts(
            client.get("/espace/reseau/", {"q": "mende"}, headers={"HX-Request": "true"})
        )

        assert fragment.startswith('<section id="organisations"')
        assert fragment.strip() in page

    def test_says_what_to_do_when_nothing_is_found(self, as_member):
        assert "Aucune organisation ne répond" in texts(
            as_member().get("/espace/reseau/", {"q": "introuvable"})
        )


class TestThePageOfAnOrganisation:
    def test_tells_when_each_site_receives_and_how_to_reach_it(self, as_member):
        load()
        client = as_member()

        voltaire = texts(client.get("/espace/reseau/via-voltaire/"))
        clede = texts(client.get("/espace/reseau/la-clede/"))

        assert "1er vendredi après-midi" in voltaire
        assert "3e et 4e mardis matin" in voltaire
        assert "Maison René Cassin" in voltaire
        assert 'href="tel:0789007955"' in clede
        assert 'href="mailto:cpca30@laclede.fr"' in clede
        assert "depuis 2016" in clede
        assert "Parquet d’Alès" in clede

    def test_shows_an_agreement_from_both_ends(self, as_member):
        agreement = AgreementFactory(title="Stages", starts_on=None)
        client = as_member()

        for ours, other in [
            (agreement.organisation, agreement.partner),
            (agreement.partner, agreement.organisation),
        ]:
            shown = texts(client.get(f"/espace/reseau/{ours.slug}/"))
            assert f'href="/espace/reseau/{other.slug}/"' in shown
            assert "date non publiée" in shown

    @pytest.mark.parametrize("support", [False, True])
    def test_never_shows_the_door_of_a_protected_site(self, as_member, support):
        site = SiteFactory(name="Narbonne", is_protected=True)
        door = SiteAddressFactory(site=site, label="12 rue du Secret", town="Narbonne")
        OpeningFactory(site=site, address=door)

        shown = texts(
            as_member(MembershipFactory(support=support)).get(
                f"/espace/reseau/{site.organisation.slug}/"
            )
        )

        assert "Narbonne" in shown
        assert "adresse protégée" in shown
        assert "rue du Secret" not in shown


class TestCost:
    def grow(self, organisation, rows):
        for _ in range(rows):
            site = SiteFactory(organisation=organisation)
            OpeningFactory(site=site, address=SiteAddressFactory(site=site))
            OpeningFactory(site=None, organisation=organisation)
            ContactFactory(organisation=organisation)
            AgreementFactory(organisation=organisation)
            AgreementFactory(partner=organisation)
            MandateFactory(organisation=organisation, ends_on="2023-01-31")
            MembershipFactory()

    @pytest.mark.parametrize(
        "address", ["/espace/reseau/", "/espace/reseau/?q=organisation", "/espace/reseau/arc/"]
    )
    def test_a_page_costs_as_many_queries_for_many_rows_as_for_one(self, as_member, address):
        arc = OrganisationFactory(slug="arc", branch=True)
        client = as_member()
        self.grow(arc, 1)
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as one:
            client.get(address)
        self.grow(arc, 5)

        with CaptureQueriesContext(connection) as many:
            client.get(address)

        assert len(many) == len(one), "\n".join(query["sql"] for query in many.captured_queries)
