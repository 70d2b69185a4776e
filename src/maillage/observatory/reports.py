"""The reports as the site and the command ask for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from maillage.core import rowlock
from maillage.network.models import Organisation
from maillage.observatory.branch_report import branch_report
from maillage.observatory.drill import members
from maillage.observatory.grids import OWN_GRIDS, Grid, GridError, load_grid
from maillage.observatory.group_tables import COHORTS
from maillage.observatory.indicators import BY_ID
from maillage.observatory.source import is_of_an_erased_file, snapshot_of
from maillage.observatory.tables import TOTAL, Category, Report, Table
from maillage.programme.episodes.models import StatisticalRow
from maillage.programme.intake.models import Participant, Referral


def _grids_folder() -> Path | None:
    return Path(settings.GRIDS_DIR) if settings.GRIDS_DIR else None


def grid_named(grid_id: str) -> Grid:
    """A grid that comes along or of the host's own folder; raises `GridError` when unknown."""
    return load_grid(grid_id, _grids_folder())


def grid_choices(year: int | None = None) -> list[tuple[str, str]]:
    """Id and title of every grid that reads well (and holds for the year), the contract's first."""
    found = []
    for folder in filter(None, (OWN_GRIDS, _grids_folder())):
        for path in sorted(folder.glob("*.toml")):
            try:
                grid = grid_named(path.stem)
            except GridError:
                continue
            if year is None or grid.holds_for(year):
                found.append((grid.id, grid.title))
    return sorted(dict(found).items(), key=lambda pair: (pair[0] != "default", pair[1]))


def years_of(organisations: Iterable[Organisation]) -> list[int]:
    """The years that have something to report, newest first."""
    today = timezone.localdate()
    ours = {"organisation__in": organisations}
    with rowlock.figures(organisations):
        known = Referral.objects.filter(**ours).aggregate(first=Min("received_on"))
        erased = StatisticalRow.objects.filter(**ours).aggregate(first=Min("referred_on"))
    first = min(filter(None, (known["first"], erased["first"])), default=today)
    return list(range(today.year, first.year - 1, -1))


def sites_of(organisation: Organisation) -> list[tuple[str, str]]:
    return list(organisation.sites.values_list("slug", "name"))


_KEPT: dict[tuple, Report] = {}
MOST_KEPT = 32


def branch_report_of(organisation: Organisation, year: int, grid_id: str = "default") -> Report:
    """The report of a branch's year from what is recorded now.

    It is computed once for the same facts, sites and classes on the same day: the pages of its
    cells ask for it again.
    """
    grid, snapshot = grid_named(grid_id), snapshot_of(organisation)
    sites, today = sites_of(organisation), timezone.localdate()
    names = (organisation.slug, organisation.name)
    key = (snapshot.sha256, *names, tuple(sites), year, repr(grid), today)
    report = _KEPT.get(key)
    if report is None:
        report = branch_report(
            snapshot=snapshot,
            organisation=organisation.slug,
            organisation_name=organisation.name,
            sites=sites,
            year=year,
            grid=grid,
            computed_on=today,
        )
        for oldest in list(_KEPT)[: max(0, len(_KEPT) + 1 - MOST_KEPT)]:
            _KEPT.pop(oldest, None)
        _KEPT[key] = report
    return report


@dataclass(frozen=True)
class OpenedCell:
    """What stands behind one number of a report: keys of what it counts, and how many more belong
    to erased files. `path` leads from a file to a key."""

    table: Table
    row: Category
    column: Category
    keys: list[int]
    erased: int
    path: str

    def files(self, keys: Iterable[int], by) -> list[Participant]:
        """The files of some of the keys, as far as this membership may know them."""
        visible = Participant.objects.visible_to(by).order_by("pk")
        return list(visible.filter(**{f"{self.path}__in": list(keys)}).distinct())


def _category(categories: Iterable[Category], code: str) -> Category:
    return TOTAL if code == TOTAL.code else next(c for c in categories if c.code == code)


def cell_of(
    organisation: Organisation, year: int, grid_id: str, table_id: str, row: str, column: str
) -> OpenedCell:
    """Raises `KeyError` on a cell that the report does not have."""
    report = branch_report_of(organisation, year, grid_id)
    keys = members(
        snapshot=snapshot_of(organisation),
        sites=sites_of(organisation),
        year=year,
        grid=report.grid,
        table_id=table_id,
        row=row,
        column=column,
    )
    table = report.table(table_id)
    left = [key for key in keys if not is_of_an_erased_file(key)]
    return OpenedCell(
        table=table,
        row=_category(table.rows, row),
        column=_category(table.columns, column),
        keys=left,
        erased=len(keys) - len(left),
        path=_path_of(table_id),
    )


def _path_of(table_id: str) -> str:
    if table_id in COHORTS:
        return "enrolments"
    return "referrals" if table_id in BY_ID and BY_ID[table_id].base.key == "referral" else "pk"
