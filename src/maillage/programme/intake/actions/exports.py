"""A list that leaves the house is recorded before it does."""

from collections.abc import Mapping

from django.db import transaction

from maillage.core import trail
from maillage.programme.intake import access


@transaction.atomic
def record_export(*, by, what: str, filters: Mapping[str, str], rows: int, extension: str) -> None:
    """Keeps who took which list, narrowed how, with how many named rows."""
    access.check_can_export(by)
    trail.record(f"{what}_exported", by=by, filters=dict(filters), rows=rows, format=extension)
