"""The public pages: what they show, and all that they keep to themselves."""

import re
import time
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maillage.core.models import TrailEntry
from maillage.network.models import Contact
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory
from maillage.portal import actions, flood
from maillage.portal.actions import LinkHolder
from maillage.portal.forms import new_token
from maillage.portal.links import make_link
from maillage.portal.needs import needs
from maillage.portal.tests.conftest import TUESDAY
from maillage.portal.texts import LANGUAGES, texts
from maillage.support.callbacks.models import Callback, Desk

pytestmark = pytest.mark.django_db
PLAIN = [
    "/",
    "/aide/",
    *(f"/aide/{language}/" for language in LANGUAGES),
    "/reperes/",
    "/reperes/1/",
    "/reperes/2/",
    "/appareil/",
    *(f"/facile/{code}/" for code in ("accueil", "aide", "reperes", "appareil", "rappel")),
    "/professionnels/",
    "/rappel/",
    "/donnees/",
]
NEUTRAL = {"Accueil", "Aide", "Repères", "Appareil", "Facile à lire", "Professionnels"}
NEUTRAL |= {"Rappel", "Données", "Fiche", "Mise à jour"}
TELLING = r"violen|victim|viol|frapp|plainte|secours|danger|couple|conjug|abus"


@pytest.fixture
def visitor() -> Client:
    """Somebody without an account, before whom nothing is let pass."""
    return Client(enforce_csrf_checks=True)


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def title_of(answer) -> str:
    return re.search(r"<title>(.*?)</title>", answer.content.decode())[1]


@pytest.mark.parametrize("address", PLAIN)
class TestEveryPage:
    def test_opens_and_keeps_nothing_on_the_device(self, visitor, address):
        answer = visitor.get(address)

        assert answer.status_code == 200
        assert answer.cookies == {}
        assert answer.headers["Cache-Control"] == "no-store, private"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers

    def test_has_a_neutral_title_and_address(self, visitor, address):
        answer = visitor.get(address)

        neutral = NEUTRAL | {texts(language)["text"]["title"] for language in LANGUAGES}
        assert title_of(answer) in neutral
        assert not re.search(TELLING, address)
        assert '<link rel="icon" href="data:,">' in answer.content.decode()
        assert "og:" not in answer.content.decode()

    def test_can_be_left_at_once_with_and_without_a_script(self, visitor, address):
        body = visitor.get(address).content.decode()

        assert body.count('href="/quitter/"') == 2
        assert body.count("data-quick-exit") == 2
        assert "core/quick_exit.js" in body

    def test_asks_nothing_of_the_database(self, visitor, address, django_assert_num_queries):
        with django_assert_num_queries(0):
            visitor.get(address)

    def test_is_for_somebody_signed_in_too_and_shows_nothing_of_them(self, address):
        member = MembershipFactory(user__name="Ombeline Discrète", manager=True)
        client = Client()
        client.force_login(member.user)

        answer = client.get(address)

        assert answer.status_code == 200
        assert "Discrète" not in answer.content.decode()


