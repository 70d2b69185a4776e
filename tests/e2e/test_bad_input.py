"""Every form says what to do, where, and keeps what was typed."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.e2e.gestures import field, press, tick, title, write

from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeFactory,
    EpisodeModuleFactory,
)
from maillage.programme.intake.tests.factories import ReferralFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),
]

# fmt: off
FORMS = {
    # page                 of whom     what it says when it is empty
    "referral_new":         ("",         "Indiquez le sexe"),
    "referral_add":         ("exited",   "« Orienteur »"),
    "referral_edit":        ("received", "« Reçue le »"),
    "identity_edit":        ("received", None),  # whose fields may all stay empty
    "referral_wait":        ("received", "« Inscrite le »"),
    "referral_assess_plan": ("received", "« Le »"),
    "referral_return":      ("received", "« Motif »"),
    "referral_redirect":    ("received", "« Antenne qui reçoit »"),
    "referral_close":       ("received", "« Motif »"),
    "assessment_new":       ("received", "« Conclusion »"),
    "episode_accept":       ("received", "« Entrée dans le suivi le »"),
    "contact_attempt_new":  ("received", "« Résultat »"),
    "note_new":             ("open",     "« Texte »"),
    "appointment_new":      ("open",     "« Heure »"),
    "appointment_postpone": ("planned",  "« Qui demande le report »"),
    "module_start":         ("open",     "« Commence le »"),
    "module_end":           ("module",   "« Terminé le »"),
    "situation_change":     ("open",     "« Depuis le »"),
    "episode_exit":         ("open",     "« Motif »"),
    "episode_exit_cancel":  ("exited",   "« Pourquoi la sortie est annulée »"),
}
DAYS = {
    # page                 the past only                               any day
    "referral_new":         (("Date de naissance", "Reçue le"),         ("À faire avant le",)),
    "referral_add":         (("Reçue le",),                             ("À faire avant le",)),
    "referral_edit":        (("Reçue le",),                             ("À faire avant le",)),
    "identity_edit":        (("Date de naissance",),                    ()),
    "referral_wait":        (("Inscrite le",),                          ()),
    "referral_assess_plan": (("Le",),                                   ()),
    "referral_return":      (("Le",),                                   ()),
    "referral_redirect":    (("Le",),                                   ()),
    "referral_close":       (("Le",),                                   ()),
    "assessment_new":       (("Entretien du", "Contrat de participation signé le"), ()),
    "episode_accept":       (("Entrée dans le suivi le",),              ()),
    "contact_attempt_new":  (("Date",),                                 ()),
    "note_new":             (("Date",),                                 ()),
    "appointment_new":      ((),                                        ("Date",)),
    "appointment_postpone": ((),                                        ("Nouvelle date",)),
    "module_start":         (("Commence le",),                          ()),
    "module_end":           (("Terminé le",),                           ()),
    "situation_change":     (("Depuis le",),                            ()),
    "episode_exit":         (("Sortie le",),                            ()),
}
# fmt: on


@pytest.fixture
def addresses(house):
    """The page of each form, for the person whose state opens it."""
    given = {"participant__organisation": house.branch, "steps": house.practitioner}
    received = ReferralFactory(**given)
    entered_on = timezone.localdate() - timedelta(days=60)
    course = {"site": house.site, "referent": house.practitioner.user, "entered_on": entered_on}
    open_one = EpisodeFactory(referral=ReferralFactory(accepted=True, **given), **course)
    exited = EpisodeFactory(
        referral=ReferralFactory(accepted=True, **given),
        exited_on=timezone.localdate(),
        exit_reason="concertee",
        **course,
    )
    planned = AppointmentFactory(referral=open_one.referral, practitioner=house.practitioner.user)
    module = EpisodeModuleFactory(episode=open_one)
    known = {
        "": [],
        "received": [received.uid],
        "open": [open_one.referral.uid],
        "exited": [exited.referral.uid],
        "planned": [planned.pk],
        "module": [open_one.referral.uid, module.pk],
    }

    def address(route: str) -> str:
        whose = FORMS[route][0]
        if route == "identity_edit":
            return reverse(route, args=[received.participant.uid])
        if route == "referral_add":
            return reverse(route, args=[exited.participant.uid])
        return reverse(route, args=known[whose])

    return address


def empty(page: Page) -> None:
    """Clears what the form proposes, where it can be cleared."""
    page.locator("main form").evaluate_all(
        """forms => forms.forEach(form => [...form.elements].forEach(control => {
            if (control.matches("input[type=text], input[type=tel], textarea")) control.value = "";
            if (control.querySelector("option[value='']")) control.value = "";
        }))"""
    )


def send(page: Page) -> None:
    page.locator(".form-actions button").first.click()


def refused(page: Page, words: str) -> None:
    """The summary has the focus, says the words, and its first link leads to the control."""
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text(words)
    assert page.title().startswith("Erreur")
    link = summary.get_by_role("link").first
    place = link.get_attribute("href").removeprefix("#")
    link.click()
    assert page.evaluate(
        "place => document.activeElement.id === place || "
        "document.getElementById(place).contains(document.activeElement)",
        place,
    ), place


def test_an_empty_form_is_refused_with_a_link_to_each_field(house, desk, addresses):
    practitioner, manager = desk(house.practitioner), desk(house.manager)
    for route, (_, words) in FORMS.items():
        if words is None:
            continue
        page = manager if route == "episode_exit_cancel" else practitioner
        page.goto(addresses(route))
        empty(page)
        send(page)
        refused(page, words)


def test_what_is_wrong_is_told_in_the_order_of_the_page(house, desk):
    page = desk(house.reception)
    page.goto(reverse("referral_new"))
    empty(page)
    send(page)

    expect(page.locator(".error-summary a")).to_have_text(
        [re.compile(words) for words in ("le sexe", "Reçue le", "Orienteur", "Cadre juridique")]
    )


def test_a_day_that_cannot_be_is_refused_and_kept_as_typed(house, desk, addresses):
    page = desk(house.practitioner)
    for route, (past, free) in DAYS.items():
        page.goto(addresses(route))
        for label in (*past, *free):
            write(page, label, "31/02/2026")
        send(page)
        refused(page, "31/02/2026")
        for label in (*past, *free):
            expect(field(page, label)).to_have_value("31/02/2026")
            expect(field(page, label)).to_have_attribute("aria-invalid", "true")
        for label in past:
            write(page, label, "demain")
        send(page)
        said = page.locator(".error-summary").get_by_text("est à venir. Écrivez une date passée.")
        expect(said).to_have_count(len(past))


def test_signing_in_with_nothing_says_what_to_write(desk, house):
    page = desk(None)
    page.goto("/connexion/")

    press(page, "Se connecter")

    refused(page, "Écrivez votre adresse électronique.")


def test_a_number_that_is_no_telephone_is_refused_and_kept(house, desk):
    page = desk(house.reception)
    page.goto("/espace/orientations/nouvelle/")
    tick(page, "Sexe", "Femme")
    write(page, "Téléphone", "06 12")
    press(page, "Enregistrer l’orientation")

    refused(page, "« 06 12 » n’est pas un numéro complet.")
    expect(field(page, "Téléphone")).to_have_value("06 12")
    title(page, "Nouvelle orientation")
