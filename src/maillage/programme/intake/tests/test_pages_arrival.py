"""Search, the referral form and corrections, as a person meets them."""

import threading
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from maillage.core import drafts
from maillage.core.models import Draft, ReadEntry, TrailEntry
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

TYPED = {
    "last_name": "Salamandre",
    "first_name": "Ondine",
    "sex": "F",
    "birth_date": "3/2/81",
    "received_on": "1/9/2025",
    "referrer_category": "spip",
    "legal_framework": "postsentenciel",
    "care_obligation": "unknown",
    "motivation": "non_precise",
    "marital_status": "non_precise",
    "employment": "non_precise",
    "resources": "non_precise",
    "once": "abcdefghjkmn",
}
NEW = "/espace/orientations/nouvelle/"


@pytest.fixture
def desk(browse, reception):
    return browse(reception)


class TestSearch:
    def test_begins_empty_and_focused(self, desk):
        page = desk.get(reverse("search")).content.decode()

        assert 'id="q"' in page
        assert "autofocus" in page
        assert not ReadEntry.objects.exists()

    def test_shows_who_is_found_and_records_how_many_names_were_read(self, desk, branch):
        for first_name in ("Ondine", "Ange"):
            person = ParticipantFactory(
                organisation=branch, last_name="Salamandre", first_name=first_name
            )
            ReferralFactory(participant=person, waiting=True)

        page = desk.post(reverse("search"), {"q": "sala"}).content.decode()

        assert page.index("SALAMANDRE Ange") < page.index("SALAMANDRE Ondine")
        assert "En attente" in page
        assert reverse("file", args=[person.uid]) in page
        assert [(r.what, r.count, r.file) for r in ReadEntry.objects.all()] == [("search", 2, "")]

    def test_records_nothing_where_no_name_is_shown(self, desk):
        desk.post(reverse("search"), {"q": "personne"})

        assert not ReadEntry.objects.exists()

    def test_ignores_a_name_in_an_address(self, desk, branch):
        ParticipantFactory(organisation=branch, last_name="Salamandre")

        assert b"SALAMANDRE" not in desk.get(reverse("search") + "?q=salamandre").content

    def test_gives_htmx_the_very_results_of_the_page(self, desk, branch):
        ParticipantFactory(organisation=branch, last_name="Salamandre")

        page = desk.post(reverse("search"), {"q": "sala"}).content.decode()
        part = desk.post(reverse("search"), {"q": "sala"}, headers={"HX-Request": "true"})

        table = part.content.decode().split("<table")[1].split("</table>")[0]
        assert table in page
        assert "<html" not in part.content.decode()

    def test_asks_to_be_more_precise_beyond_fifty(self, desk, branch):
        for number in range(52):
            ParticipantFactory(
                organisation=branch, last_name="Salamandre", first_name=f"Ange{number}"
            )

        page = desk.post(reverse("search"), {"q": "salamandre"}).content.decode()

        assert "Plus de 50 personnes" in page
        assert page.count("SALAMANDRE Ange") == 50

    def test_carries_what_was_typed_into_the_form_without_an_address(self, desk):
        page = desk.post(NEW, {"carried": "SALAMANDRE Ondine 3/2/1981"})

        form = page.context["form"]
        assert form["last_name"].value() == "SALAMANDRE"
        assert form["first_name"].value() == "Ondine"
        assert form["birth_date"].value() == "03/02/1981"
        assert not form.is_bound

    def test_puts_who_waits_for_something_first(self, desk, branch):
        ParticipantFactory(organisation=branch, last_name="Salamandre", first_name="Abel")
        waits = ReferralFactory(
            participant__organisation=branch,
            participant__last_name="Salamandre",
            participant__first_name="Zoé",
            waiting=True,
        )

        rows = desk.post(reverse("search"), {"q": "salamandre"}).context["rows"]

        assert rows[0].participant == waits.participant

    def test_costs_the_same_queries_for_one_as_for_many(self, desk, branch, flat):
        def grow(rows):
            for _ in range(rows):
                ReferralFactory(
                    participant__organisation=branch,
                    participant__last_name="Salamandre",
                    waiting=True,
                )

        flat(lambda: desk.post(reverse("search"), {"q": "salamandre"}), grow)


