"""What people do at the screen, in their words."""

import re
from datetime import date

from allauth.mfa.totp.internal.auth import generate_totp_secret
from playwright.sync_api import Locator, Page, expect

from maillage.accounts import factors
from maillage.accounts.actions import own
from maillage.accounts.tests.signing import code_of
from maillage.core.calendar import short_date
from maillage.network.models import Membership
from maillage.network.tests.factories import PASSWORD


def give_password(page: Page, by: Membership) -> None:
    write(page, "Adresse électronique", by.user.email)
    write(page, "Mot de passe", PASSWORD)
    press(page, "Se connecter")


def give_both_factors(page: Page, by: Membership) -> None:
    """The password, then a code of the application, that is linked now where none was."""
    if not factors.has_factor(by.user):
        own.add_totp(by=by, secret=generate_totp_secret())
    give_password(page, by)
    write(page, "Code", code_of(by))
    press(page, "Continuer")


def named(label: str) -> re.Pattern:
    """The label as a page writes it, followed by « (facultatif) » where it may stay empty."""
    return re.compile(rf"^\s*{label}(\s*\(facultatif\))?\s*$")


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(named(label))


def write(page: Page, label: str, text: str | date) -> None:
    field(page, label).fill(short_date(text) if isinstance(text, date) else text)


def select(page: Page, label: str, option: str) -> None:
    field(page, label).select_option(label=option)


def tick(page: Page, group: str, answer: str) -> None:
    """Chooses an answer of a group of round or square boxes."""
    page.get_by_role("group", name=named(group)).get_by_label(answer).check()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def press(page: Page, name: str) -> None:
    button(page, name).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def act(page: Page, name: str) -> None:
    """Opens the page of one act from the file: the one that is due, or one of the others."""
    main = page.get_by_role("main")
    direct = main.locator("section.due > .row > a").get_by_text(name, exact=True)
    if direct.count() == 0:
        main.get_by_text("Autres actes").first.click()
    main.locator("section.due").get_by_role("link", name=name, exact=True).first.click()


def told(page: Page, message: str) -> None:
    """Waits for what the page says after an act."""
    expect(page.locator("#messages")).to_contain_text(message)


def title(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def search(page: Page, words: str) -> None:
    if page.url == "about:blank":
        page.goto("/espace/")
    page.get_by_role("searchbox", name="Chercher une personne ou un dossier").fill(words)
    page.keyboard.press("Enter")
    title(page, "Chercher une personne")


def fill_referral(page: Page, *, received_on: str | date = "aujourd’hui") -> None:
    """The least that a referral says beside the person."""
    write(page, "Reçue le", received_on)
    select(page, "Orienteur", "SPIP")
    select(page, "Cadre juridique", "Postsentenciel")


def register_referral(
    page: Page,
    last_name: str,
    first_name: str,
    *,
    sex: str = "Homme",
    birth_date: str = "",
    received_on: str | date = "aujourd’hui",
) -> None:
    """Registers, from the empty form, somebody who resembles nobody."""
    page.goto("/espace/orientations/nouvelle/")
    write(page, "Nom", last_name)
    write(page, "Prénom", first_name)
    write(page, "Date de naissance", birth_date)
    tick(page, "Sexe", sex)
    fill_referral(page, received_on=received_on)
    press(page, "Enregistrer l’orientation")
    told(page, "Orientation enregistrée")
