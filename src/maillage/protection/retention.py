"""Which files are due, what keeps some of them, and erasing again after a restoration."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone

from maillage.core import trail
from maillage.core.models import Draft
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.protection import erasures
from maillage.protection.models import LegalHold, RightsRequest
from maillage.protection.records import Due, RecordType
from maillage.protection.registry import files_of, record_type_of
from maillage.protection.rules import rule_for
from maillage.support.callbacks.models import Callback


@dataclass(frozen=True)
class Proposal:
    """A file due, and what keeps it: a hold, or a request of the person that is not answered."""

    due: Due
    hold: LegalHold | None
    is_asked_about: bool

    @property
    def may_be_erased(self) -> bool:
        return self.hold is None and not self.is_asked_about


def active_holds(by, files: Iterable[str] | None = None, on: date | None = None):
    """The holds in force in one's organisation and side, of all files or of some."""
    day = on or timezone.localdate()
    ours = {"organisation_id": by.organisation_id, "side": by.side}
    holds = LegalHold.objects.filter(**ours, lifted_on__isnull=True, ends_on__gte=day)
    return holds if files is None else holds.filter(file__in=list(files))


def propose(*, by, today: date | None = None) -> list[Proposal]:
    """Every file that a rule says to erase today, oldest first; nothing is written."""
    day = today or timezone.localdate()
    found = files_of(by).due(by=by, today=day)
    holds = {hold.file: hold for hold in active_holds(by, on=day)}
    ours = Q(organisation_id=by.organisation_id, side=by.side, state__in=RightsRequest.OPEN)
    asked = set(RightsRequest.objects.filter(ours).values_list("file", flat=True))
    return [Proposal(due, holds.get(due.uid), due.uid in asked) for due in found]


def erase_locked(record_type: RecordType, files: Iterable[Model]) -> list[str]:
    """Erases files that the caller has locked, what was asked about them and what kept them."""
    erased = []
    for file in files:
        uid = file.uid  # type: ignore[attr-defined]
        record_type.erase(file)
        LegalHold.objects.filter(file=uid).delete()
        RightsRequest.objects.filter(file=uid).delete()
        erased.append(uid)
    return erased


def forget_snapshots(organisation: str) -> None:
    """Takes away the facts frozen before an erasure; the next report freezes what is left."""
    for path in (Path(settings.DATA_DIR) / "snapshots" / organisation).glob("*.parquet"):
        path.unlink(missing_ok=True)


def purge_drafts(today: date | None = None) -> int:
    """Deletes the drafts that nobody took up again; they need no confirmation."""
    limit = rule_for("draft", today or timezone.localdate()).latest_trigger(
        today or timezone.localdate()
    )
    return Draft.objects.filter(saved_at__date__lte=limit).delete()[0]


def purge_callbacks(today: date | None = None) -> int:
    """Deletes the requests to be called back that are too old to be answered without danger."""
    today = today or timezone.localdate()
    limit = rule_for("callback", today).latest_trigger(today)
    return Callback.objects.filter(received_at__date__lte=limit).delete()[0]


def replay() -> int:
    """Erases again every file of the journal that a restored database brought back; says how many.

    Whoever restores calls it before anybody works. It may be called again at any time. Neither a
    rule nor a hold of the restored database stands in the way: a person had confirmed.
    """
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for erasure in erasures.read():
        wanted[erasure.organisation, erasure.side].append(erasure.file)
    return sum(_replay(slug, side, uids) for (slug, side), uids in wanted.items())


@transaction.atomic
def _replay(slug: str, side: str, uids: list[str]) -> int:
    record_type = record_type_of(side)
    root = record_type.root._default_manager
    back = root.filter(organisation__slug=slug, uid__in=uids).order_by("pk")
    files = list(back.select_for_update(of=("self",), no_key=True))
    if not files:
        return 0
    count = len(erase_locked(record_type, files))
    by = CommandLine(Organisation.objects.get(slug=slug), side=side)
    trail.record("files_erased_again", by=by, count=count)
    if record_type.has_figures:
        transaction.on_commit(lambda: forget_snapshots(slug))
    return count
