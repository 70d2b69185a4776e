"""A password opens half a door; the second factor opens the rest."""

import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maillage.accounts import factors
from maillage.accounts.actions import own
from maillage.accounts.models import FactorSecret, UserSession
from maillage.accounts.tests.signing import code_of, sign_in, totp_now
from maillage.core.errors import Refused
from maillage.core.models import ReadEntry, TrailEntry
from maillage.network.roles import GRANTS, Role, needs_second_factor
from maillage.network.tests.factories import MembershipFactory

ASKED = "/connexion/second-facteur/"


def texts(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ")


def wrong_code(by, client) -> str:
    right = {code_of(by, steps=step) for step in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


class TestWhoNeedsOne:
    def test_is_written_by_hand_for_every_role_of_both_sides(self):
        expected = {
            ("programme", "reception"): True,
            ("programme", "practitioner"): True,
            ("programme", "manager"): True,
            ("programme", "coordinator"): False,
            ("programme", "dpo"): True,
            ("programme", "administrator"): True,
            ("support", "manager"): True,
            ("support", "coordinator"): False,
            ("support", "dpo"): True,
            ("support", "administrator"): True,
        }

        found = {pair: needs_second_factor(*pair) for pair in expected}

        assert found == expected

    def test_holds_for_whoever_is_granted_names(self):
        reading = [pair for pair, grants in GRANTS.items() if "file_read" in grants]

        assert reading
        assert all(needs_second_factor(*pair) for pair in reading)


class TestTheRightPassword:
    def test_opens_nothing_while_the_code_is_waited_for(self, house, with_totp, give_password):
        client, answer = give_password(with_totp(house.practitioner))

        assert answer.url.startswith(ASKED)
        assert "_auth_user_id" not in client.session
        for route in ("today", "files", "account", "choose_membership"):
            assert client.get(reverse(route)).url.startswith("/connexion/?next=")

    def test_then_the_code_opens_the_page_that_was_asked_for(self, house, with_totp, give_password):
        by = with_totp(house.practitioner)
        client, answer = give_password(by, next="/espace/dossiers/")
        opened = client.post(answer.url, {"code": code_of(by), "next": "/espace/dossiers/"})

        assert opened.url == "/espace/dossiers/"
        assert client.get(opened.url).status_code == 200
        assert client.session["second_factor"] == "totp"
        assert time.time() - client.session["second_factor_at"] < 10

    def test_makes_wait_five_minutes_at_most(self, house, with_totp, give_password):
        by = with_totp(house.practitioner)
        client, _ = give_password(by)
        session = client.session
        session["half"] = {**session["half"], "at": time.time() - 301}
        session.save()

        answer = client.post(ASKED, {"code": code_of(by)})

        assert answer.url.startswith("/connexion/")
        assert "_auth_user_id" not in client.session

    def test_that_was_changed_meanwhile_opens_nothing(self, house, with_totp, give_password):
        by = with_totp(house.practitioner)
        client, _ = give_password(by)
        by.user.set_password("un tout autre mot de passe")
        by.user.save()

        assert client.post(ASKED, {"code": code_of(by)}).url.startswith("/connexion/")

    def test_of_one_person_takes_no_code_of_another(self, house, with_totp, give_password):
        by, other = with_totp(house.practitioner), with_totp(house.manager)
        client, _ = give_password(by)

        assert client.post(ASKED, {"code": code_of(other)}).status_code == 200
        assert "_auth_user_id" not in client.session


class TestTheCode:
    def test_serves_once(self, house, with_totp, give_password):
        by = with_totp(house.practitioner)
        code = code_of(by)
        first, _ = give_password(by)
        second, _ = give_password(by)

        assert first.post(ASKED, {"code": code}).status_code == 302
        assert second.post(ASKED, {"code": code}).status_code == 200
        assert "_auth_user_id" not in second.session

    def test_is_still_refused_a_minute_after_it_served(self, house, with_totp, monkeypatch):
        by = with_totp(house.practitioner)
        code = code_of(by, steps=1)
        assert factors.check_code(by.user, code) == "totp"
        later = timezone.now() + timedelta(seconds=45)
        monkeypatch.setattr("django.core.cache.backends.db.tz_now", lambda: later)
        now = time.time()
        monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: now + 45)

        assert validate_totp_code(secret_of(by), code)
        with pytest.raises(factors.Wrong):
            factors.check_code(by.user, code)

    def test_wrong_five_times_makes_wait_even_the_right_one(self, house, with_totp, give_password):
        by = with_totp(house.practitioner)
        client, _ = give_password(by)
        for _ in range(5):
            client.post(ASKED, {"code": wrong_code(by, client)})

        answer = client.post(ASKED, {"code": code_of(by)})

        assert "Trop d’essais. Attendez 5 minutes" in texts(answer)
        assert "_auth_user_id" not in client.session

    def test_that_is_wrong_is_written_in_the_trail_of_each_house(
        self, house, with_totp, give_password
    ):
        by = with_totp(house.practitioner)
        elsewhere = MembershipFactory(user=by.user, support=True)
        client, _ = give_password(by)

        client.post(ASKED, {"code": wrong_code(by, client)})

        told = TrailEntry.objects.filter(verb="second_factor_refused", by=by.user)
        assert {(each.organisation, each.side) for each in told} == {
            ("val-clair", "programme"),
            (elsewhere.organisation.slug, "support"),
        }

    @pytest.mark.parametrize("nonsense", ["", "x", "१२३४५६", "0" * 20, "12 34"])
    def test_nonsense_opens_nothing(self, house, with_totp, give_password, nonsense):
        client, _ = give_password(with_totp(house.practitioner))

        assert client.post(ASKED, {"code": nonsense}).status_code == 200
        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("nonsense", ["{}", "[]", "null", "x", '{"id":"a","response":{}}'])
    def test_a_nonsense_of_a_passkey_opens_nothing(self, house, with_totp, give_password, nonsense):
        client, _ = give_password(with_totp(house.practitioner))

        assert client.post(ASKED, {"credential": nonsense}).status_code == 200
        alone = Client().post("/connexion/cle/", {"credential": nonsense})
        assert "n’est reliée à aucun compte" in texts(alone)
        assert "_auth_user_id" not in client.session


def secret_of(by) -> str:
    return FactorSecret.objects.get(
        pk=Authenticator.objects.get(user=by.user, type="totp").data["secret"].split(":")[1]
    ).secret


class TestRecoveryCodes:
    def test_each_opens_once(self, house, with_totp, give_password):
        by = with_totp(house.practitioner)
        code = factors.recovery_codes_of(by.user).get_unused_codes()[0]
        first, _ = give_password(by)
        second, _ = give_password(by)

        assert first.post(ASKED, {"code": f"{code[:4]} {code[4:]}"}).status_code == 302
        assert "Il vous reste 9 codes de secours" in texts(first.get("/espace/"))
        assert second.post(ASKED, {"code": code}).status_code == 200

    def test_of_before_open_nothing_once_others_were_made(self, house, with_totp, give_password):
        by = with_totp(house.practitioner)
        old = factors.recovery_codes_of(by.user).get_unused_codes()[0]

        own.make_recovery_codes(by=by)

        client, _ = give_password(by)
        assert client.post(ASKED, {"code": old}).status_code == 200
        assert "_auth_user_id" not in client.session

    def test_are_shown_until_one_says_they_are_kept(self, house, with_totp, enter):
        by = with_totp(house.practitioner)
        client = enter(by)
        code = factors.recovery_codes_of(by.user).get_unused_codes()[0]
        shown = f"{code[:4]} {code[4:]}"
        assert shown in client.get("/espace/compte/codes/").content.decode()

        client.post("/espace/compte/codes/", {"kept": "1"})

        assert shown not in client.get("/espace/compte/codes/").content.decode()


class TestAMembershipThatNeedsOneAndHasNone:
    @pytest.mark.parametrize(
        "role", ["practitioner", "reception", "manager", "administrator", "dpo"]
    )
    def test_is_led_to_add_one_and_opens_nothing_else(self, house, give_password, role):
        client, answer = give_password(getattr(house, role))

        assert answer.status_code == 302
        for route in ("today", "files", "referrals", "network", "account", "accounts"):
            assert client.get(reverse(route)).url.startswith(reverse("factor_add"))
        assert client.post(reverse("search"), {"q": "a"}).url == reverse("factor_add")
        assert client.get(reverse("factor_add")).status_code == 200

    def test_opens_all_once_an_application_is_linked(self, house, give_password):
        client, _ = give_password(house.practitioner)
        client.get(reverse("totp_add"))
        secret = factors.new_totp(house.practitioner.user, client.session).secret
        code = totp_now(secret)

        answer = client.post(reverse("totp_add"), {"code": code, "next": "/espace/"})

        assert answer.url.startswith(reverse("recovery_codes"))
        assert client.get("/espace/").status_code == 200
        assert secret_of(house.practitioner) == secret

    def test_links_nothing_on_a_wrong_code(self, house, give_password):
        client, _ = give_password(house.practitioner)

        answer = client.post(reverse("totp_add"), {"code": "000 00"})

        assert "Ce code ne correspond pas" in texts(answer)
        assert not factors.has_factor(house.practitioner.user)

    def test_is_asked_for_the_one_that_was_added_in_another_browser(
        self, house, give_password, with_totp
    ):
        client, _ = give_password(house.practitioner)
        with_totp(house.practitioner)

        assert client.get("/espace/").url.startswith(reverse("step_up"))
        assert client.get(reverse("factor_add")).url.startswith(reverse("step_up"))

    def test_coordination_works_without(self, house, give_password):
        client, _ = give_password(house.coordinator)

        assert client.get("/espace/reseau/").status_code == 200


class TestRemoving:
    def test_the_last_one_is_refused_where_the_role_needs_it(self, house, with_totp):
        by = with_totp(house.practitioner)
        factor = factors.factors_of(by.user)[0]

        with pytest.raises(Refused, match="c’est le dernier"):
            own.remove_factor(by=by, pk=factor.pk)

        assert factors.has_factor(by.user)

    def test_that_of_somebody_else_does_not_exist(self, house, with_totp):
        theirs = factors.factors_of(with_totp(house.manager).user)[0]

        with pytest.raises(Authenticator.DoesNotExist):
            own.remove_factor(by=house.practitioner, pk=theirs.pk)

    def test_erases_its_secret_and_its_recovery_codes(self, house, with_totp):
        by = with_totp(house.coordinator)
        assert FactorSecret.objects.count() == 2

        own.remove_factor(by=by, pk=factors.factors_of(by.user)[0].pk)

        assert FactorSecret.objects.count() == 0
        assert TrailEntry.objects.get(verb="factor_removed").details == {"kind": "totp"}


class TestWhatIsStored:
    def test_no_secret_and_no_code_is_readable_in_the_database(self, house, give_password):
        client, _ = give_password(house.practitioner)
        client.get(reverse("totp_add"))
        secret = factors.new_totp(house.practitioner.user, client.session).secret
        client.post(reverse("totp_add"), {"code": totp_now(secret)})
        code = factors.recovery_codes_of(house.practitioner.user).get_unused_codes()[0]

        with connection.cursor() as cursor:
            cursor.execute("SELECT data FROM mfa_authenticator")
            kept = str(cursor.fetchall())
            cursor.execute("SELECT secret FROM accounts_factorsecret")
            kept += str([bytes(row[0]) for row in cursor.fetchall()])
        kept += str([each.get_decoded() for each in Session.objects.all()])

        assert secret_of(house.practitioner) == secret
        for clear in (secret, code):
            assert clear not in kept


class TestAnInventedAccount:
    def test_is_shown_the_code_of_the_moment_on_ones_own_machine(
        self, house, with_totp, give_password, settings
    ):
        by = with_totp(house.practitioner)
        by.user.is_invented = True
        by.user.save()
        client, _ = give_password(by)

        page = texts(client.get(ASKED))

        assert "Compte de démonstration" in page
        assert f"{code_of(by)[:3]} {code_of(by)[3:]}" in page

    @pytest.mark.parametrize(("mode", "invented"), [("production", True), ("local", False)])
    def test_is_shown_nothing_in_production_nor_is_anybody_else(
        self, house, with_totp, give_password, settings, mode, invented
    ):
        by = with_totp(house.practitioner)
        by.user.is_invented = invented
        by.user.save()
        settings.MODE = mode
        client, _ = give_password(by)

        assert "Compte de démonstration" not in texts(client.get(ASKED))
        assert factors.code_of_the_moment(by.user) == ""


class TestTheTrail:
    def test_tells_that_somebody_signed_in_and_by_what(self, house, with_totp, enter):
        enter(with_totp(house.practitioner))

        told = ReadEntry.objects.get(what="signed_in")
        assert (told.by, told.role, told.flag) == (
            house.practitioner.user,
            Role.PRACTITIONER,
            "totp",
        )

    def test_tells_which_side_was_chosen(self, house, with_totp, give_password):
        by = with_totp(house.practitioner)
        support = MembershipFactory(user=by.user, support=True)
        client, _ = give_password(by)
        client.post(ASKED, {"code": code_of(by)})
        assert not ReadEntry.objects.filter(what="signed_in").exists()

        client.post("/espace/cote/", {"membership": support.pk})

        assert ReadEntry.objects.get(what="signed_in").side == "support"


class TestASession:
    def test_that_no_door_opened_is_refused(self, house):
        client = Client()
        client._login(house.practitioner.user, "django.contrib.auth.backends.ModelBackend")

        assert client.get("/espace/").url.startswith("/connexion/?next=")

    def test_ends_ten_hours_after_it_was_opened_however_busy(self, house):
        client = sign_in(Client(), house.practitioner)
        session = client.session
        session["signed_in_at"] = time.time() - 10 * 3600 - 1
        session["seen"] = time.time()
        session.save()

        answer = client.get("/espace/", follow=True)

        assert "fin=duree" in answer.redirect_chain[0][0]
        assert "dix heures" in texts(answer)
        assert "_auth_user_id" not in client.session

    def test_still_goes_on_just_before(self, house):
        client = sign_in(Client(), house.practitioner)
        session = client.session
        session["signed_in_at"] = time.time() - 10 * 3600 + 60
        session.save()

        assert client.get("/espace/").status_code == 200

    def test_is_named_in_words_and_nothing_more(self, house, with_totp, give_password):
        by = with_totp(house.practitioner)
        agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        client = Client(headers={"user-agent": agent})
        give_password(by, client)
        client.post(ASKED, {"code": code_of(by)})

        assert UserSession.objects.get(user=by.user).device == "Firefox sur Linux"

    def test_that_is_locked_is_forgotten(self, house):
        client = sign_in(Client(), house.practitioner)

        client.post("/deconnexion/", {"lock": "1"})

        assert UserSession.objects.count() == 0


def test_an_invented_account_keeps_production_from_serving(house, settings):
    from maillage.core.checks import faults_of_accounts

    assert faults_of_accounts() == []
    house.practitioner.user.is_invented = True
    house.practitioner.user.save()
    assert faults_of_accounts() == []

    settings.MODE = "production"

    assert [fault[:30] for fault in faults_of_accounts()] == ["1 compte(s) de démonstration, "]
    cache.clear()
