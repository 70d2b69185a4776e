"""A course from the convocation to the certificate, and a list that loses no tick."""

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.gestures import press, told
from tests.e2e.people import TOO_WIDE

from maillage.portal.flood import CODES
from maillage.programme.groups.models import Attendance, Certificate, Enrolment
from maillage.programme.groups.tests import factories
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),
]
AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RUN_AXE = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 200)}`);
}"""
KEPT = "Object.entries(localStorage).flat().join(' ')"


@pytest.fixture
def people(house):
    """Demands of people who wait; with a group, convened to it."""

    def some(count: int, group=None) -> list[Enrolment]:
        made = []
        for rank in range(count):
            person = ParticipantFactory(
                organisation=house.branch, last_name=f"Inventé{rank}", first_name="Camille"
            )
            referral = ReferralFactory(
                participant=person,
                received_on=timezone.localdate() - timedelta(days=60 - rank),
                steps=house.manager,
            )
            made.append(factories.enrolment(referral, user=house.manager.user, group=group))
        return made

    return some


@pytest.fixture
def running(house):
    """A course of two sessions, both of them this morning."""
    made = factories.template(house.branch, sessions=2, minutes=180, smallest=1)
    group = factories.group(house.branch, house.site, template=made, starts_on=timezone.localdate())
    for rank, session in enumerate(group.sessions.all()):
        session.starts_at = timezone.now() - timedelta(hours=8 - 4 * rank)
        session.save()
    return group


def tick(page: Page, enrolment: Enrolment, word: str) -> None:
    box = page.locator(f"[data-enrolment='{enrolment.uid}']")
    box.get_by_role("radio", name=word).check(force=True)


def ticked(count: int) -> None:
    """Waits until the server has as many marks: the page says nothing once all are sent."""
    for _ in range(100):
        if Attendance.objects.count() == count:
            return
        time.sleep(0.1)
    assert Attendance.objects.count() == count


def forgotten(page: Page) -> None:
    """Waits until nothing is kept on the telephone; asked anew each time, for the pages let nobody
    evaluate a text by themselves."""
    for _ in range(100):
        if page.evaluate("localStorage.length") == 0:
            return
        time.sleep(0.1)
    assert page.evaluate("localStorage.length") == 0


class TestTheListOfASession:
    def test_is_ticked_on_a_telephone_at_once(self, house, desk, running, people):
        here, gone = people(2, running)
        page = desk(house.practitioner, viewport=PHONE)
        page.goto(reverse("attendance", args=[running.sessions.first().pk]))

        tick(page, here, "Présent·e")
        tick(page, gone, "Absent·e")

        ticked(2)
        assert Attendance.objects.get(enrolment=here).is_present
        assert not Attendance.objects.get(enrolment=gone).is_present
        forgotten(page)

    def test_loses_no_tick_to_a_lost_connection_and_a_closed_page(
        self, house, desk, running, people
    ):
        seated = people(3, running)
        page = desk(house.practitioner, viewport=PHONE)
        address = reverse("attendance", args=[running.sessions.first().pk])
        page.goto(address)
        page.context.set_offline(True)

        for one in seated:
            tick(page, one, "Présent·e")
        expect(page.get_by_role("status").filter(has_text="3 pointages à envoyer")).to_be_visible()
        kept = page.evaluate(KEPT)
        assert "Inventé" not in kept
        assert "Camille" not in kept
        assert not Attendance.objects.exists()

        again = page.context.new_page()
        page.close()
        again.context.set_offline(False)
        again.goto(address)

        ticked(3)
        assert set(Attendance.objects.values_list("enrolment", flat=True)) == {
            one.pk for one in seated
        }

    def test_works_without_a_script(self, house, desk, running, people):
        [one] = people(1, running)
        page = desk(house.practitioner, viewport=PHONE, java_script_enabled=False)
        page.goto(reverse("attendance", args=[running.sessions.first().pk]))

        tick(page, one, "Présent·e")
        press(page, "Enregistrer")

        told(page, "L’émargement est enregistré.")
        assert Attendance.objects.get().is_present


def test_from_the_convocation_to_the_certificate(house, desk, running, people):
    coming = factories.group(
        house.branch, house.site, template=factories.template(house.branch, smallest=1)
    )
    waiting = people(4)
    page = desk(house.practitioner)
    page.goto(reverse("group", args=[coming.uid]))
    page.get_by_role("link", name="Proposer une convocation").click()
    boxes = page.locator("input[name=enrolment]")
    expect(boxes).to_have_count(4)
    page.locator(f"input[value='{waiting[3].uid}']").uncheck()
    press(page, "Convoquer les personnes cochées")
    told(page, "3 personnes convoquées.")

    page.goto(reverse("enrolment", args=[waiting[0].uid]))
    page.get_by_role("link", name="Reporter", exact=True).click()
    until = timezone.localdate() + timedelta(days=90)
    page.get_by_label("Pas avant le").fill(f"{until:%d/%m/%Y}")
    press(page, "Noter le report")
    waiting[0].refresh_from_db()
    assert (waiting[0].status, waiting[0].not_before) == ("postponed", until)

    earns, misses = people(2, running)
    phone = desk(house.practitioner, viewport=PHONE)
    for rank, session in enumerate(running.sessions.all()):
        phone.goto(reverse("attendance", args=[session.pk]))
        tick(phone, earns, "Présent·e")
        tick(phone, misses, "Absent·e" if rank else "Présent·e")
        ticked(2 * (rank + 1))
        phone.get_by_text("Bilan et clôture").click()
        press(phone, "Clore la séance")
        told(phone, re.compile("La séance est close"))
    earns.refresh_from_db()
    misses.refresh_from_db()
    assert (earns.status, misses.status) == ("completed", "absent")

    page.goto(reverse("certificates", args=[running.uid]))
    press(page, "Établir 2 documents")
    told(page, "2 documents établis.")
    made = {one.kind: one for one in Certificate.objects.all()}
    assert made["completion"].enrolment == earns
    assert made["non_attendance"].enrolment == misses

    CODES.clear()
    anybody = desk(None, viewport=PHONE)
    for code, said in ((made["completion"].code, "celui d’un document valide"), ("X", "n’est pas")):
        anybody.goto(reverse("certificate_check"))
        anybody.get_by_label("Code du document").fill(code)
        anybody.get_by_role("button", name="Vérifier").click()
        expect(anybody.get_by_text(said)).to_be_visible()


def test_every_page_reads_well_at_any_width(house, desk, running, people):
    [one] = people(1, running)
    people(2)
    coming = factories.group(house.branch, house.site)
    addresses = [
        *(reverse(name) for name in ("groups", "offers", "calendar", "course_waiting_list")),
        *(reverse(name) for name in ("group_new", "offer_new", "letter_templates", "cash_book")),
        *(reverse(name, args=[running.uid]) for name in ("group", "certificates", "group_letters")),
        *(reverse(name, args=[one.uid]) for name in ("enrolment", "enrolment_letters")),
        *(reverse(name, args=[one.uid]) for name in ("keep_apart", "enrolment_fee")),
        reverse("propose", args=[coming.uid]),
        reverse("enrolment_act", args=[one.uid, "reporter"]),
        reverse("template_new", args=[running.template.offer.uid]),
        reverse("letter_template", args=["convocation"]),
        reverse("attendance", args=[running.sessions.first().pk]),
        reverse("session_move", args=[coming.sessions.first().pk]),
    ]
    page, axe, faults = desk(house.manager), AXE.read_text(), {}
    for address in addresses:
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="light")
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        expect(page.get_by_role("link", name="Quitter vite")).to_be_visible()
        page.evaluate(axe)
        found = page.evaluate(RUN_AXE) + page.evaluate(TOO_WIDE)
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="dark")
        found += page.evaluate(RUN_AXE) + page.evaluate(TOO_WIDE)
        if found:
            faults[address] = found

    assert faults == {}
