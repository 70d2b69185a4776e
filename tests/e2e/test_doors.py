"""The doors, as somebody goes through them: an invitation, an application, a passkey, an export."""

from urllib.parse import urlsplit

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Page, expect
from tests.e2e.conftest import PHONE
from tests.e2e.gestures import (
    code_of,
    field,
    follow,
    give_both_factors,
    give_password,
    press,
    title,
    told,
    write,
)

from maillage.accounts import factors
from maillage.accounts.actions import others
from maillage.accounts.tests.signing import totp_now
from maillage.network.models import Membership
from maillage.programme.episodes.tests.factories import EpisodeFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
CHOSEN = "cinq mots sans rapport"


def plug_a_key_in(page: Page) -> None:
    """A key that checks its holder, as a telephone does by the finger."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True}
    options |= {"automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def link_an_application(page: Page) -> None:
    follow(page, "Relier une application")
    key = page.locator("code.given-code").inner_text().replace(" ", "")
    write(page, "Code affiché par l’application", totp_now(key))
    press(page, "Relier cette application")


@pytest.mark.parametrize("with_script", [True, False])
def test_an_invitation_ends_in_an_account_with_two_factors(house, desk, with_script):
    manager = desk(house.manager, java_script_enabled=with_script)
    manager.goto(reverse("accounts"))
    follow(manager, "Inviter quelqu’un")
    write(manager, "Adresse électronique professionnelle", "noe@exemple.test")
    manager.get_by_label("Accueil").check()
    press(manager, "Ouvrir l’invitation")
    link = urlsplit(field(manager, "Lien").input_value()).path

    guest = desk(None, viewport=PHONE, java_script_enabled=with_script)
    guest.goto(link)
    write(guest, "Votre prénom et votre nom", "Noé Vidal")
    write(guest, "Mot de passe", CHOSEN)
    write(guest, "Le même, encore une fois", CHOSEN)
    press(guest, "Ouvrir mon compte")
    title(guest, "Protégez votre compte")
    guest.goto("/espace/dossiers/")
    title(guest, "Protégez votre compte")
    link_an_application(guest)
    title(guest, "Vos codes de secours")
    press(guest, "Je les ai gardés")

    guest.goto("/espace/dossiers/")
    title(guest, "Dossiers")
    assert Membership.objects.get(user__email="noe@exemple.test").role == "reception"


def test_a_code_of_the_application_follows_the_password(house, desk):
    page = desk(None)
    page.goto("/connexion/?next=/espace/dossiers/")

    give_both_factors(page, house.practitioner)

    title(page, "Dossiers")
    assert page.url.endswith("/espace/dossiers/")


def test_a_passkey_is_linked_then_opens_the_account_alone(house, desk):
    page = desk(None)
    plug_a_key_in(page)
    page.goto("/connexion/")
    give_password(page, house.practitioner)
    title(page, "Protégez votre compte")
    write(page, "Nom de la clé", "mon téléphone")
    press(page, "Relier une clé d’accès")
    title(page, "Vos codes de secours")
    press(page, "Je les ai gardés")
    page.locator("details.menu summary", has_text="Session").click()
    press(page, "Se déconnecter")

    page.goto("/connexion/?next=/espace/dossiers/")
    press(page, "Se servir d’une clé d’accès")

    title(page, "Dossiers")
    assert factors.factors_of(house.practitioner.user)[0].name == "mon téléphone"


def test_a_passkey_follows_the_password_too(house, desk):
    page = desk(None)
    plug_a_key_in(page)
    page.goto("/connexion/")
    give_password(page, house.practitioner)
    write(page, "Nom de la clé", "clé USB bleue")
    press(page, "Relier une clé d’accès")
    press(page, "Je les ai gardés")
    page.locator("details.menu summary", has_text="Session").click()
    press(page, "Verrouiller")

    give_password(page, house.practitioner)
    title(page, "Votre second facteur")
    press(page, "Se servir d’une clé d’accès")

    page.wait_for_url("**/espace/**")
    assert page.context.cookies()


def test_a_key_that_does_not_answer_is_told_and_the_code_still_opens(house, desk):
    page = desk(None)
    plug_a_key_in(page)  # it knows no account
    page.goto("/connexion/")

    press(page, "Se servir d’une clé d’accès")

    expect(page.get_by_role("alert")).to_contain_text("La clé d’accès n’a pas répondu.")
    give_both_factors(page, house.practitioner)
    title(page, "20")


def test_an_old_session_confirms_then_exports(house, desk):
    EpisodeFactory(
        referral__participant__organisation=house.branch,
        referral__accepted=True,
        site=house.site,
        referent=house.practitioner.user,
    )
    page = desk(None)
    page.goto("/connexion/?next=/espace/dossiers/")
    give_both_factors(page, house.practitioner)
    title(page, "Dossiers")
    forget_the_second_factor(page)

    page.get_by_role("button", name="CSV", exact=True).click()
    title(page, "Confirmez que c’est bien vous")
    write(page, "Code", code_of(house.practitioner, steps=1))
    press(page, "Continuer")

    told(page, "Refaites maintenant votre envoi")
    assert page.url.endswith("/espace/dossiers/")
    with page.expect_download():
        page.get_by_role("button", name="CSV", exact=True).click()


def forget_the_second_factor(page: Page) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    cookie = next(each for each in page.context.cookies() if each["name"] == "maillage")
    session = SessionStore(cookie["value"])
    session["second_factor_at"] -= 3600
    session.save()


def test_who_is_shut_out_sees_the_door_at_the_next_click(house, desk):
    page = desk(house.practitioner)
    page.goto("/espace/dossiers/")

    others.end(by=house.manager, membership=house.practitioner)
    follow(page, "Réseau")

    title(page, "Se connecter")
    expect(page.get_by_text("Cette session a été fermée")).to_be_visible()


def test_the_secret_on_the_page_is_the_one_that_is_kept(house, desk):
    page = desk(None)
    page.goto("/connexion/")
    give_password(page, house.practitioner)
    follow(page, "Relier une application")
    key = page.locator("code.given-code").inner_text().replace(" ", "")
    expect(page.get_by_role("img", name="Dessin à lire")).to_be_visible()
    write(page, "Code affiché par l’application", totp_now(key))
    press(page, "Relier cette application")

    title(page, "Vos codes de secours")
    kept = Authenticator.objects.get(user=house.practitioner.user, type="totp").data["secret"]
    assert get_adapter().decrypt(kept) == key
