"""The public site in a real browser: found in three taps, left at once, and no trace after."""

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.people import TOO_WIDE
from tests.e2e.test_every_page import AXE, RUN_AXE, watch

from maillage.network.actors import CommandLine
from maillage.network.models import Opening
from maillage.network.tests.factories import OrganisationFactory, SiteFactory
from maillage.portal import actions, flood
from maillage.portal.links import make_link

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),
]

ELSEWHERE = "https://fr.wikipedia.org/**"
AT_400 = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %


@pytest.fixture
def offer(transactional_db):
    """A place open at every hour of every day, one without hours, and a protected one."""
    flood.SEARCHES.clear()
    flood.REQUESTS.clear()
    organisation = OrganisationFactory(name="La Maison des Ormes", is_public=True)

    def publish(code: str, town: str, department: str, **given):
        protected = given.pop("protected", False)
        site = SiteFactory(organisation=organisation, slug=code, name=town, is_protected=protected)
        return actions.publish(
            organisation=organisation,
            code=code,
            site=site,
            town=town,
            department=department,
            needs=["talk", "danger"],
            by=CommandLine(organisation),
            source="Essai",
            **given,
        )

    here = publish("ici", "Béziers", "34", name="Écoute des Ormes", phone="01 99 00 12 34")
    for weekday in range(7):
        Opening.objects.create(
            organisation=organisation, site=here.site, purpose="Écoute", weekday=weekday,
            starts_at="00:00", ends_at="23:59:59", source="Essai",
        )  # fmt: skip
    publish("la", "Agde", "34", name="Permanence d’Agde")
    publish("cache", "Narbonne", "11", name="Accueil", phone="01 99 00 12 35", protected=True)
    return here


@pytest.fixture
def phone(desk):
    def open_phone(**given) -> Page:
        page = desk(None, viewport=PHONE, has_touch=True, **given)
        page.route(ELSEWHERE, lambda route: route.fulfill(body="ailleurs"))
        return page

    return open_phone


