"""When a file is due: two years after the last thing that happened, and never while one goes on."""

from datetime import UTC, date, datetime

import pytest

from maillage.programme.episodes.tests.factories import AppointmentFactory
from maillage.programme.groups.tests import factories as groups
from maillage.programme.intake.tests.factories import ContactAttemptFactory
from maillage.protection.retention import propose
from maillage.protection.rules import Rule, rule_for, rules
from maillage.protection.tests.conftest import full_file

TODAY = date(2026, 6, 15)


def due(by, on=TODAY) -> dict:
    return {one.due.uid: one.due for one in propose(by=by, today=on)}


@pytest.fixture
def ended(house):
    """Entered, last met on 20 May 2024, exited on 15 June 2024."""
    return house.episode(
        referral=house.referral(accepted=True, received_on=date(2024, 1, 8)),
        entered_on=date(2024, 2, 1),
        exited_on=date(2024, 6, 15),
        exit_reason="concertee",
        last_contact_on=date(2024, 5, 20),
    )


class TestAFollowedPerson:
    def test_is_due_two_years_after_the_end_of_the_follow_up(self, house, ended):
        uid = ended.participant.uid

        assert uid not in due(house.manager, date(2026, 6, 14))
        found = due(house.manager, date(2026, 6, 15))[uid]
        assert found.rule.record == "programme_followed"
        assert (found.last_event_on, found.since) == (date(2024, 6, 15), date(2026, 6, 15))
        assert found.reference == ended.participant.reference

    def test_is_due_two_years_after_a_later_contact(self, house, ended):
        ended.last_contact_on = date(2024, 6, 16)
        ended.save()

        assert due(house.manager) == {}
        assert ended.participant.uid in due(house.manager, date(2026, 6, 16))

    def test_is_not_due_while_a_follow_up_goes_on(self, house, ended):
        house.episode(
            participant=ended.participant,
            referral=house.referral(
                participant=ended.participant, accepted=True, received_on=date(2024, 1, 10)
            ),
            entered_on=date(2024, 6, 15),
            last_contact_on=date(2024, 6, 15),
        )

        assert due(house.manager) == {}

    def test_is_not_due_while_a_referral_waits(self, house, ended):
        house.referral(participant=ended.participant, received_on=date(2024, 6, 1))

        assert due(house.manager) == {}

    def test_is_not_due_after_a_recent_meeting(self, house, ended):
        at = datetime(2024, 6, 16, 9, tzinfo=UTC)
        meeting = AppointmentFactory(referral=ended.referral, starts_at=at, status="kept")

        assert due(house.manager) == {}
        meeting.status = "cancelled"
        meeting.save()
        assert ended.participant.uid in due(house.manager)

    def test_is_not_due_after_a_recent_call_that_reached_them(self, house, ended):
        at = datetime(2024, 6, 16, 9, tzinfo=UTC)
        call = ContactAttemptFactory(referral=ended.referral, at=at, outcome="reached")

        assert due(house.manager) == {}
        call.outcome = "no_answer"
        call.save()
        assert ended.participant.uid in due(house.manager)

    @pytest.mark.parametrize(
        "status", ["to_convene", "postponed", "excused", "convened", "confirmed", "attending"]
    )
    def test_is_not_due_while_a_place_in_a_group_is_owed_or_taken(self, house, ended, status):
        run = groups.group(house.branch, house.site, starts_on=date(2024, 2, 1))
        seated = status in ("convened", "confirmed", "attending")
        enrolment = groups.enrolment(
            ended.referral,
            user=house.practitioner.user,
            status=status,
            group=run if seated else None,
        )

        assert due(house.manager) == {}
        enrolment.group, enrolment.status, enrolment.ended_on = None, "cancelled", date(2024, 3, 1)
        enrolment.save()
        assert ended.participant.uid in due(house.manager)

    def test_is_due_two_years_after_the_last_step_towards_a_group(self, house, ended):
        enrolment = groups.enrolment(ended.referral, user=house.practitioner.user, status="absent")
        enrolment.steps.create(status="absent", on=date(2024, 6, 16), by=house.practitioner.user)

        assert due(house.manager) == {}
        found = due(house.manager, date(2026, 6, 16))[ended.participant.uid]
        assert found.last_event_on == date(2024, 6, 16)


class TestAPersonWhoNeverEntered:
    def test_is_due_two_years_after_the_end_of_the_referral(self, house):
        referral = house.referral(
            closed=True, received_on=date(2024, 1, 8), ended=date(2024, 6, 15)
        )
        uid = referral.participant.uid

        assert due(house.manager, date(2026, 6, 14)) == {}
        found = due(house.manager)[uid]
        assert found.rule.record == "programme_never_entered"
        assert found.last_event_on == date(2024, 6, 15)


class TestWhoSeesWhatIsDue:
    def test_a_branch_sees_its_own_files_only(self, house):
        person = full_file(house)

        assert set(due(house.manager)) == set(due(house.dpo)) == {person.uid}
        assert due(house.stranger) == {}

    def test_the_oldest_come_first(self, house, ended):
        older = full_file(house)

        assert list(due(house.manager)) == [older.uid, ended.participant.uid]


class TestRules:
    def test_there_is_one_for_each_kind_of_record_on_a_day(self):
        for record in {rule.record for rule in rules()}:
            assert rule_for(record, TODAY).record == record
        with pytest.raises(LookupError, match="shoes: 0 rules"):
            rule_for("shoes", TODAY)

    def test_a_rule_holds_between_its_dates(self):
        given = {"record": "r", "label": "", "trigger": "", "basis": "", "months": 12}
        rule = Rule(**given, valid_from=date(2024, 1, 1), valid_until=date(2024, 12, 31))

        assert rule.is_valid_on(date(2024, 12, 31))
        assert not rule.is_valid_on(date(2025, 1, 1))
        assert not rule.is_valid_on(date(2023, 12, 31))

    def test_a_rule_without_a_duration_is_refused(self):
        with pytest.raises(ValueError, match="one day or more"):
            Rule("r", "", "", "", valid_from=date(2024, 1, 1))
