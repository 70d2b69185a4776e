"""Behind a cell, the same expressions that counted it: a cell's value is its number of members."""

from collections.abc import Iterable

import narwhals as nw

from maillage.observatory import selections
from maillage.observatory.dimensions import classes
from maillage.observatory.engine import session
from maillage.observatory.grids import Grid
from maillage.observatory.indicators import BY_ID, FLOW_WHERE
from maillage.observatory.snapshot import Snapshot
from maillage.observatory.tables import TOTAL, Period

ALL = TOTAL.code


def members(
    *,
    snapshot: Snapshot,
    sites: Iterable[tuple[str, str]],
    year: int,
    grid: Grid,
    table_id: str,
    row: str,
    column: str = ALL,
) -> list[int]:
    """Participants (referrals in a table of orientations) of a cell; `total` takes all of a side.

    Raises `KeyError` on a table, row or column that the report does not have.
    """
    period = Period.of_year(year)
    with session(snapshot.path) as open_session:
        facts = open_session.facts
        if table_id == "flow":
            key, where = "participant", FLOW_WHERE[row]
            if row == "waiting_at_end":
                frame = selections.waiting(facts, period)
            else:
                frame = selections.persons(facts, grid, period)
        else:
            indicator = BY_ID[table_id]
            key, where = indicator.base.key, dict(filter(None, [indicator.base.where]))
            known = classes(grid, sites)
            for dimension, code in ((indicator.rows, row), (indicator.columns, column)):
                if code == ALL:
                    continue
                if dimension is None or code not in {one.code for one in known[dimension]}:
                    raise KeyError(f"{table_id} : {code}")
                where[dimension] = code
            if key == "referral":
                frame = selections.referrals(facts, grid, period)
            else:
                frame = selections.persons(facts, grid, period)
        for dimension, code in where.items():
            frame = frame.filter(nw.col(dimension) == code)
        return sorted(line[0] for line in open_session.rows(frame.select(key).unique()))
