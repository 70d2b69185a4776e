"""Each page, for each role: nothing from elsewhere, readable by all, at any width."""

from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.gestures import (
    act,
    button,
    field,
    press,
    register_referral,
    search,
    select,
    tick,
    title,
    told,
    write,
)
from tests.e2e.people import TOO_WIDE, make_caseload

from maillage.core.models import make_uid
from maillage.network.roles import Role
from maillage.network.tests.factories import PASSWORD, MembershipFactory
from maillage.programme.episodes.models import Appointment, Episode
from maillage.programme.groups.tests import factories as groups
from maillage.programme.questionnaires import actions as questionnaires
from maillage.programme.questionnaires.writing import read
from maillage.support.reception.tests.factories import BeneficiaryFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),
]

QUESTIONS = """Utile ? | échelle 0 à 5
Accueil ? | choix : Bien ; Mal
Apprécié ? | plusieurs : Échanges ; Lieu
Recommandé ? | oui/non
Un mot ? | texte"""
AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
ZOOMED = {"width": 720, "height": 450}  # 1440 × 900 at 200 %
RUN_AXE = """async () => {
    const rules = {"target-size": {enabled: true}};
    const found = await axe.run(document, {resultTypes: ["violations"], rules});
    return found.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 200)}`);
}"""


@pytest.fixture
def caseload(house):
    return make_caseload(house)


def group_pages(house, caseload) -> list[str]:
    """Of a manager, once there is a course, a demand, a letter, a fee, and what was answered."""
    by, person = house.manager, caseload.followed.participant
    run = groups.group(house.branch, house.site)
    mine = groups.enrolment(caseload.followed.referral, user=by.user, group=run)
    asked = questionnaires.write(by=by, title="Fin de stage", asked=read(QUESTIONS))
    for number in range(4):
        said = {1: [number], 2: [0], 3: [0, 1], 5: "Rien, merci."}
        sheet = {"questionnaire": asked, "group": run, "said": said, "uid": make_uid()}
        questionnaires.type_sheet(by=by, **sheet)
    session = run.sessions.first()
    routes = {
        "groups": (),
        "course_waiting_list": (),
        "enrolment_dues": (),
        "offers": (),
        "offer_new": (),
        "group_new": (),
        "room_new": (),
        "calendar": (),
        "group": (run.uid,),
        "group_edit": (run.uid,),
        "group_cancel": (run.uid,),
        "group_letters": (run.uid,),
        "propose": (run.uid,),
        "certificates": (run.uid,),
        "group_questionnaires": (run.uid,),
        "sheet_new": (run.uid, asked.uid),
        "attendance": (session.pk,),
        "catch_up": (session.pk,),
        "session_move": (session.pk,),
        "enrolment": (mine.uid,),
        "enrolment_letters": (mine.uid,),
        "enrolment_fee": (mine.uid,),
        "keep_apart": (mine.uid,),
        "letter_templates": (),
        "letter_template": ("warning",),
        "cash_book": (),
        "arrears": (),
        "questionnaires": (),
        "questionnaire_new": (),
        "questionnaire_import": (),
        "questionnaire": (asked.uid,),
        "questionnaire_paper": (asked.uid,),
        "answer": (),
        "reminders": (),
        "contact_choice": (person.uid,),
    }
    return [reverse(route, args=args) for route, args in routes.items()]


def support_pages(house) -> list[str]:
    """Of a reception of the other side, with somebody who is helped."""
    file = BeneficiaryFactory(organisation=house.branch)
    closed = BeneficiaryFactory(organisation=house.branch, closed=True)
    routes = {
        "support_today": (),
        "beneficiaries": (),
        "beneficiary_search": (),
        "beneficiary_new": (),
        "callbacks": (),
        "beneficiary_edit": (file.uid,),
        "plan_edit": (file.uid,),
        "needs_edit": (file.uid,),
        "member_new": (file.uid,),
        "contact_new": (file.uid,),
        "beneficiary_close": (file.uid,),
        "beneficiary": (closed.uid,),
    }
    opened = [reverse(route, args=args) for route, args in routes.items()]
    return [*opened, reverse("beneficiary", args=[file.uid])]


