"""Each decision is a page that says what will happen, and is taken once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from maillage.core.models import Draft, ReadEntry, TrailEntry
from maillage.network.tests.factories import OrganisationFactory, SiteFactory
from maillage.programme.intake.models import Assessment, Referral
from maillage.programme.intake.tests.factories import ObligationFactory, ReferralFactory

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
TODAY = "aujourd’hui"
GRID = {
    "held_on": "15/9/2025",
    "position": "partial",
    "motivation": "adhesion",
    "measure_understood": "yes",
    "contract_signed_on": "",
    "conclusion": "accept",
    "summary": "Synthèse",
}


@pytest.fixture
def office(browse, practitioner):
    return browse(practitioner)


@pytest.fixture
def referral(branch):
    return ReferralFactory(participant__organisation=branch, participant__last_name="Salamandre")


def page_of(route, referral):
    return reverse(route, args=[referral.uid])


@pytest.mark.parametrize(
    ("route", "given", "status"),
    [
        ("referral_wait", {"on": TODAY}, "waiting"),
        ("referral_assess_plan", {"on": TODAY}, "to_assess"),
        ("referral_return", {"on": TODAY, "reason": "pas_de_demande"}, "returned"),
        ("referral_close", {"on": TODAY, "reason": "injoignable"}, "closed"),
        ("referral_redirect", {"on": TODAY}, "redirected"),
    ],
)
def test_a_decision_says_what_will_happen_and_leads_back_to_the_file(
    office, referral, site, route, given, status
):
    given |= {"site": site.pk, "to": OrganisationFactory(branch=True).pk}
    url = page_of(route, referral)

    page = office.get(url).content.decode()
    first, second = office.post(url, given), office.post(url, given)

    assert "Ce qui va se passer" in page
    assert "SALAMANDRE" in page
    assert first.url == second.url == reverse("file", args=[referral.participant.uid])
    referral.refresh_from_db()
    assert referral.status == status
    assert TrailEntry.objects.filter(target=referral.uid).count() == 1


def test_reopening_leads_back_to_the_file(office, branch):
    closed = ReferralFactory(participant__organisation=branch, closed=True)

    answer = office.post(page_of("referral_reopen", closed), {"comment": "Revenu de lui-même"})

    closed.refresh_from_db()
    assert answer.status_code == 302
    assert closed.steps.last().reason == "Revenu de lui-même"


def test_what_another_decided_meanwhile_is_told(office, branch):
    accepted = ReferralFactory(participant__organisation=branch, accepted=True)

    answer = office.post(page_of("referral_close", accepted), {"on": TODAY})

    assert answer.status_code == 403
    assert "acceptée" in answer.content.decode()


def test_a_refusal_is_told_beside_its_field(office, referral):
    answer = office.post(
        page_of("referral_close", referral), {"on": "31/8/2025", "reason": "injoignable"}
    )

    assert list(answer.context["form"].errors) == ["on"]
    assert not TrailEntry.objects.exists()


def test_the_waiting_list_offers_the_open_sites_of_the_branch(office, referral, site):
    SiteFactory(name="Ailleurs")
    SiteFactory(
        organisation=site.organisation,
        name="Fermé",
        ends_on=timezone.localdate() - timedelta(days=1),
    )

    form = office.get(page_of("referral_wait", referral)).context["form"]

    assert list(form.fields["site"].queryset) == [site]


def test_a_redirection_says_what_is_passed_on_and_what_is_not(office, referral, branch):
    other = OrganisationFactory(branch=True)

    answer = office.get(page_of("referral_redirect", referral))

    page = answer.content.decode()
    for word in ("l’identité", "le cadre juridique", "obligations", "ce qui est demandé"):
        assert word in page.split("Ne sont pas transmis")[0]
    for word in ("les notes", "les appels", "l’évaluation"):
        assert word in page.split("Ne sont pas transmis")[1]
    assert list(answer.context["form"].fields["to"].queryset) == [other]


class TestTheAssessment:
    def test_is_kept_whole(self, office, referral, practitioner):
        given = {**GRID, "contract_signed_on": "15/9/2025"}

        answer = office.post(page_of("assessment_new", referral), given)

        kept = Assessment.objects.get()
        assert answer.status_code == 302
        assert (kept.by, kept.measure_understood) == (practitioner.user, True)
        assert (kept.summary, kept.held_on) == ("Synthèse", kept.contract_signed_on)

    def test_reminds_of_the_obligations(self, office, referral):
        ObligationFactory(referral=referral, code="interdiction_contact")
        Referral.objects.update(care_obligation=True)

        page = office.get(page_of("assessment_new", referral)).content.decode()

        assert "Obligation de soins. Interdiction de contact." in page

    def test_loses_nothing_on_an_error(self, office, referral, practitioner):
        answer = office.post(page_of("assessment_new", referral), {**GRID, "held_on": "1/8/2025"})

        assert list(answer.context["form"].errors) == ["held_on"]
        assert "Synthèse</textarea>" in answer.content.decode()

    def test_takes_up_its_draft_and_forgets_it_once_sent(self, office, referral, practitioner):
        draft = f"assessment:{referral.uid}"
        kept = {"_draft": draft, "_as": practitioner.pk, "summary": "Commencé"}
        office.post(reverse("save_draft"), kept)
        url = page_of("assessment_new", referral)
        assert office.get(url).context["form"]["summary"].value() == "Commencé"

        office.post(url, GRID)

        assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "route",
    [
        "referral_wait",
        "referral_assess_plan",
        "referral_return",
        "referral_close",
        "referral_redirect",
        "referral_edit",
        "assessment_new",
        "referral_add",
        "identity_edit",
    ],
)
def test_reading_a_named_page_leaves_a_trail_of_its_own(office, referral, route):
    of_the_file = route in ("referral_add", "identity_edit")
    uid = referral.participant.uid if of_the_file else referral.uid

    assert office.get(reverse(route, args=[uid])).status_code == 200

    entry = ReadEntry.objects.get()
    assert entry.file == referral.participant.uid
