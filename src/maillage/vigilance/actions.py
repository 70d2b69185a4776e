"""Examining the reads, answering an alert, taking a trail out: each is in the trail itself."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from maillage.core import trail
from maillage.core.chain import PARIS
from maillage.core.errors import Refused
from maillage.core.models import ReadEntry, TrailHead
from maillage.vigilance import access
from maillage.vigilance.models import Alert, Watch
from maillage.vigilance.rules import Found, Key, findings

LOOK_BACK = timedelta(days=31)


@transaction.atomic
def examine(*, by) -> int:
    """Raises the alerts of every day on which something was read since the last time."""
    access.check_can_watch(by)
    whose = {"organisation_id": by.organisation_id, "side": by.side}
    Watch.objects.get_or_create(**whose)
    watch = Watch.objects.select_for_update(no_key=True).get(**whose)
    now = timezone.now()
    raised: Counter[str] = Counter()
    for day in sorted(_new_days(watch, by, now - LOOK_BACK)):
        raised.update(_keep(by, day, findings(by.organisation, by.side, day)))
    watch.looked_at = now
    watch.save(update_fields=["positions", "looked_at"])
    if raised:
        trail.record("alerts_raised", by=by, rules=dict(raised))
    return raised.total()


def _new_days(watch: Watch, by, since: datetime) -> set[date]:
    """The days of what was added to the chains of reads; the watch moves to their ends."""
    days: set[date] = set()
    heads = TrailHead.objects.filter(
        organisation=by.organisation_slug,
        side=by.side,
        kind=TrailHead.Kind.READ,
        purged_at=None,
    )
    for head in heads:
        seen = watch.positions.get(head.month, 0)
        if head.position > seen:
            new = ReadEntry.objects.filter(
                chain=head, position__gt=seen, position__lte=head.position, at__gte=since
            )
            days |= {at.astimezone(PARIS).date() for at in new.values_list("at", flat=True)}
            watch.positions[head.month] = head.position
    return days


def _keep(by, day: date, found: Found) -> list[str]:
    """Writes what is new of a day; what has its answer is left as it was answered."""
    whose = {"organisation_id": by.organisation_id, "side": by.side, "day": day}
    kept = {Key(a.rule, a.who_id, a.file): a for a in Alert.objects.filter(**whose)}
    new, grown = [], []
    for key, finding in found.items():
        alert = kept.get(key)
        if alert is None:
            alert = Alert(**whose, rule=key.rule, who_id=key.who, file=key.file, role=finding.role)
            new.append(alert)
        elif not alert.is_answered and alert.count != finding.count:
            grown.append(alert)
        else:
            continue
        alert.first_at, alert.last_at = finding.first_at, finding.last_at
        alert.count = finding.count
    Alert.objects.bulk_create(new, batch_size=500)
    Alert.objects.bulk_update(grown, ["first_at", "last_at", "count"], batch_size=200)
    return [alert.rule for alert in new]


@transaction.atomic
def answer(*, by, alert: Alert, state: str, reason: str) -> Alert:
    """Says why a read was right, or to whom it was passed on."""
    alert = (
        Alert.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=alert.pk)
    )
    access.check_can_answer(by, alert)
    if state not in (Alert.State.EXPLAINED, Alert.State.PASSED_ON):
        raise Refused("Dites si l’alerte est expliquée ou transmise.", field="state")
    if not reason.strip():
        raise Refused("Écrivez l’explication, ou à qui l’alerte est transmise.", field="reason")
    alert.state, alert.reason = state, reason.strip()
    alert.answered_by, alert.answered_at = by.user, timezone.now()
    alert.save(update_fields=["state", "reason", "answered_by", "answered_at"])
    trail.record(
        f"alert_{state}",
        by=by,
        target=alert.uid,
        file=alert.file,
        rule=alert.rule,
        who=alert.who_id,
    )
    return alert


@transaction.atomic
def record_export(*, by, file: str, asked: Mapping[str, str], rows: int, layout: str) -> None:
    access.check_can_watch(by)
    trail.record("trail_exported", by=by, file=file, asked=dict(asked), rows=rows, layout=layout)
    trail.record_read("file_trail", by=by, file=file)


@transaction.atomic
def record_extract(*, by, file: str, with_names: bool, rows: int) -> None:
    """What a person is given of who read their file; names of staff by the DPO's decision alone."""
    access.check_can_watch(by)
    if with_names:
        access.check_can_name_staff(by)
    trail.record("trail_extracted", by=by, file=file, with_names=with_names, rows=rows)
    trail.record_read("trail_extract", by=by, file=file)