class TestRegisteringAReferral:
    def test_opens_the_file_in_one_post(self, desk):
        answer = desk.post(NEW, TYPED)

        person = Participant.objects.get()
        assert answer.url == reverse("file", args=[person.uid])
        assert (person.last_name, person.birth_date) == ("Salamandre", date(1981, 2, 3))

    def test_needs_the_sex_the_referrer_the_frame_and_the_day_alone(self, desk):
        page = desk.post(NEW, {"last_name": "Salamandre"})

        wanted = {"sex", "received_on", "referrer_category", "legal_framework"}
        wanted |= {"motivation", "marital_status", "employment", "resources"}
        assert set(page.context["form"].errors) == wanted
        assert 'value="Salamandre"' in page.content.decode()

    def test_takes_somebody_without_a_name_or_a_birth(self, desk):
        answer = desk.post(NEW, {**TYPED, "last_name": "", "first_name": "", "birth_date": ""})

        assert answer.status_code == 302
        assert Participant.objects.get().birth_date is None

    def test_counts_a_second_click_once(self, desk):
        first, second = desk.post(NEW, TYPED), desk.post(NEW, TYPED)

        assert first.url == second.url
        assert Participant.objects.count() == Referral.objects.count() == 1
        assert TrailEntry.objects.count() == 1

    def test_counts_somebody_else_typed_into_the_same_page(self, desk):
        desk.post(NEW, TYPED)
        desk.post(NEW, {**TYPED, "last_name": "Basilic", "first_name": "Luc", "birth_date": ""})

        assert Participant.objects.count() == 2

    def test_counts_two_pages_with_the_same_content_as_two(self, desk):
        nobody = {**TYPED, "last_name": "", "first_name": "", "birth_date": ""}
        desk.post(NEW, nobody)
        desk.post(NEW, {**nobody, "once": "nmkjhgfedcba"})

        assert Participant.objects.count() == 2

    def test_forgets_the_draft_once_it_is_sent(self, desk, reception):
        drafted = {**TYPED, "_draft": "referral-new", "_as": reception.pk}
        desk.post(reverse("save_draft"), drafted)
        assert desk.get(NEW).context["form"]["last_name"].value() == "Salamandre"

        desk.post(NEW, TYPED)

        assert not Draft.objects.exists()

    def test_leaves_a_draft_that_waits_when_a_search_brings_somebody_else(self, desk, reception):
        drafted = {**TYPED, "_draft": "referral-new", "_as": reception.pk}
        desk.post(reverse("save_draft"), drafted)

        page = desk.post(NEW, {"carried": "basilic luc"})

        assert page.context["form"]["last_name"].value() == "basilic"
        assert "data-draft" not in page.content.decode()
        assert drafts.load(reception, "referral-new")["last_name"] == ["Salamandre"]

    def test_says_that_somebody_is_a_minor(self, desk):
        answer = desk.post(NEW, {**TYPED, "birth_date": "3/2/2012"}, follow=True)

        assert "est mineure" in answer.content.decode()

    def test_says_it_as_soon_as_the_birth_is_typed(self, desk):
        part = desk.post(reverse("referral_check"), {"birth_date": "3/2/2012"}).content.decode()

        assert "elle est mineure" in part

    def test_lists_the_organisations_of_one_category(self, desk, branch):
        spip = OrganisationFactory(referrer=True, name="SPIP des Monts")
        OrganisationFactory(referrer=True, referrer_category="avocat", name="Barreau")
        other = OrganisationFactory(branch=True, name="Antenne des Monts")

        url = reverse("referrers")
        part = desk.get(url, {"referrer_category": "spip"}).content.decode()
        branches = desk.get(url, {"referrer_category": "antenne"}).content.decode()
        everything = desk.get(url).content.decode()

        assert spip.name in part
        assert "Barreau" not in part
        assert other.name in branches
        assert branch.name not in everything
        assert "Barreau" in everything

    def test_tells_a_referrer_of_another_category_beside_its_field(self, desk):
        other = OrganisationFactory(referrer=True, referrer_category="avocat")

        page = desk.post(NEW, {**TYPED, "referrer": other.pk})

        assert list(page.context["form"].errors) == ["referrer"]


class TestProbableDuplicates:
    @pytest.fixture
    def known(self, branch):
        return ReferralFactory(
            participant__organisation=branch,
            participant__last_name="Salamendre",
            participant__first_name="Ondine",
            participant__birth_date=date(1981, 2, 3),
            closed=True,
        ).participant

    def test_are_shown_before_anything_is_created(self, desk, known):
        page = desk.post(NEW, TYPED)

        assert page.status_code == 200
        assert "SALAMENDRE Ondine" in page.content.decode()
        assert Participant.objects.count() == 1
        assert ReadEntry.objects.get().what == "duplicates"

    def test_may_be_somebody_else(self, desk, known):
        others = desk.post(NEW, TYPED).context["others"]

        answer = desk.post(NEW, {**TYPED, "other": others})

        assert answer.status_code == 302
        assert Participant.objects.count() == 2

    def test_are_shown_again_when_another_one_appears(self, desk, known, branch):
        others = desk.post(NEW, TYPED).context["others"]
        ParticipantFactory(organisation=branch, last_name="Salamandre", first_name="Ondine")

        page = desk.post(NEW, {**TYPED, "other": others})

        assert page.status_code == 200
        assert Participant.objects.count() == 2

    def test_may_be_the_person_whose_file_takes_the_referral(self, desk, known):
        answer = desk.post(NEW, {**TYPED, "same": known.uid, "phone": "06 39 98 12 34"})

        assert answer.url == reverse("file", args=[known.uid])
        known.refresh_from_db()
        assert known.referrals.count() == 2
        assert (known.last_name, known.phone) == ("Salamendre", "+33639981234")

    def test_says_what_the_file_kept_of_its_own(self, desk, known):
        page = desk.post(NEW, {**TYPED, "same": known.uid}, follow=True).content.decode()

        assert "Le dossier garde ce qu’il disait déjà (nom, sexe)" in page

    def test_explain_that_a_referral_is_pending_there(self, desk, known):
        pending = ReferralFactory(participant=known)

        shown = desk.post(NEW, TYPED).content.decode()
        forced = desk.post(NEW, {**TYPED, "same": known.uid})

        assert "est déjà en cours de traitement" in shown
        assert 'name="same"' not in shown
        assert "déjà en cours de traitement" in str(forced.context["form"].errors)
        assert known.referrals.latest("pk") == pending

    def test_of_another_branch_are_never_named_nor_taken(self, desk, stranger):
        theirs = ParticipantFactory(
            organisation=stranger.organisation, last_name="Salamandre", first_name="Ondine"
        )

        assert desk.post(NEW, {**TYPED, "same": theirs.uid}).status_code == 404
        assert desk.post(NEW, TYPED).status_code == 302
        assert not theirs.referrals.exists()


