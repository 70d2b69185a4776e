"""What is kept of the trail once its time is over: a stub for each month, that still verifies."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maillage.core import chain, trail
from maillage.core.calendar import add_months
from maillage.core.models import TrailHead


@dataclass(frozen=True)
class Keeper:
    """The command that purges, acting for the organisation whose trail it is."""

    organisation_slug: str
    side: str
    user: None = None
    role: str = "command"


class PurgeError(Exception):
    """Nothing was purged; carries a French sentence."""


def first_kept_month(kind: str, now: datetime) -> str:
    """The oldest month that the retention of this kind keeps whole."""
    months = settings.TRAIL_MONTHS if kind == TrailHead.Kind.ACT else settings.READS_MONTHS
    return f"{add_months(now.astimezone(chain.PARIS).date().replace(day=1), -months):%Y-%m}"


def purge(*, before: str | None, account: str) -> list[tuple[TrailHead, int]]:
    """Takes away the entries of whole months older than the retention; gives what is sealed.

    `before` keeps more than the retention asks, never less. Each month is a transaction of its own.
    """
    sealed = []
    for kind in TrailHead.Kind.values:
        limit = first_kept_month(kind, timezone.now())
        if before is not None:
            limit = min(limit, before)
        due = TrailHead.objects.filter(kind=kind, month__lt=limit, purged_at=None)
        for pk in due.order_by("month", "pk").values_list("pk", flat=True):
            sealed.append(_seal(pk, account))
    return sealed


@transaction.atomic
def _seal(pk: int, account: str) -> tuple[TrailHead, int]:
    head = TrailHead.objects.select_for_update(no_key=True).get(pk=pk)
    if fault := next(chain.faults_of(head), None):
        raise PurgeError(f"Un mois altéré ne se purge pas. {fault}")
    entries = chain.ENTRIES[head.kind].objects.filter(chain=head)
    head.first_hash = entries.values_list("hash", flat=True).get(position=1)
    head.purged_at, head.purged_by = timezone.now(), account
    head.save(update_fields=["first_hash", "purged_at", "purged_by"])
    gone, _ = entries.delete()  # the database lets go of a month whose head says that it is purged
    trail.record(
        "trail_purged",
        by=Keeper(head.organisation, head.side),
        kind=head.kind,
        month=head.month,
        count=head.position,
        first=bytes(head.first_hash).hex(),
        last=bytes(head.hash).hex(),
        account=account,
    )
    return head, gone