class TestTheHelpFinder:
    def ask(self, visitor, **given):
        return visitor.post("/aide/", given)

    def test_asks_what_then_where_then_shows(self, visitor, publish, opens, at):
        at(TUESDAY)
        opens(publish(name="Permanence d’écoute", phone="01 99 00 12 34").site, weekday=1)

        assert "De quoi avez-vous besoin" in text_of(visitor.get("/aide/"))
        assert "Où êtes-vous" in text_of(self.ask(visitor, need="talk"))
        shown = self.ask(visitor, need="talk", where="34500", commune="34032")

        told = text_of(shown)
        for expected in (
            "Permanence d’écoute",
            "Ouvert maintenant",
            "Mardi, 9\u00a0h–12\u00a0h".replace("\u00a0", " "),
            "01 99 00 12 34",
            "Langues non publié",
            "Coût non publié",
            "Confidentialité non publié",
            "Non vérifié récemment",
            "116 006",
        ):
            assert expected in told.replace("\u00a0", " "), expected

    def test_tells_nothing_of_it_in_an_address(self, visitor, publish):
        publish()
        pages = [
            self.ask(visitor, words="il me frappe"),
            self.ask(visitor, need="danger"),
            self.ask(visitor, need="danger", where="Béziers"),
        ]

        for answer in pages:
            assert answer.status_code == 200  # never a redirection to an address that tells
            for found in re.findall(r'(?:href|action)="([^"]*)"', answer.content.decode()):
                assert "?" not in found
                assert not re.search(TELLING, unquote(found)) or "arretonslesviolences" in found

    def test_puts_the_lines_first_when_there_is_a_danger(self, visitor):
        told = text_of(self.ask(visitor, need="danger", where="34500", commune="34032"))

        assert told.index("Appelez le 17 ou le 112") < told.index("Près de")

    def test_lets_choose_among_namesakes(self, visitor):
        answer = self.ask(visitor, need="talk", where="Saint-Denis")

        assert "Laquelle de ces communes" in text_of(answer)
        assert 'value="93066"' in answer.content.decode()

    def test_says_what_to_do_where_no_commune_is_found(self, visitor):
        assert "Essayez le code postal" in text_of(self.ask(visitor, need="talk", where="zzzzzz"))

    def test_understands_everyday_words(self, visitor):
        body = self.ask(visitor, words="avocat gratuit").content.decode()

        assert "Voici ce que nous avons compris" in body
        assert re.findall(r'name="need" value="(\w+)"', body) == ["complaint"]

    def test_says_that_it_did_not_understand_and_shows_all(self, visitor):
        body = self.ask(visitor, words="zzz").content.decode()

        assert "Nous n’avons pas compris" in body
        assert len(re.findall(r'name="need" value="(\w+)"', body)) == 10

    @pytest.mark.parametrize("bad", ["x' OR 1=1", "<script>alert(1)</script>", "\x00", "é" * 5000])
    def test_shows_what_was_typed_without_obeying_it(self, visitor, bad):
        for field in ("words", "where", "need", "commune", "when"):
            answer = self.ask(visitor, **{"need": "talk", field: bad})

            assert answer.status_code == 200
            assert "<script>alert" not in answer.content.decode()

    def test_draws_a_map_of_its_own_with_a_point_a_place(self, visitor, publish):
        publish("Agde")
        publish("Narbonne", "11", protected=True)

        body = self.ask(visitor, need="talk", commune="34032").content.decode()

        assert body.count('class="point"') == 1
        assert 'class="land"' in body
        assert "http" not in re.search(r"<svg.*</svg>", body, re.S)[0]

    def test_a_protected_place_shows_its_line_and_area_only(self, visitor, publish):
        service = publish("Narbonne", "11", protected=True, phone="01 99 00 12 34")
        service.site.addresses.create(label="12 rue des Lilas", town="Narbonne")

        answers = [
            self.ask(visitor, need="talk", commune="11069"),
            visitor.get(reverse("service", args=[service.uid])),
            visitor.get(reverse("public_organisation", args=[service.organisation_id])),
        ]

        for answer in answers:
            told = text_of(answer).replace("\u00a0", " ")
            assert "01 99 00 12 34" in told
            assert "Lilas" not in told
            assert "Narbonne" not in told.replace("Près de Narbonne", "")
        assert visitor.get(reverse("public_site", args=[service.site_id])).status_code == 404

    def test_gives_the_lines_where_the_database_does_not_answer(self, visitor, monkeypatch):
        def down(*args):
            raise OperationalError("no server")

        monkeypatch.setattr("maillage.portal.views.finder.find", down)
        answer = self.ask(visitor, need="danger", commune="34032")

        assert answer.status_code == 503
        assert "Appelez le 17" in text_of(answer)
        assert "ne répond pas" in text_of(answer)


class TestInOtherLanguages:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_text_is_there_and_says_how_it_was_made(self, language):
        ours, french = texts(language), texts("fr")

        assert set(ours["text"]) == set(french["text"])
        assert list(ours["needs"]) == list(needs())
        assert all(ours["needs"].values())
        assert ours["reviewed"] == ("human" if language == "fr" else "machine")
        assert ours["note"]

    def test_a_machine_translation_says_so(self, visitor):
        assert "Translated by a machine" in text_of(visitor.get("/aide/en/"))
        assert "Translated" not in text_of(visitor.get("/aide/"))

    def test_arabic_is_read_from_right_to_left(self, visitor):
        body = visitor.get("/aide/ar/").content.decode()

        assert '<html lang="ar" dir="rtl">' in body
        assert "خروج سريع" in body

    def test_an_answer_keeps_its_language(self, visitor, publish):
        publish()

        body = visitor.post("/aide/tr/", {"need": "talk", "commune": "34032"}).content.decode()

        assert "En yakın yerler" in body or "Daha sonra" in body
        assert 'lang="fr" dir="ltr"' in body

    def test_an_unknown_language_is_not_found(self, visitor):
        assert visitor.get("/aide/xx/").status_code == 404


