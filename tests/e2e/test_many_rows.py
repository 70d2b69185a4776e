"""Lists with nobody, with one person, with sixty, and with a name of sixty letters."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.gestures import button, follow, search
from tests.e2e.people import LONG_NAME, TOO_WIDE, referral

from maillage.core.calendar import add_months
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeFactory,
    NoteFactory,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),
]

LISTS = ("today", "files", "referrals", "waiting_list", "team")


def fits(page: Page, address: str) -> None:
    """The page is never wider than the screen, on a desk and on a phone."""
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        page.goto(address)
        assert page.evaluate(TOO_WIDE) == [], (address, size)
    page.set_viewport_size(DESK)


def waiting(house, many: int, **given) -> None:
    for days in range(many):
        received_on = timezone.localdate() - timedelta(days=3 * days)
        referral(house, waiting=True, site=house.site, received_on=received_on, **given)


def followed(house, many: int, **given) -> list:
    today, who = timezone.localdate(), house.practitioner.user
    course = {"site": house.site, "referent": who, "entered_on": add_months(today, -2)}
    return [
        EpisodeFactory(
            referral=referral(house, accepted=True, received_on=add_months(today, -3), **given),
            **course,
        )
        for _ in range(many)
    ]


def rows(page: Page):
    return page.locator("main tbody tr:has(td)")


class TestNobody:
    def test_each_list_says_what_it_is_for_and_what_to_do_first(self, house, desk):
        page = desk(house.manager)
        said = {
            "files": "Aucun dossier ne répond à ces conditions",
            "referrals": "Aucune orientation pour l’instant",
            "waiting_list": "Personne",
            "today": "Aucun rendez-vous aujourd’hui.",
        }
        for route, words in said.items():
            fits(page, reverse(route))
            expect(page.get_by_role("main")).to_contain_text(words)

    def test_a_search_that_finds_nobody_proposes_to_register(self, house, desk):
        page = desk(house.reception)

        search(page, "Introuvable")

        expect(page.get_by_text("Personne de ce nom ici.")).to_be_visible()
        expect(button(page, "Nouvelle orientation")).to_be_visible()


class TestOnePerson:
    def test_with_a_name_of_sixty_letters_fits_everywhere(self, house, desk):
        assert len(LONG_NAME[0]) >= 60
        named = {"participant__last_name": LONG_NAME[0], "participant__first_name": LONG_NAME[1]}
        waiting(house, 1, **named)
        [episode] = followed(house, 1, **named)
        sent = {"referral": episode.referral, "practitioner": house.practitioner.user}
        AppointmentFactory(starts_at=timezone.now() + timedelta(minutes=1), **sent)
        AppointmentFactory(past=True, **sent)
        page = desk(house.manager)

        for route in LISTS:
            fits(page, reverse(route))
        fits(page, reverse("file", args=[episode.participant.uid]))
        fits(page, reverse("episode_exit", args=[episode.referral.uid]))
        fits(page, reverse("referral_wait", args=[referral(house, **named).uid]))
        search(page, LONG_NAME[0][:20])
        expect(rows(page)).to_have_count(3)
        page.set_viewport_size(PHONE)
        assert page.evaluate(TOO_WIDE) == []

    def test_is_counted_as_one(self, house, desk):
        waiting(house, 1)
        page = desk(house.reception)
        page.goto(reverse("waiting_list"))

        expect(page.get_by_role("heading", level=1)).to_have_text("Liste d’attente 1")
        expect(page.get_by_role("navigation", name="Pages")).to_have_count(0)


class TestSixtyPeople:
    def test_fill_two_pages_of_fifty_and_ten(self, house, desk):
        followed(house, 60)
        page = desk(house.practitioner)
        fits(page, reverse("files") + "?referent=me")

        expect(page.get_by_role("heading", level=1)).to_have_text("Dossiers 60")
        expect(rows(page)).to_have_count(50)
        expect(page.get_by_role("navigation", name="Pages")).to_contain_text("1 à 50 sur 60")
        follow(page, "Page suivante")

        expect(rows(page)).to_have_count(10)
        assert "referent=me" in page.url

    def test_wait_in_the_order_of_arrival_over_two_pages(self, house, desk):
        waiting(house, 60)
        page = desk(house.reception)
        for route in ("waiting_list", "referrals", "today"):
            fits(page, reverse(route))
        page.goto(reverse("waiting_list"))

        ranks = rows(page).locator("td:first-child").all_inner_texts()
        assert [int(rank) for rank in ranks] == list(range(1, 51))
        follow(page, "Page suivante")
        expect(rows(page).first.locator("td").first).to_have_text("51")

    def test_sixty_notes_are_read_a_page_at_a_time(self, house, desk):
        [episode] = followed(house, 1)
        for day in range(60):
            on = timezone.localdate() - timedelta(days=day)
            NoteFactory(referral=episode.referral, by=house.practitioner.user, on=on)
        page = desk(house.practitioner)
        address = reverse("file", args=[episode.participant.uid])
        fits(page, address)

        first = page.locator("#histoire li").first.get_attribute("id")
        page.get_by_role("link", name="Plus ancien").click()

        expect(page.get_by_role("link", name="Plus récent")).to_be_visible()
        assert page.locator("#histoire li").first.get_attribute("id") != first
        assert "page=2" in page.url
