"""Behind a cell, the same expressions that counted it: a cell's value is its number of members."""

from collections.abc import Iterable

import narwhals as nw

from maillage.observatory import selections
from maillage.observatory.dimensions import classes, of_person, of_referral
from maillage.observatory.engine import Session, session
from maillage.observatory.grids import Grid
from maillage.observatory.group_selections import COHORT_COLUMNS, OUTCOMES, cohort
from maillage.observatory.group_tables import COHORTS
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
    """Participants of a cell (referrals in a table of orientations, enrolments in the cohort of a
    kind of group); `total` takes all of a side.

    Raises `KeyError` on a table, row or column that the report does not have.
    """
    period = Period.of_year(year)
    with session(snapshot.path) as open_session:
        facts = open_session.facts
        if table_id in COHORTS:
            return _demands(open_session, COHORTS[table_id].code, period, row, column)
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


def _demands(session: Session, kind: str, period: Period, row: str, column: str) -> list[int]:
    turns = session.table("turns")
    outcomes = {outcome.code for outcome in OUTCOMES}
    if turns is None or row not in {ALL, *outcomes} or column not in {ALL, *COHORT_COLUMNS}:
        raise KeyError(f"{kind} : {row}, {column}")
    frame = cohort(turns.filter(nw.col("kind") == kind), period)
    for code, dimension in ((row, "outcome"), (column, "cohort")):
        if code != ALL:
            frame = frame.filter(nw.col(dimension) == code)
    return sorted(line[0] for line in session.rows(frame.select("enrolment").unique()))
