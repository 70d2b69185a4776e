"""What every page owes to whoever opens it, the public one and those of errors included."""

import re

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import Client

from maillage.core.models import User
from maillage.core.views import permission_denied, server_error
from maillage.network.models import Membership, Organisation

PASSWORD = "un mot de passe long"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture
def camille():
    user = User.objects.create_user("camille@exemple.fr", PASSWORD, name="Camille Essai")
    branch = Organisation.objects.create(slug="antenne-essai", name="Antenne d’essai")
    Membership.objects.create(user=user, organisation=branch, side="programme", role="reception")
    return user


class TestThePagesThemselves:
    @pytest.mark.parametrize("path", ["/", "/connexion/", "/espace/cote/", "/rien/"])
    def test_are_kept_by_no_browser_nor_proxy(self, client, camille, path):
        client.force_login(camille)

        assert client.get(path).headers["Cache-Control"] == "no-store, private"

    def test_the_public_page_sets_no_cookie_and_asks_nothing_of_the_database(
        self, client, django_assert_num_queries
    ):
        with django_assert_num_queries(0):
            response = client.get("/")

        assert response.status_code == 200
        assert not response.cookies
        for number in ("17", "112", "114", "3919", "119", "116 006", "08 019 019 11"):
            assert number in response.content.decode().replace("\u00a0", " ")

    def test_the_public_page_shows_nothing_of_whoever_is_signed_in(self, client, camille):
        client.force_login(camille)

        assert client.get("/").content == Client().get("/").content

    @pytest.mark.parametrize("path", ["/", "/connexion/", "/rien/"])
    def test_ask_nothing_of_another_host(self, client, path):
        page = client.get(path).content.decode()
        fetched = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page)

        assert fetched
        assert [url for url in fetched if not url.startswith(("/static/", "data:,"))] == []
        assert " style=" not in page

    def test_an_unknown_page_says_so_in_french(self, client):
        response = client.get("/rien/")

        assert response.status_code == 404
        assert "Page introuvable" in response.content.decode()

    def test_a_breakdown_is_told_without_the_database(self, rf, django_assert_num_queries):
        with django_assert_num_queries(0):
            response = server_error(rf.get("/"))

        assert response.status_code == 500
        assert "Ce que vous avez envoyé n’est pas enregistré" in response.content.decode()

    def test_a_refusal_gives_its_reason_to_a_page_and_to_a_fragment(self, rf):
        refusal = PermissionDenied("Seule la personne responsable peut clore ce dossier.")
        page = permission_denied(rf.get("/"), refusal)
        fragment = permission_denied(rf.get("/", headers={"HX-Request": "true"}), refusal)

        assert page.status_code == fragment.status_code == 403
        assert "Seule la personne responsable peut clore ce dossier." in page.content.decode()
        assert fragment.content.decode() == "Seule la personne responsable peut clore ce dossier."
        assert fragment.headers["Content-Type"].startswith("text/plain")


class TestAFormThatASitePosts:
    @pytest.fixture
    def post(self):
        client = Client(enforce_csrf_checks=True)
        client.get("/connexion/")
        token = client.cookies[settings.CSRF_COOKIE_NAME].value

        def send(**headers: str) -> int:
            fields = {"csrfmiddlewaretoken": token}
            return client.post("/connexion/", fields, headers=headers).status_code

        return send

    def test_is_heard_from_our_own_page_that_tells_nobody_where_it_was_read(self, post):
        assert post(Origin="null", Sec_Fetch_Site="same-origin") == 200

    def test_is_heard_from_a_browser_too_old_to_say_whose_page_it_was(self, post):
        assert post(Origin="null") == 200

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
    def test_is_refused_where_the_page_was_not_ours(self, post, site):
        assert post(Origin="null", Sec_Fetch_Site=site) == 403

    def test_is_refused_from_another_site_that_gives_its_name(self, post):
        assert post(Origin="https://ailleurs.example", Sec_Fetch_Site="same-origin") == 403

    def test_is_refused_without_our_token(self):
        client = Client(enforce_csrf_checks=True)

        assert (
            client.post("/connexion/", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403
        )


PAGES = ["/", "/aide/", "/connexion/", "/espace/cote/", "/espace/compte/", "/rien/"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_tells_the_next_where_it_was_read(client, camille, path):
    client.force_login(camille)

    assert client.get(path).headers["Referrer-Policy"] == "no-referrer"


class TestThePolicyOfContents:
    def read(self, client, path: str) -> tuple[dict[str, set[str]], str]:
        response = client.get(path)
        parts = response.headers["Content-Security-Policy"].split(";")
        words = [part.split() for part in parts if part.strip()]
        return {name: set(sources) for name, *sources in words}, response.content.decode()

    @pytest.mark.parametrize("path", PAGES)
    def test_lets_nothing_in_but_what_is_ours(self, client, camille, path):
        client.force_login(camille)

        policy, _ = self.read(client, path)
        assert policy["default-src"] == {"'none'"}
        assert policy["object-src"] == policy["base-uri"] == {"'none'"}
        assert policy["frame-ancestors"] == {"'none'"}
        assert policy["style-src"] == policy["font-src"] == {"'self'"}
        assert policy["connect-src"] == policy["form-action"] == {"'self'"}
        assert policy["img-src"] == {"'self'", "data:"}
        nonces = policy["script-src"] - {"'self'"}
        assert all(each.startswith("'nonce-") for each in nonces)

    @pytest.mark.parametrize("path", PAGES)
    def test_names_each_script_of_a_page_by_a_word_that_serves_once(self, client, camille, path):
        client.force_login(camille)

        policy, page = self.read(client, path)
        again, _ = self.read(client, path)
        nonces = {each[7:-1] for each in policy["script-src"] - {"'self'"}}
        for script in re.findall(r"<script\b[^>]*>", page):
            given = re.search(r'nonce="([^"]+)"', script)
            assert "src=" in script or "application/ld+json" in script
            assert given is None or given[1] in nonces
        assert not nonces or not nonces & {each[7:-1] for each in again["script-src"]}

    def test_no_page_is_framed(self, client, camille):
        client.force_login(camille)

        for path in PAGES:
            assert client.get(path).headers["X-Frame-Options"] == "DENY"
