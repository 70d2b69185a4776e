"""Signing in and out, idle sessions, the side one works on."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from maillage.core import throttle
from maillage.core.models import User
from maillage.network.models import Membership, Organisation

PASSWORD = "un mot de passe long"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture(autouse=True)
def no_earlier_failure(db):
    cache.clear()


@pytest.fixture
def branch():
    return Organisation.objects.create(slug="antenne-essai", name="Antenne d’essai")


@pytest.fixture
def camille(branch):
    user = User.objects.create_user("camille@exemple.fr", PASSWORD, name="Camille Essai")
    join(user, branch, "programme", "reception")
    return user


def join(user, organisation, side, role, **dates) -> Membership:
    return Membership.objects.create(
        user=user, organisation=organisation, side=side, role=role, **dates
    )


def sign_in(client, email="camille@exemple.fr", password=PASSWORD, **more):
    address = {"REMOTE_ADDR": more.pop("address", "192.0.2.1")}
    return client.post("/connexion/", {"email": email, "password": password, **more}, **address)


def message(response) -> str:
    """What the summary of errors says, its spaces made plain."""
    found = re.search(r'class="error-summary".*?<ul>(.*?)</ul>', response.content.decode(), re.S)
    words = re.sub(r"<[^>]+>", " ", found[1]) if found else ""
    return " ".join(words.replace("\u00a0", " ").split())


class TestSigningIn:
    def test_opens_a_session_under_a_new_key(self, client, camille):
        session = client.session
        session["something"] = 1
        session.save()
        before = session.session_key

        response = sign_in(client)

        assert response.status_code == 302
        assert client.session["_auth_user_id"] == str(camille.pk)
        assert client.session.session_key != before

    def test_takes_the_address_in_any_case(self, client, camille):
        assert sign_in(client, email="Camille@Exemple.FR").status_code == 302

    def test_goes_to_the_page_that_was_asked_for(self, client, camille):
        assert sign_in(client, next="/espace/dossiers/").url == "/espace/dossiers/"

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://example.org/",
            "//example.org/",
            "/\\example.org",
            "javascript:alert(1)",
            "http:///example.org",
        ],
    )
    def test_never_leads_to_another_host(self, client, camille, elsewhere):
        assert "example.org" not in sign_in(client, next=elsewhere).url
        assert sign_in(Client(), next=elsewhere).url.startswith("/espace/")

    def test_says_the_same_of_a_wrong_password_an_unknown_and_a_closed_account(
        self, client, camille
    ):
        User.objects.create_user("parti@exemple.fr", PASSWORD, name="Parti", is_active=False)

        wrong = sign_in(client, password="autre chose")
        unknown = sign_in(client, email="inconnu@exemple.fr")
        closed = sign_in(client, email="parti@exemple.fr")

        assert message(wrong) == message(unknown) == message(closed)
        assert message(wrong).startswith("L’adresse et le mot de passe ne vont pas ensemble.")
        assert {r.status_code for r in (wrong, unknown, closed)} == {200}

    def test_hashes_the_password_even_for_an_unknown_account(self, client, monkeypatch, settings):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        hashed = []
        encode = Argon2PasswordHasher.encode
        monkeypatch.setattr(
            Argon2PasswordHasher,
            "encode",
            lambda self, password, salt: hashed.append(1) or encode(self, password, salt),
        )

        sign_in(client, email="inconnu@exemple.fr")

        assert hashed == [1]

    def test_does_not_write_the_password_back_into_the_page(self, client, camille):
        assert b"secret essay" not in sign_in(client, password="secret essay").content

    def test_asks_nothing_of_somebody_already_signed_in(self, client, camille):
        client.force_login(camille)

        assert client.get("/connexion/?next=/espace/cote/").url == "/espace/cote/"

    def test_is_refused_without_the_token_of_the_page(self, camille):
        response = sign_in(Client(enforce_csrf_checks=True))

        assert response.status_code == 403
        assert "rechargez-la" in response.content.decode()


class TestWrongPasswords:
    def test_five_for_an_address_make_wait_even_the_right_password(self, client, camille):
        for _ in range(5):
            sign_in(client, password="faux")

        response = sign_in(client)

        assert message(response) == "Trop d’essais. Attendez 5 minutes, puis recommencez."
        assert "_auth_user_id" not in client.session

    def test_make_an_unknown_address_wait_alike(self, client, camille):
        for _ in range(5):
            sign_in(client, email="inconnu@exemple.fr")

        assert message(sign_in(client, email="INCONNU@exemple.fr")) == (
            "Trop d’essais. Attendez 5 minutes, puis recommencez."
        )

    def test_of_one_person_do_not_stop_a_colleague_behind_the_same_address(self, client, camille):
        for _ in range(12):
            sign_in(client, email="inconnu@exemple.fr")

        assert sign_in(client).status_code == 302

    def test_thirty_from_one_place_make_that_place_wait_and_no_other(self, client, camille):
        for n in range(30):
            sign_in(client, email=f"inconnu{n}@exemple.fr")

        assert message(sign_in(client)).startswith("Trop d’essais.")
        assert sign_in(client, address="192.0.2.77").status_code == 302

    def test_that_are_refused_take_no_further_place(self, client, camille):
        for _ in range(60):
            sign_in(client, email="inconnu@exemple.fr")

        assert sign_in(client).status_code == 302

    def test_made_at_the_same_time_take_a_place_each(self, monkeypatch):
        monkeypatch.setattr(cache, "get_many", lambda keys: {})
        for n in range(5):
            throttle.Try("camille@exemple.fr", f"192.0.2.{n}")

        with pytest.raises(throttle.TooMany):
            throttle.Try("camille@exemple.fr", "192.0.2.99")

    def test_are_forgotten_after_a_right_one(self, client, camille):
        for _ in range(4):
            sign_in(client, password="faux")
        sign_in(client)
        for _ in range(4):
            sign_in(Client(), password="faux")

        assert sign_in(Client()).status_code == 302

    def test_are_forgotten_after_five_minutes(self, client, camille, monkeypatch):
        for _ in range(5):
            sign_in(client, password="faux")

        later = timezone.now() + timedelta(minutes=5, seconds=1)
        monkeypatch.setattr("django.core.cache.backends.db.tz_now", lambda: later)

        assert sign_in(client).status_code == 302

    def test_leave_no_address_readable_in_the_cache(self, client, camille):
        sign_in(client, password="faux")

        with connection.cursor() as cursor:
            cursor.execute("SELECT cache_key, value FROM core_cache")
            rows = cursor.fetchall()
        assert len(rows) == 2
        assert not [row for row in rows if "camille" in str(row) or "192.0.2.1" in str(row)]

    def test_believe_a_forwarded_address_only_behind_our_proxy(self, client, camille, settings):
        headers = {"HTTP_X_FORWARDED_FOR": "198.51.100.9, 203.0.113.5"}
        for n in range(30):
            client.post("/connexion/", {"email": f"i{n}@exemple.fr", "password": "x"}, **headers)

        assert message(sign_in(client, address="127.0.0.1")).startswith("Trop d’essais.")

        cache.clear()
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        for n in range(30):
            client.post("/connexion/", {"email": f"i{n}@exemple.fr", "password": "x"}, **headers)

        assert sign_in(client, address="127.0.0.1").status_code == 302


class TestSigningOut:
    def test_ends_the_session_and_leads_to_the_public_page(self, client, camille):
        client.force_login(camille)

        assert client.post("/deconnexion/").url == "/"
        assert client.get("/espace/cote/").status_code == 302

    def test_is_not_done_by_following_a_link(self, client, camille):
        client.force_login(camille)

        assert client.get("/deconnexion/").status_code == 405

    def test_locking_comes_back_to_the_page_once_signed_in_again(self, client, camille):
        client.force_login(camille)

        response = client.post("/deconnexion/", {"lock": "1", "next": "/espace/cote/"})

        assert response.url.startswith("/connexion/?next=%2Fespace%2Fcote%2F")
        assert "Session verrouillée" in client.get(response.url).content.decode()
        assert "_auth_user_id" not in client.session


class TestASessionLeftAlone:
    def test_ends_after_fifteen_minutes_and_says_so(self, client, camille):
        client.force_login(camille)
        client.get("/espace/cote/")
        session = client.session
        session["seen"] -= 15 * 60 + 1
        session.save()

        response = client.get("/espace/cote/", follow=True)

        assert response.redirect_chain[0][0].startswith("/connexion/?next=%2Fespace%2Fcote%2F")
        said = response.content.decode().replace("\u00a0", " ")
        assert "Votre session s’est terminée après 15 minutes sans activité" in said
        assert "_auth_user_id" not in client.session

    def test_says_it_once(self, client, camille):
        client.force_login(camille)
        client.get("/espace/cote/")
        session = client.session
        session["seen"] -= 15 * 60 + 1
        session.save()
        client.get("/espace/cote/", follow=True)

        assert "sans activité" not in client.get("/connexion/").content.decode()

    def test_goes_on_while_it_is_used(self, client, camille):
        client.force_login(camille)
        client.get("/espace/cote/")
        session = client.session
        session["seen"] -= 14 * 60
        session.save()

        assert client.get("/espace/cote/").status_code == 200


class TestChoosingTheSide:
    def test_offers_each_usable_membership_and_no_ended_one(self, client, camille, branch):
        other = Organisation.objects.create(slug="autre", name="Autre maison")
        yesterday = timezone.localdate() - timedelta(days=1)
        join(camille, branch, "support", "practitioner")
        join(camille, other, "support", "manager", starts_on=yesterday, ends_on=yesterday)
        client.force_login(camille)

        page = client.get("/espace/cote/").content.decode()

        assert "Accompagnement des auteurs" in page
        assert "Aide aux victimes et aux familles" in page
        assert "Autre maison" not in page

    def test_works_under_the_chosen_one_with_a_new_session_key(self, client, camille, branch):
        support = join(camille, branch, "support", "practitioner")
        client.force_login(camille)
        before = client.session.session_key

        client.post("/espace/cote/", {"membership": support.pk})

        assert client.session["membership"] == support.pk
        assert client.session.session_key != before

    def test_is_refused_for_the_membership_of_somebody_else(self, client, camille, branch):
        stranger = User.objects.create_user("autre@exemple.fr", PASSWORD, name="Autre")
        theirs = join(stranger, branch, "support", "manager")
        client.force_login(camille)

        assert client.post("/espace/cote/", {"membership": theirs.pk}).status_code == 404
        assert client.session.get("membership") != theirs.pk

    @pytest.mark.parametrize("nonsense", ["", "x", "9" * 30])
    def test_answers_nonsense_with_not_found(self, client, camille, nonsense):
        client.force_login(camille)

        assert client.post("/espace/cote/", {"membership": nonsense}).status_code == 404

    def test_tells_whom_to_ask_when_there_is_none(self, client):
        client.force_login(User.objects.create_user("seul@exemple.fr", PASSWORD, name="Seul"))

        page = client.get("/espace/cote/").content.decode()

        assert "la personne qui administre Maillage" in page
        assert 'name="membership"' not in page
