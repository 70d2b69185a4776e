"""The tables of groups against a second counter and against expectations written by hand."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import independent_groups as second

from maillage.observatory.drill import members
from maillage.observatory.grids import load_grid
from maillage.observatory.render import render
from maillage.observatory.tables import TotalDoesNotClose
from maillage.observatory.tests.groups import (
    days,
    demands,
    interviews,
    meeting,
    module,
    money,
    run,
    turns_of,
    wait,
)
from maillage.observatory.tests.people import SITES, YEAR, fact

WHOLE = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
IN_2024 = st.dates(date(2024, 1, 1), date(2024, 12, 31))


def cells(table) -> dict[str, list[int]]:
    return {row.code: list(line) for row, line in zip(table.rows, table.cells, strict=True)}


def measures(table) -> dict[str, int]:
    return {row.code: line[0] for row, line in zip(table.rows, table.cells, strict=True)}


def one(kind="course", asked=date(2024, 3, 1), closed=None, steps=()):
    return {
        "kind": kind,
        "asked_on": asked,
        "closed_on": closed,
        "steps": [(asked, "to_convene"), *steps],
    }


@pytest.mark.slow
class TestAgainstASecondCounter:
    @WHOLE
    @given(some=demands)
    @pytest.mark.parametrize("year", [2023, 2024, 2025])
    def test_every_cohort_is_found_twice(self, report_on, some, year):
        report = report_on([], groups=turns_of(some), year=year, previous_year=False)

        for kind in {demand["kind"] for demand in some}:
            cohort = report.table(f"{kind}-cohort")
            expected = second.cohort(some, kind, year)
            assert cells(cohort) == expected
            assert cohort.total == sum(map(sum, expected.values()))

    @WHOLE
    @given(some=demands)
    @pytest.mark.parametrize("year", [2023, 2024, 2025])
    def test_every_waiting_list_is_found_twice(self, report_on, some, year):
        report = report_on([], groups=turns_of(some), year=year, previous_year=False)

        if any(demand["kind"] == "course" for demand in some):
            assert measures(report.table("course-waiting")) == second.waiting(some, "course", year)

    @WHOLE
    @given(
        held=st.lists(st.tuples(days, st.integers(0, 20), st.integers(0, 15)), max_size=8),
        sessions=st.lists(st.tuples(days, st.integers(15, 420)), min_size=1, max_size=12),
    )
    def test_every_mean_and_spread_is_found_twice(self, report_on, held, sessions):
        groups = [run(n, *line) for n, line in enumerate(held, 1)]
        groups += [meeting(n, *line) for n, line in enumerate(sessions, 1)]

        table = report_on([], groups=groups, previous_year=False).table("course-runs")

        assert measures(table) == second.runs(
            [line for line in held if line[0].year == YEAR],
            [minutes for on, minutes in sessions if on.year == YEAR],
        )

    @WHOLE
    @given(lengths=st.lists(st.integers(0, 400), max_size=30), late=st.integers(0, 5))
    def test_every_median_is_found_twice(self, report_on, lengths, late):
        late = min(late, len(lengths))
        told = [
            wait(n, date(2024, 1 + n % 12, 5), length, is_long=n <= late)
            for n, length in enumerate(lengths, 1)
        ]
        other = wait(999, date(2023, 5, 5), 900)

        table = report_on([], groups=[*told, other]).table("waiting-time-course")

        assert measures(table) == second.waits(lengths, late)


class TestACohort:
    @pytest.mark.parametrize(
        ("steps", "closed", "outcome"),
        [
            ([], None, "waiting"),
            ([(date(2024, 4, 1), "convened")], None, "convened"),
            (
                [(date(2024, 12, 31), "convened"), (date(2024, 12, 31), "confirmed")],
                None,
                "convened",
            ),
            ([(date(2024, 4, 1), "convened"), (date(2025, 1, 1), "absent")], None, "convened"),
            ([(date(2024, 4, 1), "convened"), (date(2024, 5, 1), "absent")], None, "absent"),
            ([(date(2024, 4, 1), "convened"), (date(2024, 4, 8), "postponed")], None, "postponed"),
            ([(date(2024, 4, 1), "convened"), (date(2024, 4, 8), "excused")], None, "postponed"),
            ([(date(2024, 4, 1), "attending"), (date(2024, 4, 2), "completed")], None, "done"),
            ([(date(2024, 4, 1), "cancelled")], None, "cancelled"),
            ([(date(2024, 4, 1), "moved")], date(2024, 4, 1), "moved"),
            ([(date(2024, 4, 1), "returned")], None, "returned"),
        ],
    )
    def test_counts_a_demand_once_by_its_last_state_in_the_year(
        self, report_on, steps, closed, outcome
    ):
        table = report_on([], groups=turns_of([one(steps=steps, closed=closed)])).table(
            "course-cohort"
        )

        assert {code: line for code, line in cells(table).items() if any(line)} == {
            outcome: [0, 1, 0]
        }

    @pytest.mark.parametrize(("closed", "carried"), [(None, 1), (date(2023, 12, 31), 0)])
    def test_carries_over_somebody_absent_unless_the_referral_ended(
        self, report_on, closed, carried
    ):
        absent = one(asked=date(2023, 5, 1), closed=closed, steps=[(date(2023, 9, 1), "absent")])
        new = one()

        table = report_on([], groups=turns_of([absent, new])).table("course-cohort")

        assert table.column_totals == (carried, 1, 0)

    def test_tells_apart_a_demand_that_was_settled_and_is_made_again(self, report_on):
        again = one(
            asked=date(2023, 5, 1),
            steps=[(date(2023, 9, 1), "completed"), (date(2024, 2, 1), "to_convene")],
        )

        report = report_on([], groups=turns_of([again]))

        assert cells(report.table("course-cohort"))["waiting"] == [0, 0, 1]
        assert measures(report.table("course-waiting"))["reopened"] == 1

    def test_with_a_state_that_no_outcome_names_is_an_error_never_a_report(self, report_on):
        with pytest.raises(TotalDoesNotClose, match="course-cohort.*lost"):
            report_on([], groups=turns_of([one(steps=[(date(2024, 4, 1), "lost")])]))

    def test_with_two_last_states_of_one_demand_is_an_error(self, report_on):
        turns = turns_of([one(steps=[(date(2024, 4, 1), "convened")])])
        turns[0].rank = 2

        with pytest.raises(TotalDoesNotClose):
            report_on([], groups=turns)

    def test_of_each_year_begins_where_the_one_before_ended(self, report_on):
        some = [
            one(asked=date(2023, 11, 1)),
            one(asked=date(2023, 2, 1), steps=[(date(2023, 3, 1), "completed")]),
            one(),
        ]
        report = report_on([fact()], groups=turns_of(some), year=2025)

        before = measures(report_on([fact()], groups=turns_of(some)).table("course-waiting"))

        assert measures(report.table("course-waiting"))["at_start"] == before["at_end"] == 2


class TestTheRuns:
    GROUPS = (
        run(1, date(2024, 1, 25), 14, 4),
        run(2, date(2024, 2, 22), 15, 9),
        run(3, date(2023, 12, 14), 12, 8),
        meeting(1, date(2024, 1, 25), 180),
        meeting(2, date(2024, 1, 25), 180),
        meeting(3, date(2024, 2, 22), 420),
        meeting(4, date(2023, 12, 14), 180),
    )

    def test_are_counted_with_their_hours_and_who_came(self, report_on):
        table = report_on([], groups=self.GROUPS).table("course-runs")

        assert measures(table) == {
            "runs": 2,
            "sessions": 3,
            "hours": 130,  # tenths: 13 h
            "convened": 29,
            "attended": 13,
            "rate": 448,  # 13/29 = 44.8 %
            "mean": 65,
            "deviation": 25,
            "smallest": 4,
            "largest": 9,
        }

    def test_of_a_year_without_any_have_no_mean(self, report_on):
        table = report_on([], groups=self.GROUPS, year=2025).table("course-runs")

        assert measures(table) == {
            "runs": 0,
            "sessions": 0,
            "hours": 0,
            "convened": 0,
            "attended": 0,
        }

    def test_of_a_talk_group_are_told_by_its_sessions_reviews_apart(self, report_on):
        groups = [
            meeting(1, date(2024, 1, 9), 120, 5, 4, "talk_group"),
            meeting(2, date(2024, 1, 16), 120, 5, 3, "talk_group"),
            meeting(3, date(2024, 1, 17), 60, 1, 1, "talk_group", is_individual=True),
            *turns_of(
                [
                    one("talk_group", date(2023, 5, 1), None, [(date(2023, 6, 1), "attending")]),
                    one(
                        "talk_group",
                        date(2023, 5, 1),
                        None,
                        [(date(2023, 6, 1), "attending"), (date(2023, 9, 1), "completed")],
                    ),
                    one("talk_group", date(2024, 5, 1), None, [(date(2024, 6, 1), "attending")]),
                    one("talk_group", date(2024, 5, 1)),
                ]
            ),
        ]

        table = report_on([], groups=groups).table("talk_group-sessions")

        assert measures(table) == {
            "participants": 2,
            "sessions": 2,
            "reviews": 1,
            "hours": 40,
            "presences": 7,
            "rate": 700,
            "mean": 35,
            "deviation": 5,
            "smallest": 3,
            "largest": 4,
        }

    def test_tell_the_attendance_of_each_module_in_the_order_they_are_held(self, report_on):
        groups = [
            meeting(1, date(2024, 1, 9)),
            module(1, date(2024, 1, 9), 201, "Bilan", 10, 6),
            module(2, date(2024, 1, 9), 101, "Cadre juridique", 10, 8),
            module(3, date(2024, 3, 9), 101, "Cadre juridique", 12, 9),
            module(4, date(2023, 3, 9), 101, "Cadre juridique", 99, 0),
        ]

        table = report_on([], groups=groups).table("course-attendance-by-module")

        assert [(row.code, row.label) for row in table.rows] == [
            ("cadre-juridique", "Cadre juridique"),
            ("bilan", "Bilan"),
        ]
        assert table.cells == ((17, 5), (6, 4))
        assert table.total == 32


class TestMoney:
    """In cents: 200 € asked of two people in 2024, of one in 2023."""

    SUMS = (
        money(1, date(2023, 11, 2), "asked", 20_000),
        money(2, date(2023, 12, 1), "payment", 5_000),
        money(3, date(2024, 1, 8), "asked", 20_000),
        money(4, date(2024, 2, 8), "asked", 20_000),
        money(5, date(2024, 3, 1), "payment", 15_050),
        money(6, date(2024, 3, 2), "payment", 10_000),
        money(7, date(2024, 3, 3), "payment", -10_000),  # a wrong entry, cancelled
        money(8, date(2024, 4, 1), "waiver", 5_000),
        money(9, date(2024, 5, 1), "refund", 1_000),
        money(-4, date(2025, 1, 2), "payment", 9_999),
    )

    def test_of_a_year_is_what_moved_and_what_is_owed_at_its_end(self, report_on):
        table = report_on([], groups=self.SUMS).table("fees")

        assert measures(table) == {
            "people": 2,
            "asked": 40_000,
            "payment": 15_050,
            "refund": 1_000,
            "waiver": 5_000,
            "owed": 35_950,  # 600 - 200.50 - 50 + 10
        }

    def test_of_a_kind_that_nobody_named_is_an_error(self, report_on):
        with pytest.raises(TotalDoesNotClose, match="gift"):
            report_on([], groups=[money(1, date(2024, 1, 8), "gift", 1)])

    def test_is_written_with_its_cents(self, report_on):
        told = render(report_on([], groups=self.SUMS), "html").decode()

        assert "150,50" in told


class TestInterviews:
    def test_are_counted_by_purpose_and_issue(self, report_on):
        groups = [
            interviews(1, date(2024, 5, 31), "course", "kept", 3),
            interviews(2, date(2024, 6, 30), "course", "kept", 2),
            interviews(3, date(2024, 5, 31), "individual", "missed", 4),
            interviews(4, date(2023, 5, 31), "individual", "missed", 9),
        ]

        table = report_on([], groups=groups).table("interviews-by-purpose")

        assert table.total == 9
        assert table.value("course", "kept") == 5
        assert table.value("individual", "missed") == 4

    def test_of_a_purpose_that_nobody_named_are_an_error(self, report_on):
        with pytest.raises(TotalDoesNotClose):
            report_on([], groups=[interviews(1, date(2024, 5, 31), "tea", "kept", 3)])


class TestBehindACell:
    @WHOLE
    @given(some=demands)
    def test_of_a_cohort_stand_as_many_demands_as_it_says(self, freeze, report_on, some):
        groups = turns_of(some)
        snapshot, report = freeze([], groups), report_on([], groups=groups)

        for table in report.tables:
            if table.base != "demands":
                continue
            for row, line in cells(table).items():
                for column, value in zip(("carried", "asked", "reopened"), line, strict=True):
                    found = members(
                        snapshot=snapshot,
                        sites=SITES,
                        year=YEAR,
                        grid=load_grid("default"),
                        table_id=table.id,
                        row=row,
                        column=column,
                    )
                    assert len(found) == len(set(found)) == value

    @pytest.mark.parametrize(
        ("table_id", "row", "column"),
        [
            ("course-cohort", "lost", "asked"),
            ("course-cohort", "done", "agde"),
            ("workshop-cohort", "nothing", "total"),
            ("course-runs", "runs", "total"),
            ("interviews-by-purpose", "course", "kept"),
        ],
    )
    def test_that_is_not_opened_stands_nothing(self, freeze, table_id, row, column):
        with pytest.raises(KeyError):
            members(
                snapshot=freeze([], turns_of([one()])),
                sites=SITES,
                year=YEAR,
                grid=load_grid("default"),
                table_id=table_id,
                row=row,
                column=column,
            )


@pytest.fixture(scope="module")
def report(report_on):
    some = [one(asked=date(2023, 11, 1)), one()]
    groups = [
        *turns_of(some),
        *TestTheRuns.GROUPS,
        module(1, date(2024, 1, 25), 101, "Cadre juridique", 29, 13),
        wait(1, date(2024, 1, 25), 151),
        interviews(1, date(2024, 5, 31), "course", "kept", 3),
    ]
    return report_on([fact()], groups=groups)


class TestInEveryFormat:
    @pytest.mark.parametrize("kind", ["html", "pdf", "docx", "xlsx", "json"])
    def test_is_written(self, report, kind):
        assert len(render(report, kind)) > 1000

    def test_the_page_tells_measures_with_their_decimals(self, report):
        page = render(report, "html").decode()

        assert "Groupes, attente et entretiens" in page
        assert "6,5" in page
        assert "44,8" in page  # the rate of the runs and of the module

    def test_json_gives_measures_as_numbers(self, report):
        tables = {table["id"]: table for table in json.loads(render(report, "json"))["tables"]}

        rows = [row["code"] for row in tables["course-runs"]["rows"]]
        assert tables["course-runs"]["cells"][rows.index("mean")] == [6.5]
        assert tables["course-runs"]["total"] is None
        assert tables["course-cohort"]["total"] == 2

    def test_says_population_unit_base_and_period(self, report):
        for table in report.tables:
            if table.section:
                for word in ("Population", "Unité", "Période"):
                    assert word in table.definition, table.id


def test_a_branch_without_groups_has_the_twelve_tables_alone(report_on):
    assert len(report_on([fact()]).tables) == 12