def pages_of(role: str, house, caseload) -> list[str]:
    """The addresses that a role opens."""
    if role == "groups":
        return group_pages(house, caseload)
    if role == "support":
        return support_pages(house)
    received, waiting = caseload.received, caseload.waiting
    followed, exited = caseload.followed, caseload.exited
    year, slug = timezone.localdate().year, house.branch.slug
    planned = Appointment.objects.filter(status="planned").latest("starts_at")

    def at(route: str, *args) -> str:
        return reverse(route, args=args)

    return {
        "public": [at("home"), at("login"), "/nulle-part/"],  # the last one is not found
        "reception": [
            at("today"),
            at("search"),
            at("referral_new"),
            at("referrals"),
            at("referrals") + "?state=pending&late=on",
            at("waiting_list"),
            at("file", received.participant.uid),
            at("file", caseload.long_named.participant.uid),
            at("identity_edit", received.participant.uid),
            at("referral_edit", received.uid),
            at("referral_add", exited.participant.uid),
            at("referral_wait", received.uid),
            at("contact_attempt_new", waiting.uid),
            at("appointment_new", received.uid),
            at("episode_exit", followed.referral.uid),  # 403, with its reason
        ],
        "practitioner": [
            at("today"),
            at("today") + "?de=antenne",
            at("files"),
            at("file", followed.participant.uid),
            at("file", waiting.participant.uid),
            at("assessment_new", received.uid),
            at("episode_accept", waiting.uid),
            at("referral_redirect", received.uid),
            at("note_new", followed.referral.uid),
            at("appointment_postpone", planned.pk),
            at("module_start", followed.referral.uid),
            at("module_end", followed.referral.uid, followed.modules.get().pk),
            at("situation_change", followed.referral.uid),
            at("episode_exit", followed.referral.uid),
        ],
        "manager": [
            at("today"),
            at("team"),
            at("files") + "?state=all&sort=site",
            at("file", exited.participant.uid),
            at("file_trail", followed.participant.uid),
            at("vigilance"),
            at("vigilance") + "?state=all",
            at("episode_assign", followed.referral.uid),
            at("episode_exit_cancel", exited.referral.uid),
            at("accounts"),
            at("invite"),
            at("membership_end", house.practitioner.pk),
            at("rights"),
            at("retention"),
            at("file_rights", exited.participant.uid),
            at("rights_request_new", exited.participant.uid),
            at("hold_new", exited.participant.uid),
            at("reports"),
            at("report", slug, year, "default"),
            at("report_cell", slug, year, "default", "flow", "received", "total"),
        ],
        "coordinator": [
            at("today"),
            at("reports"),
            at("report", slug, year, "default"),
            at("network"),
            at("organisation", slug),
        ],
        "dpo": [
            at("account"),
            at("factor_add"),
            at("totp_add"),
            at("today"),
            at("file_trail", followed.participant.uid),
            at("vigilance"),
            at("rights"),
            at("retention"),
            at("file_rights", followed.participant.uid),
        ],
        "other_side": [at("today"), at("network"), at("choose_membership")],
    }[role]


def membership_of(role: str, house):
    given = {"organisation": house.branch, "user__password": PASSWORD}
    match role:
        case "public":
            return None
        case "dpo":
            return MembershipFactory(dpo=True, **given)
        case "groups":
            return house.manager
        case "support":
            return MembershipFactory(support=True, role=Role.RECEPTION, **given)
        case "other_side":
            return MembershipFactory(support=True, role=Role.RECEPTION, **given)
    return getattr(house, role)


def watch(page: Page, origin: str, faults: list[str]) -> None:
    """Tells what a page asks of anybody but its own server, and what it complains of."""

    def on_request(request) -> None:
        if not request.url.startswith((origin, "data:")):
            faults.append(f"asked {request.url}")

    def on_console(message) -> None:
        is_the_page = message.location["url"] == page.url  # a browser tells a 404 as an error
        if message.type in ("error", "warning") and not is_the_page:
            faults.append(f"console: {message.text}")

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))


@pytest.mark.parametrize(
    "role",
    [
        *("public", "reception", "practitioner", "manager", "coordinator", "dpo", "other_side"),
        *("groups", "support"),
    ],
)
def test_every_page_keeps_to_itself_and_reads_well_in_both_lights_at_any_width(
    role, house, caseload, desk, live_server
):
    page, axe = desk(membership_of(role, house)), AXE.read_text()
    said: list[str] = []
    watch(page, live_server.url, said)
    faults = {}
    for address in pages_of(role, house, caseload):
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="light")
        page.goto(address)
        page.evaluate(axe)
        found = page.evaluate(RUN_AXE) + page.evaluate(TOO_WIDE)
        page.set_viewport_size(ZOOMED)
        found += page.evaluate(TOO_WIDE)
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="dark")
        found += page.evaluate(RUN_AXE) + page.evaluate(TOO_WIDE)
        if found or said:
            faults[address] = found + said
            said.clear()

    assert faults == {}


