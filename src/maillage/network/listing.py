"""The lines of the directory: found by folded words, the branches first."""

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from maillage.core.text import fold, words
from maillage.network.models import Mandate, Organisation, Site, in_force

_TEXTS = ("name", "short_name", "kind", "territory", "slug")
_OF_THE_NETWORK = (Mandate.Kind.LEAD, Mandate.Kind.BRANCH)


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
    return [row[0] for row in sorted(rows, key=lambda row: (row[0] not in first, fold(row[1])))]


def _holding(wanted: list[str], rows: list[tuple]) -> list[tuple]:
    towns: dict[int, str] = {}
    for organisation, name in Site.objects.values_list("organisation_id", "name"):
        towns[organisation] = f"{towns.get(organisation, '')} {name}"
    found = []
    for row in rows:
        text = " ".join(words(" ".join((*row[1:], towns.get(row[0], "")))))
        if all(word in text for word in wanted):
            found.append(row)
    return found


def rows_for(keys: list[int]) -> list[Organisation]:
    """The organisations of one page, in the given order, with all that a line shows."""
    by_key = {organisation.pk: organisation for organisation in _for_list().filter(pk__in=keys)}
    rows = [by_key[key] for key in keys]
    for organisation in rows:
        kinds = {mandate.kind for mandate in organisation.current_mandates}
        organisation.group = (
            "Antennes du réseau" if kinds & set(_OF_THE_NETWORK) else "Autres organisations"
        )
    return rows


def _for_list() -> QuerySet[Organisation]:
    today = timezone.localdate()
    return Organisation.objects.prefetch_related(
        Prefetch(
            "mandates",
            queryset=Mandate.objects.filter(in_force(today)).order_by("pk"),
            to_attr="current_mandates",
        ),
        "sites",
    )
