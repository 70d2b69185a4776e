"""`maillage vigilance`: examine what was read since the last time, in every organisation."""

from django.core.management.base import BaseCommand

from maillage.core import rowlock
from maillage.core.models import TrailHead
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.network.roles import Side
from maillage.vigilance.actions import examine


def _has_reads(by: CommandLine) -> bool:
    mine = {"organisation": by.organisation_slug, "side": by.side}
    return TrailHead.objects.filter(**mine, kind=TrailHead.Kind.READ, purged_at=None).exists()


class Command(BaseCommand):
    help = "Cherche dans les lectures ce qui mérite un regard ; à lancer toutes les dix minutes."

    def handle(self, *args, **options):
        total = 0
        for organisation in Organisation.objects.order_by("slug"):
            for side in Side.values:
                by = CommandLine(organisation, side)
                with rowlock.acting(by):
                    if _has_reads(by):
                        total += examine(by=by)
        self.stdout.write(f"{total} nouvelle(s) alerte(s).")
