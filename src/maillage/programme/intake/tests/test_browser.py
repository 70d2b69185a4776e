"""A real browser: results as one types, one referral a double click, the same without scripts."""

import pytest
from django.urls import reverse

from maillage.core.models import TrailEntry
from maillage.network.tests.factories import OrganisationFactory, SiteFactory
from maillage.programme.intake.models import Referral
from maillage.programme.intake.tests.factories import ReferralFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture
def enter(live_server, browse, browser):
    """Opens a page of a browser of its own, signed in as somebody."""

    def sign_in(by, **options):
        context = browser.new_context(**options)
        session = browse(by).cookies["maillage"].value
        context.add_cookies([{"name": "maillage", "value": session, "url": live_server.url}])
        page = context.new_page()
        return page, lambda route, *args: page.goto(live_server.url + reverse(route, args=args))

    return sign_in


@pytest.fixture
def known(branch):
    site = SiteFactory(organisation=branch, name="Bourg-le-Neuf", slug="bourg")
    return ReferralFactory(
        participant__organisation=branch,
        participant__last_name="Salamandre",
        participant__first_name="Ondine",
        waiting=True,
        site=site,
    )


def fill_in(page, last_name, first_name):
    page.fill("#id_last_name", last_name)
    page.fill("#id_first_name", first_name)
    page.check("input[name=sex][value=F]")
    page.select_option("#id_referrer_category", "spip")
    page.select_option("#id_legal_framework", "postsentenciel")


def test_who_is_searched_appears_while_one_types(enter, reception, known):
    page, go = enter(reception)
    go("search")

    page.locator("#q").press_sequentially("ondi")
    page.locator("#results a", has_text="SALAMANDRE Ondine").wait_for()

    assert page.url.endswith(reverse("search"))


def test_a_probable_duplicate_and_a_minor_are_told_before_anything_is_sent(enter, reception, known):
    page, go = enter(reception)
    go("referral_new")

    page.fill("#id_last_name", "Salamendre")
    page.fill("#id_first_name", "Ondine")
    page.press("#id_first_name", "Tab")
    page.locator("#checks", has_text="SALAMANDRE Ondine").wait_for()

    page.fill("#id_birth_date", "3/2/2015")
    page.press("#id_birth_date", "Tab")
    page.locator("#checks", has_text="elle est mineure").wait_for()


def test_the_referrers_follow_the_category(enter, reception):
    OrganisationFactory(referrer=True, name="SPIP des Monts")
    OrganisationFactory(referrer=True, referrer_category="avocat", name="Barreau")
    page, go = enter(reception)
    go("referral_new")

    page.select_option("#id_referrer_category", "spip")
    page.locator("#id_referrer:not(:has(option:text('Barreau')))").wait_for()

    assert page.locator("#id_referrer option").all_text_contents() == [
        "Non précisée",
        "SPIP des Monts",
    ]


def test_a_double_click_registers_one_referral(enter, reception):
    page, go = enter(reception)
    go("referral_new")
    fill_in(page, "Basilic", "Ange")

    page.locator(".form-actions .primary").dblclick()
    page.wait_for_url("**/dossiers/*/")

    assert Referral.objects.count() == TrailEntry.objects.count() == 1


def test_everything_works_without_scripts(enter, reception, known):
    page, go = enter(reception, java_script_enabled=False)
    go("search")
    page.fill("#q", "salamendre ondine")
    page.press("#q", "Enter")

    page.get_by_role("button", name="Nouvelle orientation").click()
    assert page.input_value("#id_last_name") == "salamendre"
    fill_in(page, "Salamendre", "Ondine")
    page.locator(".form-actions button").click()
    page.get_by_role("button", name="C’est quelqu’un d’autre, enregistrer").click()
    page.wait_for_url("**/dossiers/*/")

    assert Referral.objects.count() == 2
