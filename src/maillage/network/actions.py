"""Beginning to work under a membership."""

from django.db import transaction

from maillage.core import rowlock, trail


@transaction.atomic
def begin_work(*, by, method: str) -> None:
    """Records that somebody works under a membership from now on, and by which second factor.

    Among the looks: nothing that a report counts has changed.
    """
    with rowlock.acting(by):
        trail.record_read("signed_in", by=by, count=0, flag=method or "password")
