"""The invented ways to a group: allowed step by step, and adding up to the published year."""

from collections import Counter
from datetime import date, timedelta

import pytest

from maillage.core.calendar import is_working_day
from maillage.demo.courses import courses_of
from maillage.demo.interviews import interviews_of_2024
from maillage.demo.offers import OFFERS
from maillage.demo.population import apex, small_branch, via_voltaire
from maillage.demo.talk_groups import talk_group_of
from maillage.programme.groups.models import Enrolment

TODAYS = [date(2025, 6, 1), date(2026, 1, 15), date(2026, 11, 19), date(2026, 11, 25)]
TODAY = TODAYS[-1]
END_OF_2023, END_OF_2024 = date(2023, 12, 31), date(2024, 12, 31)


def rows_of(slug, today):
    whole = {"apex": apex, "via-voltaire": via_voltaire}
    return whole[slug](today) if slug in whole else small_branch(slug, today)


def everything(slug, today):
    rows = rows_of(slug, today)
    runs, ways = courses_of(slug, rows, today)
    more_runs, more_ways = talk_group_of(slug, rows, today)
    return runs + more_runs, ways + more_ways


@pytest.fixture(scope="module")
def apex_courses():
    return courses_of("apex", apex(TODAY), TODAY)


@pytest.fixture(scope="module")
def apex_talk_group():
    (run,), ways = talk_group_of("apex", apex(TODAY), TODAY)
    return run, ways


def status_on(way, day):
    return [step.status for step in way.steps if step.on <= day][-1]


def runs_of_2024(runs):
    return [run for run in runs if run.first_day.year == 2024]


class TestEveryWay:
    @pytest.mark.parametrize("today", TODAYS)
    @pytest.mark.parametrize("slug", OFFERS)
    def test_takes_steps_that_follow_from_one_another_in_time(self, slug, today):
        allowed = {
            (before, after) for states, after in Enrolment.TRANSITIONS.values() for before in states
        }

        for way in everything(slug, today)[1]:
            days = [step.on for step in way.steps]
            states = [step.status for step in way.steps]
            assert days == sorted(days)
            assert way.row.date_orientation == days[0]
            assert days[-1] <= today
            assert states[0] == "to_convene"
            assert set(zip(states, states[1:], strict=False)) <= allowed, states

    @pytest.mark.parametrize("today", TODAYS)
    @pytest.mark.parametrize("slug", OFFERS)
    def test_is_convened_once_to_a_run_and_seen_in_no_other(self, slug, today):
        for way in everything(slug, today)[1]:
            convened = [id(run) for run, _ in way.convened]
            assert len(set(convened)) == len(convened)
            assert {id(mark.run) for mark in way.marks} <= set(convened)
            places = [(id(mark.run), mark.meeting) for mark in way.marks]
            assert len(set(places)) == len(places)

    @pytest.mark.parametrize("today", TODAYS)
    @pytest.mark.parametrize("slug", OFFERS)
    def test_is_marked_at_no_session_to_come(self, slug, today):
        for way in everything(slug, today)[1]:
            assert all(mark.run.meetings[mark.meeting][0] <= today for mark in way.marks)

    @pytest.mark.parametrize("slug", OFFERS)
    def test_is_the_same_every_time(self, slug):
        def told(today):
            return [
                (way.row.dossier, way.steps[-1].status, len(way.marks), way.certificate)
                for way in everything(slug, today)[1]
            ]

        assert told(TODAY) == told(TODAY)


class TestEveryRun:
    @pytest.mark.parametrize("today", TODAYS)
    @pytest.mark.parametrize("slug", OFFERS)
    def test_meets_on_worked_days(self, slug, today):
        for run in everything(slug, today)[0]:
            for day, meeting in run.meetings:
                assert is_working_day(day) or meeting.is_individual

    @pytest.mark.parametrize("today", TODAYS)
    def test_of_apex_lasts_twelve_hours_and_those_of_la_traverse_twice_seven(self, today):
        for slug, hours in (("apex", 12), ("la-traverse", 14)):
            for run in courses_of(slug, rows_of(slug, today), today)[0]:
                assert sum(meeting.minutes for _, meeting in run.meetings) == 60 * hours
                assert run.last_day == run.first_day + timedelta(days=1) or slug == "apex"


