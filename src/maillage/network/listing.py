"""The lines of the directory: found by folded words, the branches first."""

from dataclasses import dataclass
from functools import lru_cache

from django.utils import timezone

from maillage.core.text import fold, words
from maillage.network.models import Mandate, Organisation, Site, in_force

_TEXTS = ("name", "short_name", "kind", "territory", "slug")
_OF_THE_NETWORK = (Mandate.Kind.LEAD, Mandate.Kind.BRANCH)
_KEPT = 1 << 14  # folding every name of a country at each request would cost 80 ms

_folded = lru_cache(_KEPT)(fold)


@lru_cache(_KEPT)
def _searched(text: str) -> str:
    return " ".join(words(text))


def find_organisations(by, *, q: str = "", mandat: str = "", orienteur: str = "") -> list[int]:
    """The keys of the organisations asked for, branches first, then in the order of their names."""
    today = timezone.localdate()
    current = Mandate.objects.filter(in_force(today))
    asked = Organisation.objects.visible_to(by)
    if mandat:
        asked = asked.filter(pk__in=current.filter(kind=mandat).values("organisation"))
    if orienteur:
        asked = asked.filter(referrer_category=orienteur)
    rows = list(asked.values_list("pk", *_TEXTS))
    if q:
        rows = _holding(words(q), rows)
    first = set(current.filter(kind__in=_OF_THE_NETWORK).values_list("organisation_id", flat=True))
    return [
        row[0] for row in sorted(rows, key=lambda r: (r[0] not in first, _folded(r[2] or r[1])))
    ]


def _holding(wanted: list[str], rows: list[tuple]) -> list[tuple]:
    towns: dict[int, str] = {}
    for organisation, name in Site.objects.values_list("organisation_id", "name"):
        towns[organisation] = f"{towns.get(organisation, '')} {name}"
    found = []
    for row in rows:
        text = _searched(" ".join((*row[1:], towns.get(row[0], ""))))
        if all(word in text for word in wanted):
            found.append(row)
    return found


@dataclass(frozen=True)
class Line:
    """One organisation of the list, under its heading, with its mandates in words."""

    organisation: Organisation
    group: str
    mandates: str


def lines_for(keys: list[int]) -> list[Line]:
    """The lines of one page, in the given order."""
    today = timezone.localdate()
    shown = Organisation.objects.filter(pk__in=keys).prefetch_related("sites")
    by_key = {organisation.pk: organisation for organisation in shown}
    kinds: dict[int, list[Mandate.Kind]] = {}
    for mandate in Mandate.objects.filter(in_force(today), organisation__in=keys).order_by("pk"):
        kinds.setdefault(mandate.organisation_id, []).append(Mandate.Kind(mandate.kind))
    return [_line(by_key[key], kinds.get(key, [])) for key in keys]


def _line(organisation: Organisation, kinds: list[Mandate.Kind]) -> Line:
    is_of_network = not set(kinds).isdisjoint(_OF_THE_NETWORK)
    group = "Antennes du réseau" if is_of_network else "Autres organisations"
    return Line(organisation, group, _told(organisation, kinds))


def _told(organisation: Organisation, kinds: list[Mandate.Kind]) -> str:
    """« Autorité, orienteur (Tribunal judiciaire) »; every branch refers to the others (R57)."""
    labels = {kind: str(kind.label) for kind in kinds}
    if Mandate.Kind.BRANCH in labels:
        labels.pop(Mandate.Kind.REFERRER, None)
    elif Mandate.Kind.REFERRER in labels and organisation.referrer_category:
        labels[Mandate.Kind.REFERRER] += f" ({organisation.get_referrer_category_display()})"
    told = list(labels.values())
    return ", ".join(told[:1] + [label[0].lower() + label[1:] for label in told[1:]])