class TestAReturn:
    def test_adds_a_referral_to_the_file(self, desk, branch):
        person = ReferralFactory(participant__organisation=branch, closed=True).participant
        url = reverse("referral_add", args=[person.uid])

        assert desk.get(url).status_code == 200
        first, second = desk.post(url, TYPED), desk.post(url, TYPED)

        assert first.url == second.url == reverse("file", args=[person.uid])
        assert person.referrals.count() == 2

    def test_leads_to_the_file_while_a_referral_is_pending(self, desk, branch):
        person = ReferralFactory(participant__organisation=branch).participant

        page = desk.get(reverse("referral_add", args=[person.uid])).content.decode()

        assert "est déjà en cours de traitement" in page
        assert "<fieldset" not in page


class TestTwoPeopleWhoEditAtOnce:
    def test_the_second_sees_what_was_recorded_beside_what_they_typed(self, desk, branch):
        person = ParticipantFactory(organisation=branch, last_name="Salamandre", town="Agde")
        url = reverse("identity_edit", args=[person.uid])
        typed = {"last_name": "Salamandre", "first_name": "Camille", "sex": "H", "version": 1}
        desk.post(url, {**typed, "town": "Lunel", "birth_date": "6/5/1984"})

        page = desk.post(url, {**typed, "town": "Sète", "birth_date": "6/5/1984"})

        person.refresh_from_db()
        assert person.town == "Lunel"
        assert page.context["overtaken"] == [("Commune", "Lunel", "Sète")]
        assert 'value="Sète"' in page.content.decode()
        assert "Quelqu’un d’autre a modifié" in page.content.decode()

    def test_the_second_may_confirm_their_own(self, desk, branch):
        person = ParticipantFactory(organisation=branch, version=2)
        url = reverse("identity_edit", args=[person.uid])
        typed = {"last_name": "Basilic", "sex": "H", "version": 1}

        page = desk.post(url, typed)
        answer = desk.post(url, {**typed, "version": page.context["form"]["version"].value()})

        person.refresh_from_db()
        assert answer.status_code == 302
        assert person.last_name == "Basilic"

    def test_a_referral_is_compared_in_words(self, desk, branch):
        referral = ReferralFactory(participant__organisation=branch, version=2, is_urgent=True)
        given = {**TYPED, "version": 1, "obligations": ["arme"], "care_obligation": "yes"}
        given |= {"due_on": "1/12/2025", "legal_framework": "volontaire"}

        page = desk.post(reverse("referral_edit", args=[referral.uid]), given)

        assert page.context["overtaken"] == [
            ("Cadre juridique", "Postsentenciel", "Sans cadre judiciaire"),
            ("Obligation de soins", "vide", "oui"),
            ("Autres obligations et interdictions", "vide", "Interdiction de détenir une arme"),
            ("À faire avant le", "vide", "lundi 1er décembre 2025"),
            ("Urgence, ou renvoi par la justice", "oui", "non"),
        ]

    def test_alone_one_saves_and_goes_back_to_the_file(self, desk, branch):
        referral = ReferralFactory(participant__organisation=branch)
        url = reverse("referral_edit", args=[referral.uid])

        shown = desk.get(url).context["form"]
        answer = desk.post(url, {**TYPED, "version": 1, "modules": ["stage"], "comment": "Mot"})

        referral.refresh_from_db()
        assert shown["received_on"].value() == "01/09/2025"
        assert answer.url == reverse("file", args=[referral.participant.uid])
        assert (referral.comment, referral.version) == ("Mot", 2)
        assert referral.requested_modules.get().code == "stage"


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_instant_register_one_referral():
    by = MembershipFactory(reception=True)
    clients = [Client() for _ in range(4)]
    for client in clients:
        client.force_login(by.user)
    answers: list[int] = []
    start = threading.Barrier(len(clients))

    def click(client):
        try:
            start.wait()
            answers.append(client.post(NEW, TYPED).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [302] * 4
    assert (
        Participant.objects.count() == Referral.objects.count() == TrailEntry.objects.count() == 1
    )