class TestSheets:
    def test_a_line_has_its_page(self, visitor):
        answer = visitor.get("/f/l/m3/")

        told = text_of(answer)
        assert "3919" in told
        assert "Source" in told
        assert 'src="data:image/svg+xml;base64,' in answer.content.decode()
        assert title_of(answer) == "Fiche"

    def test_an_organisation_shows_its_contacts_and_what_it_offers(self, visitor, publish):
        service = publish(name="Groupe de parole")
        Contact.objects.create(
            organisation=service.organisation, kind="phone", value="01 99 00 12 34", source="Essai"
        )

        told = text_of(visitor.get(f"/f/o/{service.organisation_id}/"))

        assert "01 99 00 12 34" in told
        assert "Groupe de parole" in told

    def test_what_is_not_public_has_no_page(self, visitor, publish):
        hidden = OrganisationFactory(is_public=False)
        service = publish(organisation=hidden)

        assert visitor.get(f"/f/o/{hidden.pk}/").status_code == 404
        assert visitor.get(f"/f/s/{service.site_id}/").status_code == 404
        assert visitor.get(f"/f/{service.uid}/").status_code == 404
        assert visitor.get("/f/l/zz/").status_code == 404

    def test_schema_org_is_told_by_attributes(self, visitor, publish):
        body = visitor.get(f"/f/{publish().uid}/").content.decode()

        assert 'itemtype="https://schema.org/Service"' in body


class TestAFlood:
    def test_slows_its_address_alone_and_tells_whom_to_call(self, visitor):
        sent = [visitor.post("/aide/", {"need": "talk"}).status_code for _ in range(80)]

        assert sent[:60] == [200] * 60
        assert 429 in sent[60:]
        slowed = visitor.post("/aide/", {"need": "talk"})
        assert int(slowed.headers["Retry-After"]) >= 1
        assert "17" in text_of(slowed)
        other = Client(REMOTE_ADDR="192.0.2.7").post("/aide/", {"need": "talk"})
        assert other.status_code == 200
        assert visitor.get("/").status_code == 200  # the numbers are never slowed

    def test_a_bucket_fills_again_with_time(self):
        buckets = flood.Buckets(size=2, every=10)

        assert [buckets.take("a", 0.0) for _ in range(3)] == [0.0, 0.0, 10.0]
        assert buckets.take("a", 10.0) == 0.0
        assert buckets.take("a", 11.0) == pytest.approx(9.0)

    def test_the_memory_is_bounded(self, monkeypatch):
        monkeypatch.setattr(flood, "MOST_KNOWN", 3)
        buckets = flood.Buckets(size=1, every=10)
        for name in "abcd":
            buckets.take(name, 0.0)

        assert len(buckets._known) == 3
        assert buckets.take("d", 0.0) == 10.0


class TestAFormOfAnotherSite:
    @pytest.mark.parametrize(
        ("headers", "expected"),
        [
            ({"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_ORIGIN": "null"}, 403),
            ({"HTTP_SEC_FETCH_SITE": "same-site"}, 403),
            ({"HTTP_ORIGIN": "https://autre.example"}, 403),
            ({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "null"}, 200),
            ({"HTTP_ORIGIN": "http://testserver"}, 200),
            ({}, 200),  # an old browser says nothing
        ],
    )
    def test_is_refused_as_far_as_the_browser_tells(self, visitor, headers, expected):
        assert visitor.post("/aide/", {"need": "talk"}, **headers).status_code == expected


