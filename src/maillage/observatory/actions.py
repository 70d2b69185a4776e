"""An export is an act: what left, for whom, from which facts."""

from django.db import transaction

from maillage.core import trail
from maillage.observatory.tables import Report


@transaction.atomic
def record_export(report: Report, kind: str, *, by) -> None:
    trail.record(
        "report_exported",
        by=by,
        report=report.kind,
        of=report.organisation,
        year=report.period.year,
        grid=report.grid.id,
        format=kind,
        snapshot=report.snapshot_sha256,
    )
