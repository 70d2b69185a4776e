"""`maillage vigilance`: examine what was read since the last time, in every organisation."""

from django.core.management.base import BaseCommand

from maillage.core.models import TrailHead
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.vigilance.actions import examine


class Command(BaseCommand):
    help = "Cherche dans les lectures ce qui mérite un regard ; à lancer toutes les dix minutes."

    def handle(self, *args, **options):
        total = 0
        heads = TrailHead.objects.filter(kind=TrailHead.Kind.READ, purged_at=None)
        for slug, side in sorted(set(heads.values_list("organisation", "side"))):
            organisation = Organisation.objects.get(slug=slug)
            total += examine(by=CommandLine(organisation, side))
        self.stdout.write(f"{total} nouvelle(s) alerte(s).")
