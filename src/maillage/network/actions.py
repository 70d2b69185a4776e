"""Beginning to work under a membership."""

from django.db import transaction

from maillage.core import trail


@transaction.atomic
def begin_work(*, by, method: str) -> None:
    """Records that somebody works under a membership from now on, and by which second factor."""
    trail.record("signed_in", by=by, target=f"user:{by.user.pk}", method=method or "password")
