"""The yearly report of a branch, from a frozen snapshot to tables, comparison and alerts."""

from collections.abc import Iterable
from datetime import date

from maillage.observatory.alerts import alerts
from maillage.observatory.engine import session
from maillage.observatory.grids import Grid
from maillage.observatory.group_tables import GroupYear
from maillage.observatory.indicators import Year
from maillage.observatory.snapshot import Snapshot
from maillage.observatory.tables import Period, Report


def branch_report(
    *,
    snapshot: Snapshot,
    organisation: str,
    organisation_name: str,
    sites: Iterable[tuple[str, str]],
    year: int,
    grid: Grid,
    previous_year: bool = True,
    computed_on: date | None = None,
) -> Report:
    """`sites` are (slug, name) in any order; raises `GridError` when the grid is not that year's.

    The year before is compared only where its base is known (I3): somebody was received, and the
    same classes held.
    """
    grid.require(year)
    sites = list(sites)
    computed_on = computed_on or date.today()
    with session(snapshot.path) as open_session:
        this = Year(open_session, grid, sites, Period.of_year(year))
        tables = (*this.tables(), *GroupYear(open_session, this.period).tables())
        previous = None
        if previous_year and grid.holds_for(year - 1):
            before = Year(open_session, grid, sites, Period.of_year(year - 1))
            if before.received:
                of_groups = GroupYear(open_session, before.period).tables()
                previous = {table.id: table for table in (*before.tables(), *of_groups)}
        found = alerts(this, tables[0], computed_on)
    return Report(
        organisation=organisation,
        organisation_name=organisation_name,
        period=this.period,
        grid=grid,
        tables=tables,
        previous=previous,
        alerts=found,
        snapshot_sha256=snapshot.sha256,
        computed_on=computed_on,
    )
