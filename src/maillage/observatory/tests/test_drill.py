"""What a cell says is what stands behind it."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from maillage.observatory.drill import members
from maillage.observatory.grids import load_grid
from maillage.observatory.tests.people import SITES, YEAR, caseloads, fact, facts_of


def behind(snapshot, grid, table_id, row, column="total"):
    return members(
        snapshot=snapshot,
        sites=SITES,
        year=YEAR,
        grid=load_grid(grid),
        table_id=table_id,
        row=row,
        column=column,
    )


@pytest.mark.slow
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=caseloads())
@pytest.mark.parametrize("grid", ["default", "apex"])
def test_every_cell_of_every_table_has_as_many_members_as_it_says(freeze, report_on, grid, rows):
    facts = facts_of(rows)
    snapshot, report = freeze(facts), report_on(facts, grid=grid)

    for table in report.tables:
        for row, line in zip(table.rows, table.cells, strict=True):
            for column, value in zip(table.columns, line, strict=True):
                found = behind(snapshot, grid, table.id, row.code, column.code)
                assert len(found) == len(set(found)) == value, (table.id, row, column)


class TestMembers:
    FACTS = [
        fact(11, 1, site="agde"),
        fact(12, 2, site="sete", sex="F"),
        fact(13, 3, site="sete", entered_on=date(2023, 2, 1)),
        fact(14, 4, entered_on=None, module="stage", referrer_category="jap"),
    ]

    @pytest.mark.parametrize(
        ("table_id", "row", "column", "expected"),
        [
            ("flow", "received", "total", [1, 2, 3]),
            ("flow", "continuing", "total", [3]),
            ("flow", "waiting_at_end", "total", [4]),
            ("received-by-sex", "F", "total", [2]),
            ("received-by-prescriber-and-site", "spip", "sete", [2, 3]),
            ("received-by-prescriber-and-site", "total", "agde", [1]),
            ("new-by-prescriber-and-site", "spip", "total", [1, 2]),
            ("stage-referrals-by-prescriber", "jap", "total", [14]),
        ],
    )
    def test_are_the_persons_or_the_referrals_counted(
        self, freeze, table_id, row, column, expected
    ):
        assert behind(freeze(self.FACTS), "apex", table_id, row, column) == expected

    @pytest.mark.parametrize(
        ("table_id", "row", "column"),
        [
            ("received-by-shoe-size", "H", "total"),
            ("received-by-sex", "Z", "total"),
            ("received-by-sex", "H", "agde"),
            ("followed-by-site", "followed", "ailleurs"),
            ("flow", "lost", "total"),
        ],
    )
    def test_of_a_cell_that_is_not_in_the_report_are_refused(self, freeze, table_id, row, column):
        with pytest.raises(KeyError):
            behind(freeze(self.FACTS), "default", table_id, row, column)
