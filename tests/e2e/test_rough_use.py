"""What happens on a bad day: two clicks, Back, two tabs, no network, a session that ended."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect
from tests.e2e.gestures import (
    button,
    field,
    fill_referral,
    give_both_factors,
    press,
    register_referral,
    tick,
    title,
    told,
    write,
)

from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),
]

NEW = "/espace/orientations/nouvelle/"


def fill_a_referral(page: Page) -> None:
    page.goto(NEW)
    write(page, "Nom", "Belcastel")
    write(page, "Prénom", "Aurélien")
    tick(page, "Sexe", "Homme")
    fill_referral(page)


class TestSendingTwice:
    @pytest.mark.parametrize("with_script", [True, False])
    def test_a_double_click_registers_once(self, house, desk, with_script):
        page = desk(house.reception, java_script_enabled=with_script)
        fill_a_referral(page)

        button(page, "Enregistrer l’orientation").dblclick()

        told(page, "Orientation enregistrée")
        assert Referral.objects.count() == Participant.objects.count() == 1

    def test_back_then_sending_again_registers_no_second_file(self, house, desk):
        page = desk(house.reception)
        register_referral(page, "Belcastel", "Aurélien")

        page.go_back()
        expect(field(page, "Nom")).to_have_value("")
        fill_a_referral(page)
        press(page, "Enregistrer l’orientation")

        expect(page.get_by_role("main")).to_contain_text("BELCASTEL Aurélien")
        assert Referral.objects.count() == Participant.objects.count() == 1


class TestADateReadBackUnderAClick:
    def test_does_not_move_the_button_away_from_the_pointer(self, house, desk):
        page = desk(house.reception)
        fill_a_referral(page)
        write(page, "À faire avant le", "demain")
        button(page, "Enregistrer l’orientation").hover(position={"x": 20, "y": 3})

        page.mouse.down()  # the field loses the focus, and its date is read back meanwhile
        expect(page.locator(".read-as", has_text="lu comme").last).to_be_visible()
        page.mouse.up()

        told(page, "Orientation enregistrée")


class TestTwoTabs:
    def test_the_second_is_told_and_keeps_what_was_typed(self, house, desk):
        person = ReferralFactory(
            participant__organisation=house.branch, steps=house.reception
        ).participant
        first = desk(house.reception)
        second = first.context.new_page()
        for page in (first, second):
            page.goto(f"/espace/dossiers/{person.uid}/identite/")

        write(first, "Commune", "Bourg-le-Neuf")
        press(first, "Enregistrer l’identité")
        told(first, "Identité enregistrée.")
        write(second, "Commune", "Port-Vieux")
        press(second, "Enregistrer l’identité")

        summary = second.get_by_role("alert")
        expect(summary).to_be_focused()
        expect(second.get_by_role("row", name="Commune")).to_contain_text("Bourg-le-Neuf")
        expect(field(second, "Commune")).to_have_value("Port-Vieux")

        press(second, "Enregistrer l’identité")
        told(second, "Identité enregistrée.")
        person.refresh_from_db()
        assert person.town == "Port-Vieux"


class TestWhatIsTyped:
    def test_survives_a_reload(self, house, desk):
        page = desk(house.reception)
        fill_a_referral(page)
        expect(page.get_by_text("Brouillon gardé à")).to_be_visible()

        page.reload()

        expect(page.get_by_text("Ce que vous aviez commencé à saisir")).to_be_visible()
        expect(field(page, "Nom")).to_have_value("Belcastel")
        expect(page.get_by_label("Homme", exact=True)).to_be_checked()
        expect(field(page, "Cadre juridique")).to_have_value("postsentenciel")

        press(page, "Effacer et repartir de zéro")
        expect(field(page, "Nom")).to_have_value("")

    def test_is_kept_when_the_network_fails_in_a_search(self, house, desk):
        ParticipantFactory(organisation=house.branch, last_name="Belcastel")
        page = desk(house.reception)
        page.goto("/espace/recherche/")
        box = page.get_by_role("search", name="Personne").get_by_role("searchbox")

        page.context.set_offline(True)
        box.press_sequentially("Belcastel")

        expect(page.get_by_role("alert")).to_contain_text("La connexion est interrompue.")
        expect(box).to_have_value("Belcastel")

        page.context.set_offline(False)
        box.press_sequentially(" ")
        press(page.get_by_role("main"), "Chercher")
        expect(page.get_by_role("table")).to_contain_text("BELCASTEL")

    def test_is_there_after_the_session_ended_and_one_signed_in_again(self, house, desk):
        page = desk(house.reception)
        fill_a_referral(page)
        expect(page.get_by_text("Brouillon gardé à")).to_be_visible()
        Session.objects.all().delete()

        press(page, "Enregistrer l’orientation")

        title(page, "Se connecter")
        assert Referral.objects.count() == 0
        give_both_factors(page, house.reception)
        expect(field(page, "Nom")).to_have_value("Belcastel")
        press(page, "Enregistrer l’orientation")
        told(page, "Orientation enregistrée")
        assert Referral.objects.count() == 1

    def test_is_taken_up_in_the_page_left_open_once_signed_in_in_another_tab(self, house, desk):
        page = desk(house.reception)
        fill_a_referral(page)
        expect(page.get_by_text("Brouillon gardé à")).to_be_visible()
        Session.objects.all().delete()

        write(page, "Prénom", "Aurélien Jules")
        expect(page.get_by_role("alert")).to_contain_text("Votre session est terminée.")
        press(page, "Enregistrer l’orientation")
        assert page.url.endswith(NEW)
        other = page.context.new_page()
        other.goto("/connexion/")
        give_both_factors(other, house.reception)
        title(other, "20")
        page.bring_to_front()
        page.evaluate("window.dispatchEvent(new Event('focus'))")
        expect(page.get_by_role("alert")).to_have_count(0)
        press(page, "Enregistrer l’orientation")

        told(page, "Orientation enregistrée")
        assert Participant.objects.get().first_name == "Aurélien Jules"

    def test_is_sent_to_nobody_else_when_another_person_signed_in_meanwhile(self, house, desk):
        page = desk(house.reception)
        fill_a_referral(page)
        Session.objects.all().delete()
        other = page.context.new_page()
        other.goto("/connexion/")
        give_both_factors(other, house.practitioner)
        title(other, "20")

        write(page, "Prénom", "Aurélien Jules")

        expect(page.get_by_role("alert")).to_contain_text(
            re.compile("Votre session est terminée|ouverte pour une autre personne")
        )
        press(page, "Enregistrer l’orientation")
        page.wait_for_timeout(300)
        assert Referral.objects.count() == 0
