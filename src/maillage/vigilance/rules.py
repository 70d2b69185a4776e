"""What is worth a look in the reads of one day; thresholds are settings.

Computed from the trail alone and from who is assigned to what, so that the same day gives the same
findings however often it is examined.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q

from maillage.core.calendar import is_working_day
from maillage.core.chain import PARIS
from maillage.core.models import ReadEntry, TrailEntry
from maillage.core.names import OWN_NAME
from maillage.network.models import Organisation
from maillage.network.roles import GRANTS, Permission
from maillage.vigilance.files import SIDES
from maillage.vigilance.models import Alert

Rule = Alert.Rule
REFUSED = "refused"  # a look that was not given
WATCHING = ("file_trail", "trail_extract")  # looks at a trail, not at a file


class Read(NamedTuple):
    at: datetime
    by: int
    role: str
    what: str
    file: str
    digest: int | None
    flag: str


class Key(NamedTuple):
    rule: str
    who: int
    file: str


@dataclass
class Finding:
    role: str
    first_at: datetime
    last_at: datetime
    count: int = 1

    def grow(self, read: Read) -> None:
        self.last_at, self.count = read.at, self.count + 1


Found = dict[Key, Finding]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)


def findings(organisation: Organisation, side: str, day: date) -> Found:
    """Everything that the reads of one day of Paris give."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    before = timedelta(minutes=settings.ALERT_MINUTES)
    nearby = _reads(organisation, side, Q(at__gte=start - before, at__lt=end))
    reads = [read for read in nearby if read.at >= start]
    found: Found = {}
    _count(found, Rule.REFUSED, (read for read in reads if read.what == REFUSED))
    _count(found, Rule.OWN_NAME, (read for read in reads if read.flag == OWN_NAME))
    _count(found, Rule.NIGHT, (read for read in reads if _is_off_hours(read)))
    _count(found, Rule.UNASSIGNED, _unassigned(organisation, side, day, reads), of_file=True)
    found |= _many_files(nearby, start)
    found |= _same_search(organisation, side, start, end)
    return found


def _reads(organisation: Organisation, side: str, when: Q) -> list[Read]:
    mine = ReadEntry.objects.filter(when, organisation=organisation.slug, side=side)
    mine = mine.exclude(what="signed_in")  # nothing was looked at yet
    columns = ("at", "by_id", "role", "what", "file", "digest", "flag")
    return [Read(*row) for row in mine.order_by("at", "id").values_list(*columns)]


def _count(found: Found, rule: str, reads: Iterable[Read], of_file: bool = False) -> None:
    for read in reads:
        key = Key(rule, read.by, read.file if of_file else "")
        if key in found:
            found[key].grow(read)
        else:
            found[key] = Finding(read.role, read.at, read.at)


def _is_off_hours(read: Read) -> bool:
    """At night, on a Saturday, a Sunday or a public holiday, in Paris."""
    at = read.at.astimezone(PARIS)
    start, end = settings.ALERT_NIGHT
    night = start <= at.hour or at.hour < end if start > end else start <= at.hour < end
    return read.what != REFUSED and (night or not is_working_day(at.date()))


def _is_opening(read: Read) -> bool:
    return bool(read.file) and read.what not in (*WATCHING, REFUSED)


def oversees(side: str, role: str) -> bool:
    """Whoever says who is kept out of a file answers for every file of the house."""
    return Permission.BARRIER_MANAGE in GRANTS.get((side, role), frozenset())


def _unassigned(
    organisation: Organisation, side: str, day: date, reads: list[Read]
) -> Iterator[Read]:
    """Openings by somebody who neither follows the file nor did anything in it that day."""
    files = SIDES.get(side)
    opened = [read for read in reads if _is_opening(read) and not oversees(side, read.role)]
    if files is None or not opened:
        return
    uids = {read.file for read in opened}
    mine = files.assigned(organisation.pk, uids)
    mine |= _acted(organisation, side, day, uids)
    yield from (read for read in opened if (read.by, read.file) not in mine)


def _acted(
    organisation: Organisation, side: str, day: date, uids: set[str]
) -> set[tuple[int, str]]:
    acts = TrailEntry.objects.filter(
        organisation=organisation.slug,
        side=side,
        file__in=uids,
        by__isnull=False,
        at__gte=midnight(day),
        at__lt=midnight(day + timedelta(days=1)),
    )
    return {(by, file) for by, file in acts.values_list("by_id", "file") if by is not None}


def _many_files(reads: list[Read], start: datetime) -> Found:
    """More files than one works on, one after the other; counted the day the last was opened."""
    span = timedelta(minutes=settings.ALERT_MINUTES)
    opened: dict[int, list[Read]] = defaultdict(list)
    found: Found = {}
    for read in filter(_is_opening, reads):
        window = opened[read.by] = [
            each for each in opened[read.by] if each.at > read.at - span
        ] + [read]
        files = len({each.file for each in window})
        if files < settings.ALERT_FILES or read.at < start:
            continue
        key = Key(Rule.MANY_FILES, read.by, "")
        known = found.setdefault(key, Finding(read.role, window[0].at, read.at, files))
        known.last_at, known.count = read.at, max(known.count, files)
    return found


def _same_search(organisation: Organisation, side: str, start: datetime, end: datetime) -> Found:
    """The same words asked again and again; words are not known, only that they are the same."""
    span = timedelta(days=settings.ALERT_SEARCH_DAYS)
    when = Q(digest__isnull=False, at__gte=start - span, at__lt=end)
    asked: dict[tuple[int, int | None], list[Read]] = defaultdict(list)
    found: Found = {}
    for read in _reads(organisation, side, when):
        same = asked[read.by, read.digest] = [
            each for each in asked[read.by, read.digest] if each.at > read.at - span
        ] + [read]
        if len(same) < settings.ALERT_SEARCHES or read.at < start:
            continue
        key = Key(Rule.SAME_SEARCH, read.by, "")
        known = found.setdefault(key, Finding(read.role, same[0].at, read.at, len(same)))
        known.last_at, known.count = read.at, max(known.count, len(same))
    return found
