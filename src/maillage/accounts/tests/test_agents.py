"""Agents of public bodies, against a provider that really answers on the loopback address."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from oidc_provider_mock import User as ProviderUser
from oidc_provider_mock import run_server_in_thread

from maillage.accounts import factors, oidc
from maillage.accounts.actions import others
from maillage.accounts.models import Identity
from maillage.accounts.tests.signing import sign_in
from maillage.core.models import User
from maillage.network.models import Membership

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
]
MFA = {"amr": ["pwd", "mfa"], "given_name": "Inès", "usual_name": "Puigmal"}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider who knows agents with and without a strong factor."""
    people = [
        ProviderUser(sub="agent-1", claims=MFA | {"email": "alma@exemple.test"}),
        ProviderUser(sub="fresh", claims=MFA),
        ProviderUser(sub="stale", claims=MFA | {"auth_time": 1600000000}),
        ProviderUser(sub="timeless", claims=MFA | {"auth_time": None}),
        ProviderUser(sub="password", claims={"amr": ["pwd"]}),
        ProviderUser(sub="silent", claims={}),
        ProviderUser(sub="eidas", claims={"amr": ["pwd"], "acr": "eidas2"}),
    ]
    with run_server_in_thread(user_claims=people, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(autouse=True)
def _configured(settings, provider, house):
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = provider, "maillage"
    settings.OIDC_CLIENT_SECRET = "secret-of-the-test"


def leave(client: Client, **asked) -> str:
    """Asks for the provider's page; gives its address."""
    return client.get(reverse("agents"), asked).url


def authorise(address: str, subject: str) -> str:
    """Signs in at the provider; gives the path that its answer leads back to."""
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def pass_by(client: Client, subject: str, **asked):
    return client.get(authorise(leave(client, **asked), subject))


def texts(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ")


@pytest.fixture
def known(house, provider):
    """The practitioner, linked to an agent of the provider."""
    return Identity.objects.create(user=house.practitioner.user, issuer=provider, subject="agent-1")


class TestWhatIsAskedOfTheProvider:
    def test_holds_a_state_a_nonce_and_a_challenge_new_each_time(self):
        first, second = (parse_qs(urlsplit(leave(Client())).query) for _ in range(2))

        for name in ("state", "nonce", "code_challenge"):
            assert len(first[name][0]) >= 43
            assert first[name] != second[name]
        assert first["code_challenge_method"] == ["S256"]
        assert first["prompt"] == ["login"]
        assert "amr" in first["claims"][0]


class TestAnAgentWhoIsKnown:
    def test_enters_by_issuer_and_subject_with_both_factors_given(self, known):
        client = Client()

        answer = pass_by(client, "agent-1", next="/espace/dossiers/")

        assert answer.url == "/espace/dossiers/"
        assert client.get(answer.url).status_code == 200
        assert client.session["_auth_user_id"] == str(known.user.pk)
        assert client.session["second_factor"] == factors.AGENT

    def test_is_nobody_here_once_the_account_is_closed(self, known):
        User.objects.filter(pk=known.user.pk).update(is_active=False)

        assert pass_by(Client(), "agent-1").status_code == 403

    def test_of_another_issuer_is_somebody_else(self, known):
        Identity.objects.update(issuer="https://autre.example")

        assert pass_by(Client(), "agent-1").status_code == 403

    def test_is_one_account_only(self, known, house):
        with pytest.raises(IntegrityError), transaction.atomic():
            Identity.objects.create(
                user=house.manager.user, issuer=known.issuer, subject=known.subject
            )


class TestAnAgentWhomNobodyKnows:
    def test_registers_nothing(self, house):
        before = User.objects.count()
        client = Client()

        answer = pass_by(client, "agent-1")

        assert answer.status_code == 403
        assert "n’est relié à aucun compte" in texts(answer)
        assert User.objects.count() == before
        assert "_auth_user_id" not in client.session

    def test_is_not_recognised_by_an_e_mail(self, house):
        User.objects.filter(pk=house.reception.user.pk).update(email="alma@exemple.test")

        assert pass_by(Client(), "agent-1").status_code == 403
        assert not Identity.objects.exists()

    def test_enters_by_an_invitation_once(self, house, provider):
        invitation = others.invite(
            by=house.manager,
            email="ines@exemple.test",
            role="reception",
            until=others.a_year_ahead(),
        )
        client = Client()

        answer = pass_by(client, "agent-1", invitation=invitation.token)

        assert answer.status_code == 302
        member = Membership.objects.get(user__email="ines@exemple.test")
        assert (member.user.name, member.role) == ("Inès Puigmal", "reception")
        assert not member.user.has_usable_password()
        identity = Identity.objects.get(user=member.user)
        assert (identity.issuer, identity.subject) == (provider, "agent-1")
        assert client.get("/espace/").status_code == 200
        assert pass_by(Client(), "eidas", invitation=invitation.token).status_code == 403


class TestTheStrengthOfALogin:
    @pytest.mark.parametrize("subject", ["password", "silent", "eidas"])
    def test_without_a_second_factor_is_refused_in_plain_words(self, house, provider, subject):
        Identity.objects.create(user=house.practitioner.user, issuer=provider, subject=subject)
        client = Client()

        answer = pass_by(client, subject)

        assert answer.status_code == 403
        assert "ne dit pas que vous avez donné un second facteur" in texts(answer)
        assert "_auth_user_id" not in client.session

    def test_may_be_told_by_a_level_that_the_host_named(self, house, provider, settings):
        settings.OIDC_STRONG_ACR = ["eidas2"]
        Identity.objects.create(user=house.practitioner.user, issuer=provider, subject="eidas")

        assert pass_by(Client(), "eidas").status_code == 302


class TestAnAnswer:
    def test_to_another_state_is_refused(self, known):
        client = Client()
        back = authorise(leave(client), "agent-1")

        answer = client.get(back.replace("state=", "state=x"))

        assert answer.status_code == 403
        assert "n’est pas celle de votre demande" in texts(answer)

    def test_in_another_browser_is_refused(self, known):
        back = authorise(leave(Client()), "agent-1")

        assert Client().get(back).status_code == 403

    def test_serves_once(self, known):
        client = Client()
        back = authorise(leave(client), "agent-1")
        client.get(back)
        client.post("/deconnexion/")

        assert client.get(back).status_code == 403

    def test_whose_nonce_is_another_is_refused(self, known):
        client = Client()
        back = authorise(leave(client), "agent-1")
        session = client.session
        session["oidc"] = {**session["oidc"], "nonce": "x" * 64}
        session.save()

        assert client.get(back).status_code == 403

    def test_that_waited_more_than_ten_minutes_is_refused(self, known):
        client = Client()
        back = authorise(leave(client), "agent-1")
        session = client.session
        session["oidc"] = {**session["oidc"], "at": session["oidc"]["at"] - 601}
        session.save()

        assert client.get(back).status_code == 403

    def test_that_tells_an_error_is_refused(self, known):
        client = Client()
        state = parse_qs(urlsplit(leave(client)).query)["state"][0]

        answer = client.get(reverse("agents_return"), {"error": "access_denied", "state": state})

        assert answer.status_code == 403

    @pytest.mark.parametrize(
        "change",
        [{"aud": "autre"}, {"iss": "https://autre.example"}, {"exp": 1}, {"azp": "autre"}],
    )
    def test_of_a_token_for_another_or_too_old_is_refused(self, monkeypatch, provider, change):
        token, key = signed_token(provider, change)
        monkeypatch.setattr(oidc, "_key", lambda *given: key)

        with pytest.raises(oidc.NotVouched):
            oidc._read(token)

    def test_of_a_token_that_is_right_is_read(self, monkeypatch, provider):
        token, key = signed_token(provider, {})
        monkeypatch.setattr(oidc, "_key", lambda *given: key)

        assert oidc._read(token)["sub"] == "agent-1"

    def test_of_a_token_that_the_provider_did_not_sign_is_refused(self, provider):
        token, _ = signed_token(provider, {})

        with pytest.raises(oidc.NotVouched):
            oidc._read(token)


def signed_token(provider: str, change: dict):
    """A token like the provider's, signed by a key of our own."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = {"iss": provider, "aud": "maillage", "sub": "agent-1", "nonce": "n"}
    claims |= {"iat": 1700000000, "exp": 4102444800} | change
    token = jwt.encode(claims, private, "RS256", headers={"kid": "ours"})
    return token, jwt.PyJWK.from_dict(
        jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True) | {"kid": "ours"}
    )


class TestConfirming:
    def test_by_the_provider_counts_when_it_asked_again(self, house, provider):
        Identity.objects.create(user=house.practitioner.user, issuer=provider, subject="fresh")
        client = sign_in(Client(), house.practitioner, method="agent")
        session = client.session
        session["second_factor_at"] -= 3600
        session.save()

        answer = pass_by(client, "fresh", next="/espace/dossiers/")

        assert answer.url == "/espace/dossiers/"
        assert client.post(reverse("files_export"), {"layout": "csv"}).status_code == 200

    @pytest.mark.parametrize("subject", ["stale", "timeless"])
    def test_counts_for_nothing_where_the_provider_did_not_ask_again(
        self, house, provider, subject
    ):
        Identity.objects.create(user=house.practitioner.user, issuer=provider, subject=subject)
        client = sign_in(Client(), house.practitioner, method="agent")

        assert pass_by(client, subject).status_code == 403

    def test_is_refused_to_another_agent(self, house, provider):
        Identity.objects.create(user=house.manager.user, issuer=provider, subject="fresh")
        client = sign_in(Client(), house.practitioner, method="agent")

        assert pass_by(client, "fresh").status_code == 403


class TestAnUnsafeProvider:
    def test_in_clear_is_not_joined_in_production(self, settings):
        settings.MODE = "production"

        answer = Client().get(reverse("agents"))

        assert answer.status_code == 403
        assert "connexion sûre" in texts(answer)

    def test_that_names_itself_otherwise_is_refused(self, settings, provider):
        settings.OIDC_ISSUER = provider.replace("localhost", "127.0.0.1") + "/"
        settings.OIDC_ISSUER = provider.replace("localhost", "LOCALHOST")

        assert Client().get(reverse("agents")).status_code == 403

    def test_that_does_not_answer_is_told(self, settings):
        settings.OIDC_ISSUER = "http://localhost:9"

        answer = Client().get(reverse("agents"))

        assert answer.status_code == 403
        assert "ne répond pas" in texts(answer)
