"""What the other rooms ask of the directory: the branches, a referrer, a site by its spelling."""

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from maillage.network.models import Organisation, Site, branches


def network_branches() -> QuerySet[Organisation]:
    """The branches of the network today, in the order of the names they show (R1)."""
    return branches().order_by(Coalesce(NullIf("short_name", Value("")), "name"), "pk")


def site_spellings(organisation: Organisation) -> dict[str, Site]:
    """The sites of an organisation by squashed code, name and alias (I52).

    A spelling of two sites names neither: it is left out.
    """
    found: dict[str, Site] = {}
    doubtful: set[str] = set()
    for site in organisation.sites.order_by("name", "pk"):
        for spelling in site.spellings:
            if spelling in found:
                doubtful.add(spelling)
            found[spelling] = site
    return {spelling: site for spelling, site in found.items() if spelling not in doubtful}


def find_referrer(slug: str) -> Organisation | None:
    """The organisation of this code if it may refer persons; None if there is none."""
    return Organisation.objects.exclude(referrer_category="").filter(slug=slug).first()
