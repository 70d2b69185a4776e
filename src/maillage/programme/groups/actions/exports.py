"""A list that leaves the house is recorded before it does."""

from collections.abc import Mapping

from django.db import transaction

from maillage.core import trail
from maillage.programme.intake import access


@transaction.atomic
def record_export(*, by, filters: Mapping[str, str], rows: int, extension: str) -> None:
    """Keeps who took the list of those who wait, narrowed how, with how many named rows."""
    access.check_can_export(by)
    asked = dict(filters)
    trail.record("course_waiting_list_exported", by=by, filters=asked, rows=rows, format=extension)
