"""What leaves in a file is recorded: the filter and the number of rows, no name."""

from collections.abc import Mapping

from django.db import transaction

from maillage.core import trail
from maillage.network.roles import Permission, check_holds


@transaction.atomic
def record_export(*, by, what: str, asked: Mapping[str, str], rows: int, layout: str) -> None:
    check_holds(by, Permission.FILE_READ, "Votre rôle ne permet pas d’exporter des dossiers.")
    trail.record(f"{what}_exported", by=by, asked=dict(asked), rows=rows, layout=layout)
    trail.record_read(f"{what}_export", by=by, count=rows)
