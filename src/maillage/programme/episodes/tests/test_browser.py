"""A real browser: one click marks, a filter narrows in place, the same without scripts."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from maillage.config.environment import PROJECT_DIR
from maillage.core.models import Draft
from maillage.programme.episodes.models import Appointment
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeModuleFactory,
    NoteFactory,
    SituationChangeFactory,
)
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ContactAttemptFactory,
    ObligationFactory,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

AXE = PROJECT_DIR / "node_modules/axe-core/axe.min.js"
PHONE, SCREEN = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture
def enter(live_server, signed_in, browser):
    """Opens a page of a browser of its own, signed in as somebody."""

    def sign_in(by, **options):
        context = browser.new_context(**options)
        session = signed_in(by).cookies["maillage"].value
        context.add_cookies([{"name": "maillage", "value": session, "url": live_server.url}])
        page = context.new_page()
        return page, lambda route, *args: page.goto(live_server.url + reverse(route, args=args))

    return sign_in


@pytest.fixture
def episode(house):
    """A follow-up with something of everything, and a meeting of yesterday to be marked."""
    episode = house.episode()
    referral, by = episode.referral, house.practitioner.user
    AppointmentFactory(referral=referral, past=True, practitioner=by)
    AppointmentFactory(referral=referral, practitioner=by)
    AppointmentFactory(
        referral=referral, status="kept", starts_at=timezone.now() - timedelta(days=30)
    )
    NoteFactory(referral=referral, text="Attestation remise.")
    NoteFactory(referral=referral, clinical=True, by=by, text="Colère moindre.")
    AssessmentFactory(referral=referral, by=by, summary="Adhère.")
    ContactAttemptFactory(referral=referral)
    ObligationFactory(referral=referral)
    EpisodeModuleFactory(episode=episode)
    SituationChangeFactory(episode=episode)
    return episode


def test_a_meeting_is_marked_and_taken_back_without_leaving_the_day(enter, house, episode):
    page, go = enter(house.practitioner, viewport=PHONE)
    go("today")
    loads = []
    page.on("load", lambda _: loads.append(page.url))

    page.get_by_role("button", name="Absence").click()
    page.get_by_text("Absence notée.").wait_for()

    assert loads == []
    assert Appointment.objects.filter(status="missed").count() == 1
    page.get_by_role("button", name="Annuler", exact=True).click()
    page.get_by_text("de nouveau à noter").wait_for()
    assert page.url.endswith(reverse("today"))
    assert not Appointment.objects.filter(status="missed").exists()


def test_the_history_is_narrowed_in_place_and_back_shows_it_whole(enter, house, episode):
    page, go = enter(house.practitioner)
    go("file", episode.participant.uid)
    whole = page.locator(".timeline > li").count()

    page.get_by_role("link", name="Notes", exact=True).click()
    page.wait_for_url("**?voir=notes")

    assert page.locator(".timeline h4").all_inner_texts() == ["Note clinique", "Note factuelle"]
    page.go_back()
    expect(page.locator(".timeline > li")).to_have_count(whole)


def test_a_note_half_typed_survives_leaving_the_page(enter, house, episode):
    page, go = enter(house.practitioner)
    go("note_new", episode.referral.uid)

    page.get_by_label("Texte").press_sequentially("Il revient sur mars")
    page.get_by_text("Brouillon gardé").wait_for()
    go("today")
    go("note_new", episode.referral.uid)

    assert page.get_by_label("Texte").input_value() == "Il revient sur mars"
    assert "mars" not in str(Draft.objects.values_list("form", flat=True))


def test_everything_works_without_scripts(enter, house, episode):
    page, go = enter(house.practitioner, java_script_enabled=False)
    go("file", episode.participant.uid)

    page.get_by_role("button", name="Honoré").first.click()
    assert page.get_by_text("Rendez-vous honoré.").is_visible()
    page.locator("summary", has_text="Autres actes").click()
    page.get_by_role("link", name="Terminer le suivi").click()
    page.get_by_label("Sortie concertée").check()
    page.get_by_role("button", name="Terminer le suivi").click()

    assert page.url.endswith(reverse("file", args=[episode.participant.uid]))
    episode.refresh_from_db()
    assert episode.exit_reason == "concertee"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, SCREEN], ids=["phone", "screen"])
def test_no_page_fails_the_accessibility_rules_or_overflows(enter, house, episode, size, scheme):
    page, go = enter(house.manager, viewport=size, color_scheme=scheme)
    axe, uid = Path(AXE).read_text(), episode.referral.uid
    pages = [
        ("today",),
        ("files",),
        ("team",),
        ("file", episode.participant.uid),
        ("file_trail", episode.participant.uid),
        ("episode_accept", house.referral(waiting=True).uid),
        *((route, uid) for route in ("episode_assign", "module_start", "situation_change")),
        *((route, uid) for route in ("note_new", "contact_attempt_new", "appointment_new")),
        ("episode_exit", uid),
    ]

    for address in pages:
        go(*address)
        page.evaluate(axe)
        found = page.evaluate("axe.run()")["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == [], address
        root = "document.documentElement"
        over = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        assert over == 0, address