class TestWithoutAScript:
    def test_a_person_is_registered_followed_and_exits(self, house, desk):
        reception = desk(house.reception, java_script_enabled=False)
        practitioner = desk(house.practitioner, java_script_enabled=False)

        register_referral(reception, "Belcastel", "Aurélien")
        search(practitioner, "Belcastel")
        practitioner.get_by_role("link", name="BELCASTEL Aurélien").click()
        act(practitioner, "Accueillir la personne")
        select(practitioner, "Lieu", "Port-Vieux")
        press(practitioner, "Ouvrir le suivi")
        told(practitioner, "Le suivi est ouvert.")
        act(practitioner, "Terminer le suivi")
        tick(practitioner, "Motif", "Sortie concertée")
        press(practitioner, "Terminer le suivi")

        told(practitioner, "Le suivi est terminé.")
        assert Episode.objects.get().exit_reason == "concertee"

    def test_a_meeting_is_marked_and_the_mark_taken_back(self, house, desk, caseload):
        page = desk(house.practitioner, java_script_enabled=False)
        page.goto(reverse("file", args=[caseload.followed.participant.uid]))
        late = Appointment.objects.filter(status="planned").earliest("starts_at")

        press(page.locator("section.due"), "Honoré")
        told(page, "Rendez-vous honoré.")
        late.refresh_from_db()
        assert late.status == Appointment.Status.KEPT

        press(page.locator("#messages"), "Annuler")
        told(page, "Le rendez-vous est de nouveau à noter.")
        late.refresh_from_db()
        assert late.status == Appointment.Status.PLANNED


class TestByKeyboardAlone:
    def test_the_first_tab_skips_to_the_content(self, house, desk):
        page = desk(house.practitioner)
        page.goto(reverse("files"))

        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
        expect(page.get_by_role("link", name="Aller au contenu")).to_be_in_viewport()
        page.keyboard.press("Enter")

        expect(page.get_by_role("main")).to_be_focused()

    def test_a_slash_goes_to_the_search_unless_one_is_typing(self, house, desk):
        page = desk(house.practitioner)
        page.goto(reverse("referral_new"))
        box = page.get_by_role("searchbox", name="Chercher une personne ou un dossier")

        page.keyboard.press("/")
        expect(box).to_be_focused()
        expect(box).to_have_value("")

        write(page, "Interlocuteur", "")
        page.keyboard.type("SPIP/milieu ouvert")
        expect(field(page, "Interlocuteur")).to_have_value("SPIP/milieu ouvert")

    @pytest.mark.parametrize(
        ("route", "name"),
        [("referral_new", "Enregistrer l’orientation"), ("search", "Nouvelle orientation")],
    )
    def test_the_primary_act_is_reached_and_its_focus_is_seen(self, house, desk, route, name):
        page = desk(house.reception)
        page.goto(reverse(route))

        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('main .button.primary')"):
                break

        expect(button(page, name)).to_be_focused()
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width >= 2

    def test_a_menu_opens_and_closes(self, house, desk, caseload):
        page = desk(house.practitioner)
        page.goto(reverse("file", args=[caseload.received.participant.uid]))
        menu = page.get_by_role("main").locator("details.menu summary").first

        menu.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Écrire une note")).to_be_visible()
        page.keyboard.press("Escape")

        expect(page.get_by_role("link", name="Écrire une note")).to_be_hidden()
        expect(menu).to_be_focused()


class TestLeavingAtOnce:
    @pytest.mark.parametrize("how", ["click", "three presses on Shift"])
    def test_ends_the_session_and_leaves_nothing_behind(self, house, desk, caseload, how):
        page = desk(house.practitioner)
        page.route("https://fr.wikipedia.org/**", lambda route: route.fulfill(body="ailleurs"))
        page.goto(reverse("files"))
        page.goto(reverse("file", args=[caseload.followed.participant.uid]))
        name = caseload.followed.participant.display_name
        title(page, name)

        if how == "click":
            page.get_by_role("link", name="Quitter vite").click()
        else:
            for _ in range(3):
                page.keyboard.press("Shift")

        page.wait_for_url("https://fr.wikipedia.org/**")
        for _ in range(30):
            if not Session.objects.exists():
                break
            page.wait_for_timeout(100)
        assert Session.objects.count() == 0
        page.go_back()
        title(page, "Se connecter")
        assert name not in page.content()

    def test_is_there_for_the_public_too(self, desk, house):
        page = desk(None)
        page.route("https://fr.wikipedia.org/**", lambda route: route.fulfill(body="ailleurs"))
        page.goto("/")

        page.get_by_role("link", name="Quitter vite").click()

        page.wait_for_url("https://fr.wikipedia.org/**")


def test_a_printed_page_holds_the_content_without_the_frame(house, desk, caseload):
    page = desk(house.practitioner)
    page.goto(reverse("file", args=[caseload.followed.participant.uid]))
    page.emulate_media(media="print")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Histoire du dossier")).to_be_visible()
    for framed in ("header.top", "nav.nav", ".quick-exit", ".breadcrumb", "nav.filters"):
        expect(page.locator(framed).first).to_be_hidden()


def test_the_public_page_sets_no_cookie(desk, house):
    page = desk(None)
    page.goto("/")

    assert page.context.cookies() == []
