"""Behind a cell, the same expressions that counted it: a cell's value is its number of members."""

from collections.abc import Iterable

from maillage.observatory import selections
from maillage.observatory.dimensions import classes, of_person, of_referral
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
        key, where = "participant", {}
        if table_id == "flow":
            where = FLOW_WHERE[row]
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
            frame, told = selections.referrals_of_the_year(facts, period), of_referral(grid)
        elif row == "waiting_at_end" and table_id == "flow":
            frame, told = facts.filter(selections.is_waiting(period)), {}
        else:
            frame, told = selections.person_year(facts, period), of_person(grid, period)
        for dimension, code in where.items():
            frame = frame.filter(told[dimension] == code)
        return sorted(line[0] for line in open_session.rows(frame.select(key).unique()))