class TestBeingCalledBack:
    @pytest.fixture
    def counter(self, db):
        organisation = OrganisationFactory()
        Desk.objects.create(organisation=organisation, department=34, need="talk")
        return organisation

    def fill(self, monkeypatch, seconds: float = 20, **given) -> dict:
        """A form opened some seconds ago."""
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now - seconds)
        token = new_token()
        monkeypatch.setattr(time, "time", lambda: now)
        return {
            "need": "talk",
            "where": "34500",
            "phone": "06 39 98 12 34",
            "hours": "le mardi matin",
            "code_word": "hirondelle",
            "note": "demander Alma",
            "token": token,
        } | given

    def test_reaches_the_counter_of_the_place_and_the_need(self, visitor, counter, monkeypatch):
        answer = visitor.post("/rappel/", self.fill(monkeypatch))

        assert answer.status_code == 200
        assert "hirondelle" in text_of(answer)
        assert answer.cookies == {}
        kept = Callback.objects.get()
        assert kept.organisation == counter
        assert (kept.phone, kept.hours) == ("+33639981234", "le mardi matin")
        entry = TrailEntry.objects.get(verb="callback_asked")
        assert (entry.organisation, entry.side, entry.by) == (counter.slug, "support", None)

    def test_sent_twice_is_kept_once(self, visitor, counter, monkeypatch):
        form = self.fill(monkeypatch)
        visitor.post("/rappel/", form)
        visitor.post("/rappel/", form)

        assert Callback.objects.count() == 1

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ({"website": "http://x"}, "Laissez vide"),
            ({"phone": "0800 300 30"}, "n’est pas un numéro complet"),
            ({"where": "Saint-Denis"}, "écrivez le code postal"),
            ({"need": "stop"}, "choix valide"),
            ({"token": "faux"}, "Rechargez-la"),
            ({"code_word": ""}, "Remplissez ce champ"),
            ({"where": "Paris"}, "Aucun guichet ne rappelle pour cela dans ce département"),
        ],
    )
    def test_is_refused_with_the_reason(self, visitor, counter, monkeypatch, given, told):
        answer = visitor.post("/rappel/", self.fill(monkeypatch, **given))

        assert answer.status_code == 422
        assert told in text_of(answer)
        assert Callback.objects.count() == 0

    def test_is_not_written_faster_than_anybody_writes(self, visitor, counter, monkeypatch):
        answer = visitor.post("/rappel/", self.fill(monkeypatch, seconds=1))

        assert answer.status_code == 422
        assert Callback.objects.count() == 0

    def test_is_asked_five_times_by_one_address_and_then_waits(self, visitor, counter, monkeypatch):
        sent = [visitor.post("/rappel/", self.fill(monkeypatch)).status_code for _ in range(6)]

        assert sent == [200] * 5 + [429]


class TestAnEntryKeptByItsOrganisation:
    def test_is_put_right_by_its_link_once(self, visitor, publish):
        service = publish()
        address = reverse("entry_update", args=[make_link(service)])
        form = {"description": "Sur rendez-vous", "phone": "01 99 00 12 34", "cost": "Gratuit"}

        assert visitor.get(address).status_code == 200
        assert "à jour" in text_of(visitor.post(address, form))

        service.refresh_from_db()
        assert (service.cost, service.phone) == ("Gratuit", "01 99 00 12 34")
        assert service.verifier == "La Maison des Ormes"
        assert service.due_on == timezone.localdate() + timedelta(days=180)
        assert TrailEntry.objects.filter(verb="service_vouched_for", role="link").count() == 1
        assert visitor.get(address).status_code == 404

    def test_a_number_that_nobody_can_dial_is_refused_with_the_reason(self, visitor, publish):
        service = publish()
        address = reverse("entry_update", args=[make_link(service)])

        told = text_of(visitor.post(address, {"phone": "0800 300 30"}))

        assert "ne s’appelle pas depuis ce territoire" in told
        service.refresh_from_db()
        assert service.verified_on is None

    def test_a_closure_has_two_dates_and_closes(self, visitor, publish, opens, at):
        at(TUESDAY)
        service = publish()
        opens(service.site, weekday=1)
        address = reverse("entry_update", args=[make_link(service)])

        assert "deux dates" in text_of(visitor.post(address, {"closed_from": "1/3/2026"}))
        visitor.post(address, {"closed_from": "1/3/2026", "closed_to": "8/3/2026"})

        assert "Fermé jusqu’au dimanche 8 mars 2026" in text_of(visitor.get(f"/f/{service.uid}/"))

    @pytest.mark.parametrize("token", ["x", "x:y:z"])
    def test_a_link_that_was_not_given_opens_nothing(self, visitor, token):
        assert visitor.get(reverse("entry_update", args=[token])).status_code == 404

    def test_a_link_ends_after_thirty_days(self, visitor, publish, monkeypatch):
        token = make_link(publish())
        later = time.time() + 31 * 24 * 3600
        monkeypatch.setattr(time, "time", lambda: later)

        assert visitor.get(reverse("entry_update", args=[token])).status_code == 404

    def test_a_stranger_changes_nothing_of_it(self, publish):
        service = publish()
        stranger = LinkHolder(OrganisationFactory())

        with pytest.raises(type(service).DoesNotExist):
            actions.withdraw(service=service, by=stranger, version=0)
