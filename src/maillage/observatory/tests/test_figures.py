"""The twelve tables against a second counter and against expectations written by hand."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from tests.independent_count import count

from maillage.observatory.tables import TOTAL, Category, Table, TotalDoesNotClose
from maillage.observatory.tests.people import SITES, YEAR, caseloads, fact, facts_of

WHOLE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def told(table):
    return {
        "rows": [row.code for row in table.rows],
        "columns": [column.code for column in table.columns],
        "cells": [list(line) for line in table.cells],
        "row_totals": list(table.row_totals),
        "column_totals": None if table.column_totals is None else list(table.column_totals),
        "total": table.total,
    }


@pytest.mark.slow
class TestAgainstASecondCounter:
    @WHOLE
    @given(rows=caseloads())
    def test_every_table_is_found_twice(self, report_on, rows):
        for year in (YEAR, YEAR + 1):
            report = report_on(facts_of(rows), year=year, previous_year=False)

            found = {table.id: told(table) for table in report.tables}

            assert found == count(rows, SITES, year)

    @WHOLE
    @given(rows=caseloads())
    def test_the_year_before_is_that_year_s_own_report(self, report_on, rows):
        facts = facts_of(rows)
        before = report_on(facts, year=YEAR - 1, previous_year=False)

        compared = report_on(facts).previous

        if before.table("flow").value("received"):
            assert compared == {table.id: table for table in before.tables}
        else:
            assert compared is None

    @WHOLE
    @given(rows=caseloads())
    def test_every_total_closes_on_the_base_it_names(self, report_on, rows):
        report = report_on(facts_of(rows), grid="apex")
        flow = report.table("flow")

        for table in report.tables[1:]:
            assert table.total == sum(table.row_totals) == sum(table.column_totals)
            if table.base in ("received", "new", "exited", "followed"):
                assert table.total == flow.value(table.base)


class TestTheFlow:
    def test_a_person_counts_once_by_the_latest_episode(self, report_on):
        facts = [
            fact(1, 7, seq=1, entered_on=date(2024, 1, 5), exited_on=date(2024, 3, 1)),
            fact(2, 7, seq=2, entered_on=date(2024, 6, 1), site="sete"),
        ]

        report = report_on(facts)

        assert report.table("flow").row_totals == (1, 1, 0, 0, 0, 1, 0)
        assert report.table("followed-by-site").value("followed", "sete") == 1

    def test_a_return_after_an_exit_of_an_earlier_year_is_a_resumption(self, report_on):
        facts = [
            fact(1, 7, seq=1, entered_on=date(2022, 1, 5), exited_on=date(2022, 3, 1)),
            fact(2, 7, seq=2, entered_on=date(2024, 6, 1)),
        ]

        assert report_on(facts).table("flow").row_totals == (1, 0, 1, 0, 0, 1, 0)

    def test_who_began_before_the_year_is_not_new_by_a_second_episode_in_it(self, report_on):
        facts = [
            fact(1, 7, seq=1, entered_on=date(2023, 11, 5), exited_on=date(2024, 2, 1)),
            fact(2, 7, seq=2, entered_on=date(2024, 6, 1)),
        ]

        assert report_on(facts).table("flow").row_totals == (1, 0, 1, 0, 0, 1, 0)

    @pytest.mark.parametrize(
        ("entered", "exited", "expected"),
        [
            (date(2024, 1, 1), None, (1, 1, 0, 0, 0, 1, 0)),
            (date(2023, 12, 31), None, (1, 0, 0, 1, 0, 1, 0)),
            (date(2024, 12, 31), None, (1, 1, 0, 0, 0, 1, 0)),
            (date(2025, 1, 1), None, (0, 0, 0, 0, 0, 0, 1)),
            (date(2023, 5, 1), date(2023, 12, 31), (0, 0, 0, 0, 0, 0, 0)),
            (date(2023, 5, 1), date(2024, 1, 1), (1, 0, 0, 1, 1, 0, 0)),
            (date(2023, 5, 1), date(2024, 12, 31), (1, 0, 0, 1, 1, 0, 0)),
            (date(2023, 5, 1), date(2025, 1, 1), (1, 0, 0, 1, 0, 1, 0)),
        ],
    )
    def test_the_edges_of_the_year(self, report_on, entered, exited, expected):
        facts = [
            fact(entered_on=entered, exited_on=exited, referred_on=min(entered, date(2024, 12, 31)))
        ]

        assert report_on(facts).table("flow").row_totals == expected

    @pytest.mark.parametrize(
        ("closed_on", "waiting"),
        [(None, 1), (date(2024, 12, 31), 0), (date(2025, 1, 1), 1)],
    )
    def test_a_referral_closed_without_entry_waits_no_more(self, report_on, closed_on, waiting):
        facts = [fact(entered_on=None, closed_on=closed_on)]

        assert report_on(facts).table("flow").value("waiting_at_end") == waiting

    def test_somebody_referred_twice_waits_once(self, report_on):
        facts = [fact(1, 7, entered_on=None), fact(2, 7, entered_on=None)]

        assert report_on(facts).table("flow").value("waiting_at_end") == 1


class TestDurations:
    @pytest.mark.parametrize(
        ("entered", "exited", "expected"),
        [
            (date(2024, 1, 15), date(2024, 4, 14), "lt3"),
            (date(2024, 1, 15), date(2024, 4, 15), "3to6"),
            (date(2023, 11, 30), date(2024, 2, 28), "lt3"),
            (date(2023, 11, 30), date(2024, 2, 29), "3to6"),
            (date(2024, 1, 15), date(2024, 7, 14), "3to6"),
            (date(2024, 1, 15), date(2024, 7, 15), "6to12"),
            (date(2023, 3, 1), date(2024, 2, 29), "6to12"),
            (date(2023, 3, 1), date(2024, 3, 1), "ge12"),
        ],
    )
    def test_a_bound_belongs_to_the_longer_class(self, report_on, entered, exited, expected):
        table = report_on([fact(entered_on=entered, exited_on=exited)]).table("exited-by-duration")

        assert {row.code: n for row, n in zip(table.rows, table.row_totals, strict=True) if n} == {
            expected: 1
        }


class TestATotalThatDoesNotClose:
    @pytest.mark.parametrize(
        "broken",
        [
            {"site": None},
            {"site": "ailleurs"},
            {"sex": "?"},
            {"resources": "loto"},
            {"referrer_category": "oncle"},
            {"exited_on": date(2024, 5, 1), "exit_reason": None},
            {"seq": None},
        ],
    )
    def test_is_an_error_never_a_report(self, report_on, broken):
        with pytest.raises(TotalDoesNotClose):
            report_on([fact(**broken)])

    def test_names_the_class_that_the_table_does_not_have(self, report_on):
        with pytest.raises(TotalDoesNotClose, match="received-by-resources.*loto"):
            report_on([fact(resources="loto")])

    @pytest.mark.parametrize(
        ("cells", "base_total"), [(((1,), (2,)), 4), (((1,),), 1), (((1, 0), (2, 0)), 3)]
    )
    def test_a_table_cannot_be_made_with_one(self, cells, base_total):
        with pytest.raises(TotalDoesNotClose):
            Table(
                id="t",
                title="",
                unit="personnes",
                base="received",
                base_label="",
                base_total=base_total,
                rows=(Category("a", "A"), Category("b", "B")),
                columns=(TOTAL,),
                cells=cells,
                definition="",
            )

    def test_two_latest_episodes_of_one_person_are_an_error(self, report_on):
        with pytest.raises(TotalDoesNotClose):
            report_on([fact(1, 7, seq=1), fact(2, 7, seq=1)])
