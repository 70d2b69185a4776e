"""What the public site finds: the offer of the network, and invented places around it."""

from datetime import date, timedelta
from pathlib import Path

from maillage.network.actors import CommandLine
from maillage.network.load import load as load_directory
from maillage.network.models import Organisation
from maillage.portal import actions, offer
from maillage.portal.models import Service

HERE = Path(__file__).parent / "data"
VERIFIED_AGO = {"budget": timedelta(days=400)}  # one that nobody has looked after since
LATELY = timedelta(days=20)


def load_neighbours(today: date) -> int:
    """How many entries the public reads; those of the network wait for whoever vouches for them."""
    load_directory(HERE / "neighbours.json")
    invented = Organisation.objects.filter(slug__startswith="exemple-")
    invented.update(is_invented=True)
    count = offer.load() + offer.load(HERE / "offer.toml")
    for service in Service.objects.filter(organisation__in=invented):
        ago = VERIFIED_AGO.get(service.code.partition("-")[0], LATELY)
        actions.vouch(
            service=service,
            by=CommandLine(service.organisation),
            version=service.version,
            verifier="L’équipe de la démonstration",
            today=today - ago,
        )
    return count
