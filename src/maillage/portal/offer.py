"""Writes the file of the offer: each site of an organisation that is shown to the public."""

import tomllib
from pathlib import Path

from django.db import transaction

from maillage.core.errors import Refused
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.portal import actions
from maillage.portal.models import Service

OFFER = Path(__file__).parent / "data" / "offer.toml"


@transaction.atomic
def load(path: Path = OFFER) -> int:
    """The whole file or nothing; how many entries were written.

    What an organisation has vouched for since is its own: the file does not write over it.
    """
    with path.open("rb") as file:
        rows = tomllib.load(file)["service"]
    return sum(_load(dict(row)) for row in rows)


def _load(row: dict) -> int:
    slug, code, slugs = row.pop("organisation"), row.pop("code"), row.pop("sites")
    organisation = Organisation.objects.filter(slug=slug, is_public=True).first()
    if organisation is None:
        raise Refused(f"«\u202f{slug}\u202f» n’est pas une organisation montrée au public.")
    sites = {site.slug: site for site in organisation.sites.filter(slug__in=slugs)}
    if missing := sorted(set(slugs) - set(sites)):
        raise Refused(f"«\u202f{slug}\u202f» n’a pas de lieu {missing}.")
    kept = set(
        Service.objects.filter(organisation=organisation, verified_on__isnull=False).values_list(
            "code", flat=True
        )
    )
    wanted = [slug for slug in slugs if f"{code}-{slug}" not in kept]
    for each in wanted:
        site = sites[each]
        actions.publish(
            organisation=organisation,
            code=f"{code}-{each}",
            site=site,
            town=site.name,
            by=CommandLine(organisation),
            **row,
        )
    return len(wanted)
