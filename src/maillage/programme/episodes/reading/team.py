"""Who follows how many, where, and who waits for a place."""

from collections import Counter
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.network.models import Site
from maillage.programme.episodes.actions.follow import practitioners
from maillage.programme.episodes.models import Episode
from maillage.programme.intake.models import Referral


@dataclass(frozen=True)
class Load:
    """One referent's open follow-ups, by site in the order of the columns."""

    key: str
    name: str
    cells: list[tuple[Site, int]]
    total: int
    silent: int


@dataclass(frozen=True)
class Team:
    sites: list[Site]
    loads: list[Load]
    totals: list[tuple[Site, int]]
    total: int
    silent: int
    waiting: list[tuple[Site, int]]
    waiting_total: int

    @property
    def most(self) -> int:
        return max((load.total for load in self.loads), default=0)


def read_team(by) -> Team:
    """The caseload of a branch, in four queries; a person may be in one open follow-up only."""
    limit = add_months(timezone.localdate(), -settings.SILENT_MONTHS)
    counted = (
        Episode.objects.visible_to(by)
        .open()
        .values("referent", "referent__name", "site")
        .annotate(n=Count("pk"), silent=Count("pk", filter=Q(last_contact_on__lt=limit)))
        .order_by()
    )
    waiting = Counter(
        dict(
            Referral.objects.visible_to(by)
            .filter(status=Referral.Status.WAITING)
            .values_list("site")
            .annotate(n=Count("pk"))
            .order_by()
        )
    )
    people = {person.pk: person.name for person in practitioners(by.organisation_id)}
    cells: Counter[tuple[int | None, int]] = Counter()
    silent: Counter[int | None] = Counter()
    for row in counted:
        if row["referent"] is not None:
            people.setdefault(row["referent"], row["referent__name"])
        cells[row["referent"], row["site"]] += row["n"]
        silent[row["referent"]] += row["silent"]
    used = {site for _, site in cells} | set(waiting)
    sites = [
        site
        for site in Site.objects.filter(organisation_id=by.organisation_id)
        if site.pk in used or site.ends_on is None
    ]
    named = sorted(people.items(), key=lambda each: each[1].casefold())
    loads = [_load(str(pk), name, pk, sites, cells, silent) for pk, name in named]
    if any(referent is None for referent, _ in cells):
        loads.append(_load("none", "Sans référent·e", None, sites, cells, silent))
    return Team(
        sites,
        loads,
        [(s, sum(n for (_, site), n in cells.items() if site == s.pk)) for s in sites],
        sum(cells.values()),
        sum(silent.values()),
        [(s, waiting[s.pk]) for s in sites],
        sum(waiting.values()),
    )


def _load(key: str, name: str, referent: int | None, sites, cells, silent) -> Load:
    row = [(site, cells[referent, site.pk]) for site in sites]
    return Load(key, name, row, sum(n for _, n in row), silent[referent])
