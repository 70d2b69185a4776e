import pytest

from maillage.observatory.branch_report import branch_report
from maillage.observatory.grids import load_grid
from maillage.observatory.snapshot import write_snapshot
from maillage.observatory.tests.people import SITES, YEAR


@pytest.fixture(scope="session")
def freeze(tmp_path_factory):
    """Facts → snapshot, each in its own file."""
    folder = tmp_path_factory.mktemp("snapshots")
    made = iter(range(10**6))
    return lambda facts, groups=(): write_snapshot(
        (fact.as_row() for fact in facts), folder / f"{next(made)}.parquet", groups
    )


@pytest.fixture(scope="session")
def report_on(freeze):
    """Facts → the report of a branch with four sites."""

    def build(facts, *, groups=(), year=YEAR, grid="default", **options):
        return branch_report(
            snapshot=freeze(facts, groups),
            organisation="haven",
            organisation_name="L’Abri",
            sites=SITES,
            year=year,
            grid=load_grid(grid),
            **options,
        )

    return build
