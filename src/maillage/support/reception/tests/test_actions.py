"""What is written about somebody who is helped, and what is refused."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from maillage.core.errors import Refused, Stale
from maillage.core.models import TrailEntry
from maillage.support.reception import actions, names
from maillage.support.reception.models import Beneficiary, SafeContactPlan

IDENTITY = {"last_name": "Salamandre", "first_name": "Ondine", "birth_date": date(1990, 4, 17)}
PLAN = {"may_call": True, "phone": "+33639981299", "reviewed_on": date(2026, 1, 5)}


def plan(person: Beneficiary) -> SafeContactPlan:
    return person.plans.get(superseded_at=None)


class TestRegistering:
    def test_opens_a_file_with_a_plan_that_allows_nothing_unless_told(self, house):
        person = actions.register(by=house.reception, identity={})

        assert person.display_name == f"Dossier {person.reference}"
        assert plan(person).allowed == []
        assert not plan(person).may_leave_message

    def test_takes_an_alias_for_a_name(self, house):
        person = actions.register(by=house.reception, identity={"alias": "Libellule"})

        assert person.display_name == "Libellule"
        assert names.search("libel", by=house.reception) == [person]

    def test_numbers_the_files_of_an_organisation_in_order(self, house):
        made = [actions.register(by=house.reception, identity={}) for _ in range(2)]
        year = timezone.localdate().year

        assert [m.reference for m in made] == [f"V{year}-0001", f"V{year}-0002"]

    def test_counts_the_same_form_once(self, house):
        one = actions.register(by=house.reception, identity=IDENTITY, uid="c" * 12)
        two = actions.register(by=house.reception, identity=IDENTITY, uid="c" * 12)

        assert one == two

    def test_leaves_one_entry_in_the_trail_of_this_side_without_a_name(self, house):
        person = actions.register(by=house.reception, identity=IDENTITY, needs=["housing"])

        entry = TrailEntry.objects.get()
        assert (entry.verb, entry.side) == ("beneficiary_registered", "support")
        assert entry.file == person.uid
        assert entry.details == {}

    def test_is_not_of_tomorrow(self, house):
        with pytest.raises(Refused):
            actions.register(
                by=house.reception,
                identity={},
                first_contact_on=timezone.localdate() + timedelta(days=1),
            )

    def test_is_refused_to_everybody_else(self, house):
        for by in house.outsiders:
            if by is house.stranger:
                continue  # registers in their own house
            with pytest.raises(PermissionDenied):
                actions.register(by=by, identity=IDENTITY)


class TestTheSafeContactPlan:
    def test_is_followed_by_another_and_stays_as_it_was(self, house):
        person = house.helped(plan__may_text=True, plan__phone="+33639981211")
        former = plan(person)

        actions.change_plan(by=house.pathway, beneficiary=person, version=1, **PLAN)

        former.refresh_from_db()
        assert former.superseded_by == house.pathway.user
        assert former.phone == "+33639981211"
        assert plan(person).allowed == ["Appel"]
        assert plan(person).forbidden == ["SMS", "Courriel", "Courrier"]

    def test_is_not_changed_over_somebody_else_s_change(self, house):
        person = house.helped()
        actions.change_plan(by=house.pathway, beneficiary=person, version=1, **PLAN)

        with pytest.raises(Stale):
            actions.change_plan(by=house.reception, beneficiary=person, version=1, **PLAN)

        assert person.plans.count() == 2

    def test_allows_no_message_where_no_call_is(self, house):
        given = {**PLAN, "may_call": False, "may_leave_message": True}
        with pytest.raises(Refused):
            actions.change_plan(by=house.pathway, beneficiary=house.helped(), version=1, **given)

    def test_is_to_review_after_three_months(self, house):
        person = house.helped(plan__reviewed_on=date(2026, 1, 5))

        assert not plan(person).is_stale(on=date(2026, 4, 5))
        assert plan(person).is_stale(on=date(2026, 4, 6))


class TestContacts:
    def test_an_exchange_makes_the_file_less_silent(self, house):
        person = house.helped(silent=True)

        actions.add_contact(by=house.reception, beneficiary=person, channel="call_in", note="Va.")

        person.refresh_from_db()
        assert person.last_contact_on == timezone.localdate()

    def test_a_try_does_not(self, house):
        person = house.helped(silent=True)

        actions.add_contact(
            by=house.reception, beneficiary=person, channel="call_out", was_reached=False
        )

        person.refresh_from_db()
        assert person.last_contact_on == date(2025, 1, 6)
        assert person.is_silent()

    @pytest.mark.parametrize("day", [date(2025, 8, 31), date(2199, 1, 1)])
    def test_is_between_the_first_contact_and_today(self, house, day):
        with pytest.raises(Refused):
            actions.add_contact(
                by=house.reception, beneficiary=house.helped(), channel="visit", on=day
            )


class TestNeedsAndHousehold:
    def test_what_is_no_longer_ticked_ends_and_stays(self, house):
        person = house.helped()
        actions.set_needs(by=house.pathway, beneficiary=person, needs=["housing", "money"])

        actions.set_needs(by=house.pathway, beneficiary=person, needs=["money", "legal"])

        open_ones = person.needs.filter(ended_on=None).values_list("code", flat=True)
        assert set(open_ones) == {"money", "legal"}
        assert person.needs.get(code="housing").ended_on == timezone.localdate()

    def test_an_unknown_need_is_refused(self, house):
        with pytest.raises(Refused):
            actions.set_needs(by=house.pathway, beneficiary=house.helped(), needs=["lune"])

    def test_who_leaves_the_household_stays_in_the_rows(self, house):
        person = house.helped()
        child = actions.add_member(
            by=house.pathway, beneficiary=person, kind="child", birth_year=2019
        )

        actions.remove_member(by=house.pathway, member=child)

        assert person.household.get().removed_at is not None


class TestClosing:
    def test_closes_and_opens_again(self, house):
        person = house.helped()
        actions.close(
            by=house.pathway,
            beneficiary=person,
            version=1,
            on=timezone.localdate(),
            reason="agreed",
        )
        with pytest.raises(PermissionDenied):
            actions.add_contact(by=house.pathway, beneficiary=person, channel="visit")

        actions.reopen(by=house.pathway, beneficiary=person)

        person.refresh_from_db()
        assert person.is_open
        last = TrailEntry.objects.latest("pk")
        assert last.details["reason"] == "agreed"

    def test_wants_a_known_reason_and_a_possible_day(self, house):
        person, today = house.helped(), timezone.localdate()
        for on, reason in ((today, "ennui"), (date(2025, 1, 1), "agreed")):
            with pytest.raises(Refused):
                actions.close(by=house.pathway, beneficiary=person, version=1, on=on, reason=reason)


class TestSearch:
    def test_finds_by_name_birth_date_and_reference(self, house):
        person = house.helped(**IDENTITY)

        for typed in ("sala ond", "17/4/1990", person.reference, "ONDINE"):
            assert names.search(typed, by=house.reception) == [person]

    def test_finds_nothing_for_whoever_may_not_know(self, house):
        house.helped(**IDENTITY)

        for by in house.outsiders:
            assert names.search("salamandre", by=by) == []

    def test_tells_probable_duplicates_of_the_same_organisation_alone(self, house):
        person = house.helped(**IDENTITY)
        typed = {"last_name": "Salamendre", "first_name": "Ondine", "birth_date": None}

        here = names.probable_duplicates(by=house.reception, **typed)
        assert [each.beneficiary for each in here] == [person]
        assert names.probable_duplicates(by=house.stranger, **typed) == []

    def test_follows_a_changed_name(self, house):
        person = house.helped(**IDENTITY)

        actions.update_identity(
            by=house.reception, beneficiary=person, version=1, last_name="Belcastel"
        )

        assert names.search("belcas", by=house.reception) == [person]
        assert names.search("salamandre", by=house.reception) == []


def test_a_coordinator_works_here_and_is_not_kept_out(house):
    from maillage.barriers import actions as barriers

    person = house.helped()
    barriers.declare(by=house.pathway, file=person)

    for user in (house.stranger.user, house.pathway.user):
        with pytest.raises(Refused):
            actions.update_identity(
                by=house.manager, beneficiary=person, version=1, coordinator=user
            )
