"""The pages of the single counter, as those who work there see them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.barriers import actions as barriers
from maillage.core.models import ReadEntry, TrailEntry
from maillage.support.reception.models import Beneficiary
from maillage.support.reception.tests.factories import ContactFactory, NeedFactory

WHY = "La personne est menacée par un proche."


def page_of(client, person) -> str:
    return client.get(reverse("beneficiary", args=[person.uid])).content.decode()


class TestTheFilePage:
    def test_says_first_that_no_message_may_be_left(self, house, signed_in):
        person = house.helped(
            plan__may_call=True, plan__phone="+33639981299", plan__never="Sonner chez elle"
        )
        NeedFactory(beneficiary=person)

        page = page_of(signed_in(house.reception), person)

        assert "Ne pas laisser de message." in page
        assert "06\u00a039\u00a098\u00a012\u00a099" in page or "06 39 98 12 99" in page
        main = page[page.index('id="contenu"') :]
        assert main.index("Contact sûr") < main.index("Sonner chez elle")
        assert main.index("Sonner chez elle") < main.index("<h2>Besoins</h2>")

    def test_says_not_to_contact_where_nothing_is_allowed(self, house, signed_in):
        page = page_of(signed_in(house.reception), house.helped())

        assert "Ne pas contacter." in page
        assert "tel:" not in page

    def test_does_not_warn_where_a_message_is_allowed(self, house, signed_in):
        person = house.helped(
            plan__may_call=True, plan__may_leave_message=True, plan__phone="+33639981299"
        )

        assert "Ne pas laisser de message" not in page_of(signed_in(house.reception), person)

    def test_is_recorded_as_read(self, house, signed_in):
        person = house.helped()

        page_of(signed_in(house.reception), person)

        read = ReadEntry.objects.get()
        assert (read.what, read.file, read.side) == ("file", person.uid, "support")

    def test_costs_the_same_queries_however_long_its_history(self, house, signed_in):
        person, client = house.helped(), signed_in(house.reception)

        def cost() -> int:
            with CaptureQueriesContext(connection) as counted:
                page_of(client, person)
            return len(counted)

        ContactFactory(beneficiary=person)
        cost()
        before = cost()
        for _ in range(5):
            ContactFactory(beneficiary=person)
            NeedFactory(beneficiary=person, ended_on="2025-10-01")
        assert cost() == before


class TestRegistering:
    TYPED = {
        "first_contact_on": "aujourd’hui",
        "last_name": "Salamandre",
        "first_name": "Ondine",
        "birth_date": "17/4/1990",
        "origin": "self",
        "reviewed_on": "aujourd’hui",
        "may_call": "on",
        "phone": "06 39 98 12 99",
        "needs": ["housing"],
        "is_address_protected": "on",
    }

    def test_opens_a_file_from_one_page(self, house, signed_in):
        answer = signed_in(house.reception).post(reverse("beneficiary_new"), self.TYPED)

        person = Beneficiary.objects.get()
        assert answer.url == reverse("beneficiary", args=[person.uid])
        plan = person.plans.get()
        assert (plan.phone, plan.may_leave_message) == ("+33639981299", False)
        assert person.needs.get().code == "housing"

    def test_sent_twice_opens_one(self, house, signed_in):
        client = signed_in(house.reception)
        for _ in range(2):
            client.post(reverse("beneficiary_new"), self.TYPED)

        assert Beneficiary.objects.count() == 1

    def test_shows_who_it_may_be_before_a_second_file_is_made(self, house, signed_in):
        known = house.helped(last_name="Salamandre", first_name="Ondine")
        client = signed_in(house.reception)

        page = client.post(reverse("beneficiary_new"), self.TYPED)
        assert f"dossier {known.reference}" in page.content.decode()
        assert Beneficiary.objects.count() == 1

        client.post(reverse("beneficiary_new"), {**self.TYPED, "other": page.context["others"]})
        assert Beneficiary.objects.count() == 2

    def test_does_not_tell_a_barred_worker_that_the_person_is_known(self, house, signed_in):
        known = house.helped(last_name="Salamandre", first_name="Ondine")
        barriers.declare(by=house.reception, file=known)

        answer = signed_in(house.reception).post(reverse("beneficiary_new"), self.TYPED)

        assert answer.status_code == 302
        assert Beneficiary.objects.count() == 2

    def test_wants_the_number_of_a_call_that_is_allowed(self, house, signed_in):
        typed = {**self.TYPED, "phone": ""}

        page = signed_in(house.reception).post(reverse("beneficiary_new"), typed)

        assert "Écrivez le numéro sûr" in page.content.decode()
        assert Beneficiary.objects.count() == 0

    def test_takes_up_what_was_searched(self, house, signed_in):
        page = signed_in(house.reception).post(
            reverse("beneficiary_new"), {"carried": "SALAMANDRE Ondine"}
        )

        assert 'value="SALAMANDRE"' in page.content.decode()


class TestTheList:
    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({}, {"open", "silent"}),
            ({"state": "closed"}, {"closed"}),
            ({"state": "all"}, {"open", "silent", "closed"}),
            ({"silent": "on"}, {"silent"}),
            ({"coordinator": "me"}, {"open"}),
        ],
    )
    def test_is_narrowed(self, house, signed_in, asked, expected):
        people = {
            "open": house.helped(coordinator=house.pathway.user),
            "silent": house.helped(silent=True),
            "closed": house.helped(closed=True),
        }

        page = signed_in(house.pathway).get(reverse("beneficiaries"), asked)

        shown = {person for person, _, _ in page.context["lines"]}
        assert shown == {people[name] for name in expected}

    def test_costs_the_same_queries_for_more_rows(self, house, signed_in):
        client = signed_in(house.reception)

        def cost() -> int:
            with CaptureQueriesContext(connection) as counted:
                client.get(reverse("beneficiaries"))
            return len(counted)

        house.helped(site=house.site)
        cost()
        before = cost()
        for _ in range(4):
            house.helped(site=house.site, coordinator=house.pathway.user)
        assert cost() == before

    def test_leaves_in_a_file_as_it_is_shown_and_is_recorded(self, house, signed_in):
        shown, hidden = house.helped(address="rue Cachée"), house.helped(last_name="Ailleurs")
        barriers.declare(by=house.reception, file=hidden)

        answer = signed_in(house.reception).post(
            reverse("beneficiaries_export") + "?state=all", {"layout": "csv"}
        )

        text = answer.content.decode()
        assert shown.reference in text
        assert hidden.reference not in text
        assert "Cachée" not in text
        entry = TrailEntry.objects.latest("pk")
        assert entry.verb == "beneficiaries_exported"
        assert entry.details == {"asked": {"state": "all"}, "rows": 1, "layout": "csv"}


class TestToday:
    def test_tells_whom_to_call_and_whose_plan_to_review(self, house, signed_in):
        silent = house.helped(silent=True, coordinator=house.pathway.user)
        stale = house.helped(coordinator=house.pathway.user, plan__reviewed_on="2025-01-06")
        tried = house.helped(coordinator=house.pathway.user, last_contact_on="2025-09-01")
        ContactFactory(beneficiary=tried, was_reached=False)

        desk = signed_in(house.reception).get(reverse("support_today")).context["desk"]

        assert desk.stale.items == [stale]
        assert silent in desk.silent.items
        assert desk.tried.items == [tried]
        assert desk.unassigned.items == []

    def test_is_where_this_side_arrives(self, house, signed_in):
        answer = signed_in(house.reception).get(reverse("today"))

        assert answer.url == reverse("support_today")

    def test_tells_nothing_of_whom_one_may_not_know(self, house, signed_in):
        person = house.helped(silent=True)
        barriers.restrict(by=house.manager, file=person, reason=WHY)

        page = signed_in(house.reception).get(reverse("support_today")).content.decode()

        assert person.display_name not in page
        assert person.uid not in page


class TestTheFrame:
    def test_shows_this_side_its_own_words_alone(self, house, signed_in):
        page = signed_in(house.reception).get(reverse("support_today")).content.decode()

        assert "side-support" in page
        assert "Aide aux victimes et aux familles" in page
        for route in ("files", "referrals", "waiting_list", "search"):
            assert f'"{reverse(route)}"' not in page

    def test_shows_the_other_side_none_of_ours(self, house, signed_in):
        page = signed_in(house.other_side).get(reverse("files")).content.decode()

        assert "side-programme" in page
        assert "/espace/accueil/" not in page


@pytest.mark.parametrize(
    ("route", "typed"),
    [
        ("beneficiary_edit", {"alias": "Libellule", "origin": "police", "version": 1}),
        ("plan_edit", {"may_write": "on", "reviewed_on": "hier", "version": 1}),
        ("needs_edit", {"needs": ["legal"]}),
        ("member_new", {"kind": "child", "birth_year": "2019", "lives_with": "yes"}),
        ("contact_new", {"on": "hier", "channel": "visit", "was_reached": "on"}),
        ("beneficiary_close", {"on": "hier", "reason": "agreed", "version": 1}),
    ],
)
def test_each_act_is_done_from_its_page_and_left_in_the_trail(house, signed_in, route, typed):
    person = house.helped()
    url = reverse(route, args=[person.uid])

    answer = signed_in(house.pathway).post(url, typed)

    assert answer.status_code == 302, answer.context["form"].errors
    assert TrailEntry.objects.get().file == person.uid


def test_a_stale_form_is_told_and_sent_again_confirms(house, signed_in):
    person, client = house.helped(), signed_in(house.pathway)
    url = reverse("plan_edit", args=[person.uid])
    typed = {"may_write": "on", "reviewed_on": "hier", "version": "1"}
    client.post(url, typed)

    told = client.post(url, typed)
    assert "Quelqu’un d’autre a modifié" in told.content.decode()
    again = client.post(url, {**typed, "version": told.context["form"]["version"].value()})

    assert again.status_code == 302