def search(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Je voudrais parler à quelqu’un").tap()
    page.get_by_role("textbox", name="Commune ou code postal").fill("34500")
    page.get_by_role("button", name="Chercher").tap()
    page.get_by_role("button", name="Béziers (34500)").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Près de")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_right_place_open_now_is_three_taps_from_the_first_page(phone, offer, script):
    page = phone(java_script_enabled=script)
    page.goto("/")

    page.get_by_role("button", name="Je voudrais parler à quelqu’un").tap()
    page.get_by_role("textbox", name="Commune ou code postal").fill("Béziers")
    page.get_by_role("button", name="Chercher").tap()
    call = page.get_by_role("link", name=re.compile("Appeler.*01 99 00 12 34"))

    expect(call).to_have_attribute("href", "tel:0199001234")
    expect(page.get_by_role("listitem").filter(has=call)).to_contain_text("Écoute des Ormes")


class TestLeaving:
    def test_after_a_search_back_shows_nothing_of_it(self, phone, offer):
        page = phone()
        page.goto("about:blank")
        search(page)
        page.get_by_role("link", name="Écoute des Ormes").tap()
        expect(page.get_by_role("heading", name="Joindre")).to_be_visible()

        page.get_by_role("link", name="Quitter vite").tap()
        page.wait_for_url(ELSEWHERE)
        page.go_back()

        expect(page).to_have_url("about:blank")
        assert "Ormes" not in page.content()

    @pytest.mark.parametrize("how", ["Shift", "Enter on the first link but one"])
    def test_by_keyboard_from_the_first_keys(self, phone, offer, how):
        page = phone()
        page.goto("/aide/")
        if how == "Shift":
            for _ in range(3):
                page.keyboard.press("Shift")
        else:
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            link = page.get_by_role("link", name="Partir de ce site tout de suite")
            expect(link).to_be_focused()
            expect(link).to_be_in_viewport()
            page.keyboard.press("Enter")

        page.wait_for_url(ELSEWHERE)

    def test_clears_what_the_browser_kept_of_this_site(self, phone, offer):
        page = phone()
        page.goto("/aide/")
        page.evaluate("sessionStorage.setItem('a', '1'); localStorage.setItem('b', '2')")

        page.get_by_role("link", name="Quitter vite").tap()
        page.wait_for_url(ELSEWHERE)
        page.goto("/aide/")

        assert page.evaluate("sessionStorage.length + localStorage.length") == 0

    def test_covers_the_page_before_anything_else(self, phone, offer):
        page = phone()
        page.goto("/aide/")

        at_once = page.evaluate("""() => {
            document.querySelector(".quick-exit").click();
            const cover = document.querySelector(".quick-exit-cover");
            return [document.documentElement.hidden, document.title.trim(), cover !== null];
        }""")

        assert at_once == [True, "", True]

    def test_without_a_script_is_a_plain_link(self, phone, offer):
        page = phone(java_script_enabled=False)
        page.goto("/aide/")

        with page.expect_response("**/quitter/") as gone:
            page.get_by_role("link", name="Quitter vite").tap(no_wait_after=True)

        assert gone.value.status == 302
        assert gone.value.headers["location"] == "https://fr.wikipedia.org/"

    def test_follows_the_scroll(self, phone, offer):
        page = phone()
        page.goto("/appareil/")
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")

        expect(page.get_by_role("link", name="Quitter vite")).to_be_in_viewport()


class TestTheScale:
    def test_is_computed_with_the_network_cut(self, phone, offer):
        page = phone()
        page.goto("/reperes/1/")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.context.set_offline(True)
        group = page.get_by_role("group", name=re.compile("insulte, humilie ou menace"))

        group.get_by_label("C’est arrivé").check()
        expect(page.get_by_text("Soyez attentif.")).to_be_visible()
        serious = page.get_by_role("group", name=re.compile("serré le cou"))
        serious.get_by_label("C’est arrivé").check()
        expect(page.get_by_text("Protégez-vous.")).to_be_visible()
        expect(page.get_by_text("Soyez attentif.")).to_be_hidden()
        serious.get_by_label("Jamais").check()
        expect(page.get_by_text("Soyez attentif.")).to_be_visible()

        assert asked == []

    def test_the_slider_alone_moves_the_result(self, phone, offer):
        page = phone()
        page.goto("/reperes/2/")

        for value, told in ((1, "Rien d’inquiétant"), (5, "Soyez attentif"), (9, "Protégez-vous")):
            page.get_by_role("slider").fill(str(value))
            expect(page.get_by_text(told)).to_be_visible()

    def test_is_read_without_a_script(self, phone, offer):
        page = phone(java_script_enabled=False)
        page.goto("/reperes/1/")

        for zone in ("Libre et en sécurité", "À prendre au sérieux", "Danger"):
            expect(page.get_by_role("heading", name=zone)).to_be_visible()
        expect(page.get_by_role("slider")).to_be_hidden()


def addresses(offer) -> list[str]:
    return [
        "/", "/aide/", "/aide/ar/", "/aide/en/", "/reperes/", "/reperes/1/", "/appareil/",
        "/facile/accueil/", "/professionnels/", "/rappel/", "/donnees/", f"/f/{offer.uid}/",
        f"/f/o/{offer.organisation_id}/", f"/f/s/{offer.site_id}/", "/f/l/m3/",
        f"/fiche/{make_link(offer)}/",
    ]  # fmt: skip


def test_every_page_reads_well_for_all_at_any_width_and_keeps_to_itself(desk, offer, live_server):
    page, axe = desk(None), AXE.read_text()
    said: list[str] = []
    watch(page, live_server.url, said)
    faults = {}

    def look(name: str) -> None:
        found = []
        for size, colours in ((DESK, "light"), (PHONE, "dark"), (AT_400, "light")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=colours)
            page.evaluate(axe)
            found += page.evaluate(RUN_AXE) + page.evaluate(TOO_WIDE)
        if found or said:
            faults[name] = found + said
        said.clear()

    for address in addresses(offer):
        page.goto(address)
        look(address)
    page.set_viewport_size(DESK)
    page.goto("/aide/")
    page.get_by_role("button", name="Je suis en danger maintenant").click()
    expect(page.get_by_role("heading", name="Où êtes-vous")).to_be_visible()
    look("where")
    page.get_by_role("textbox").fill("Béziers")
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Près de")
    look("results")

    assert faults == {}
    assert page.context.cookies() == []


def test_a_screen_reader_is_read_the_main_path(desk, offer):
    page = desk(None)
    page.goto("/aide/")
    page.get_by_role("button", name="Je voudrais parler à quelqu’un").click()
    page.get_by_role("textbox", name="Commune ou code postal").fill("Béziers")
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()

    read = page.get_by_role("main").aria_snapshot()
    path = [
        'heading "Près de Béziers" [level=1]',
        'button "Maintenant" [pressed]',
        'heading "Les lieux les plus proches" [level=2]',
        'heading "Écoute des Ormes" [level=3]',
        "Ouvert maintenant",
        'link "Appeler 01 99 00 12 34"',
        'heading "Plus tard, ou sans horaires publiés" [level=2]',
        "l’adresse est protégée",
        'link "Lieu 1"',
        'heading "Parler à quelqu’un" [level=2]',
        'link "3919"',
    ]
    places = [read.replace("\u00a0", " ").find(each) for each in path]
    assert -1 not in places, read
    assert places == sorted(places)


def test_by_keyboard_alone_one_reaches_a_number(desk, offer):
    page = desk(None)
    page.goto("/aide/")

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if name in page.evaluate("document.activeElement.textContent"):
                width = page.evaluate(
                    "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
                )
                assert width >= 2
                return
        raise AssertionError(f"{name} was not reached")

    tab_to("Je voudrais parler à quelqu’un")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Où êtes-vous")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Béziers")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Près de")).to_be_focused()
    tab_to("01 99 00 12 34")