class TestApexIn2024:
    def test_held_eleven_courses_to_which_150_were_convened_and_101_came(self, apex_courses):
        runs, ways = apex_courses
        of_2024 = runs_of_2024(runs)
        convened = Counter(run for way in ways for run, _ in way.convened)
        came = Counter(
            run for way in ways for run in {mark.run for mark in way.marks if not mark.reason}
        )

        assert len(of_2024) == 11
        assert sum(convened[run] for run in of_2024) == 150
        assert sorted(came[run] for run in of_2024) == [4, 8, 9, 9, 9, 10, 10, 10, 10, 11, 11]

    def test_became_of_the_171_referred_in_the_year(self, apex_courses):
        ways = [way for way in apex_courses[1] if way.row.date_orientation.year == 2024]

        assert Counter(status_on(way, END_OF_2024) for way in ways) == {
            "completed": 67,
            "moved": 5,
            "postponed": 13,
            "absent": 13,
            "to_convene": 73,
        }
        assert sum(any(on <= END_OF_2024 for _, on in way.convened) for way in ways) == 98

    def test_became_of_the_54_who_waited_at_the_end_of_2023(self, apex_courses):
        waited = [
            way
            for way in apex_courses[1]
            if way.row.date_orientation <= END_OF_2023
            and status_on(way, END_OF_2023) == "to_convene"
        ]

        assert Counter(status_on(way, END_OF_2024) for way in waited) == {
            "completed": 34,
            "cancelled": 2,
            "absent": 16,
            "moved": 2,
        }

    def test_left_87_waiting_one_of_them_to_be_convened_again(self, apex_courses):
        def waits(way):
            status = status_on(way, END_OF_2024)
            closed = way.row.closed_on
            is_open = closed is None or closed > END_OF_2024
            return status in ("to_convene", "postponed") or (status == "absent" and is_open)

        referred = [w for w in apex_courses[1] if w.row.date_orientation <= END_OF_2024]
        assert sum(map(waits, referred)) == 87

    def test_held_41_sessions_of_the_talk_group_with_163_participations(self, apex_talk_group):
        run, ways = apex_talk_group
        sessions = {
            place
            for place, (day, meeting) in enumerate(run.meetings)
            if day.year == 2024 and not meeting.is_individual
        }
        present = Counter(mark.meeting for way in ways for mark in way.marks if not mark.reason)

        assert len(sessions) == 41
        assert sum(present[place] for place in sessions) == 163
        assert max(present.values()) <= 8

    def test_reviewed_alone_each_of_the_five_who_finished(self, apex_talk_group):
        run, ways = apex_talk_group
        reviewed = [
            way.row.exit
            for way in ways
            for mark in way.marks
            if run.meetings[mark.meeting][1].is_individual and way.row.exit.year == 2024
        ]

        assert len(reviewed) == 5

    def test_fixed_159_interviews(self):
        found = interviews_of_2024(apex(TODAY))
        kept = [one for one in found if one.status == "kept"]
        put_off = [one for one in found if one.put_off_from]

        assert len(found) + len(put_off) == 159
        assert Counter("pre" if one.row.module == "stage" else one.kind for one in kept) == {
            "pre": 37,
            "assessment": 27,
            "review": 9,
            "follow_up": 41,
        }
        assert Counter(one.status for one in found) + Counter("postponed" for _ in put_off) == {
            "kept": 114,
            "missed": 28,
            "excused": 9,
            "postponed": 8,
        }
        assert all(one.day.year == 2024 and is_working_day(one.day) for one in found)


class TestLaTraverseIn2024:
    def test_convened_thirty_to_three_courses_and_28_came(self):
        rows = small_branch("la-traverse", TODAY)
        runs, ways = courses_of("la-traverse", rows, TODAY)
        of_2024 = runs_of_2024(runs)
        convened = Counter(run for way in ways for run, _ in way.convened)
        came = [way for way in ways if way.status == "completed" and way.row.entry.year == 2024]

        assert [convened[run] for run in of_2024] == [10, 10, 10]
        assert len(came) == 28

    def test_received_six_women_four_of_them_in_work(self):
        came = [
            row
            for row in small_branch("la-traverse", TODAY)
            if row.module == "stage" and row.date_entree and row.entry.year == 2024
        ]

        situations = Counter(r.situation_professionnelle for r in came if r.sexe == "F")
        assert situations == {"en_emploi": 4, "sans_activite": 2}


class TestToday:
    @pytest.mark.parametrize("today", TODAYS)
    def test_there_is_a_run_to_tick_one_to_fill_and_one_to_certify(self, today):
        runs, ways = courses_of("apex", apex(today), today)
        convened = Counter(run for way in ways for run, _ in way.convened)
        begun = [run for run in runs if not run.is_ticked and run.first_day <= today]
        coming = [run for run in runs if run.first_day > today]
        left = [run for run in runs if run.is_left]

        assert [convened[run] for run in begun] == [8]
        assert coming
        assert all(convened[run] == 0 for run in coming)
        assert len(left) == 1

    @pytest.mark.parametrize("today", TODAYS)
    def test_people_wait_some_put_off_some_absent_some_sent_back_by_justice(self, today):
        ways = courses_of("apex", apex(today), today)[1]
        waiting = [way for way in ways if way.row.is_waiting]
        states = Counter(way.status for way in waiting)

        assert states["to_convene"] >= 20
        assert states["postponed"] >= 2
        assert states["absent"] >= 1
        assert sum(way.is_returned_by_court for way in waiting) == 3