def test_forced_colours_keep_what_is_said_by_shape(desk, offer):
    page = desk(None, forced_colors="active")
    page.goto("/")

    border = page.locator(".danger-now").evaluate("e => getComputedStyle(e).borderLeftStyle")
    assert border == "solid"


def test_the_first_page_weighs_less_than_fifty_kilobytes(desk, offer):
    page = desk(None)
    weights: dict[str, int] = {}
    page.on("response", lambda answer: weights.update({answer.url: len(answer.body())}))

    page.goto("/", wait_until="networkidle")

    sent = {re.sub(r"^https?://[^/]+", "", url): n for url, n in weights.items() if "http" in url}
    assert sum(sent.values()) <= 50_000, sent
    assert not [url for url in sent if "woff" in url or "bootstrap" in url]


def test_a_visit_leaves_nothing_telling_on_the_disk(playwright, browser_type_launch_args, offer,
                                                   live_server, tmp_path):  # fmt: skip
    profile = tmp_path / "profile"
    context = playwright.chromium.launch_persistent_context(
        str(profile), **browser_type_launch_args, viewport=PHONE, has_touch=True, locale="fr-FR"
    )
    log: list[str] = []
    context.on("request", lambda request: log.append(request.url))
    page = context.new_page()
    page.goto(f"{live_server.url}/")
    page.get_by_role("button", name="Je suis en danger maintenant").tap()
    page.get_by_role("textbox", name="Commune ou code postal").fill("Béziers")
    page.get_by_role("button", name="Chercher").tap()
    page.get_by_role("link", name="Écoute des Ormes").tap()
    page.get_by_role("heading", name="Joindre").wait_for()
    page.goto(f"{live_server.url}/reperes/1/")
    page.get_by_role("slider").fill("9")
    page.wait_for_timeout(1500)  # the history is written a moment later
    context.close()

    assert {re.match(r"https?://[^/]+", url)[0] for url in log if url.startswith("http")} == {
        live_server.url
    }
    history = sqlite3.connect(profile / "Default" / "History")
    rows = history.execute("SELECT url, title FROM urls").fetchall()
    history.close()
    assert rows, "the profile was read before anything was written"
    ours = [(url.removeprefix(live_server.url), title) for url, title in rows]
    assert {title for _, title in ours} <= {"Accueil", "Aide", "Fiche", "Repères", ""}
    assert {url for url, _ in ours} <= {"/", "/aide/", f"/f/{offer.uid}/", "/reperes/1/"}
    kept = [
        str(path.relative_to(profile))
        for path in Path(profile).rglob("*")
        if path.is_file() and any(word in path.read_bytes() for word in TELLING)
    ]
    assert kept == []


TELLING = [
    word.encode(coding)
    for word in ("Béziers", "Écoute des Ormes", "danger maintenant", "0199001234", "34032")
    for coding in ("utf-8", "utf-16-le")
]
