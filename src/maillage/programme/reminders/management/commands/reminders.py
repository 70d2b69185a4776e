"""`maillage reminders`: sends what is due; every quarter of an hour, twice at once without harm."""

from collections import Counter

from django.core.management.base import BaseCommand

from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.programme.reminders.actions import send_due
from maillage.programme.reminders.models import State


class Command(BaseCommand):
    help = "Envoie les rappels de rendez-vous qui sont dus, chacun une fois."

    def handle(self, *args, **options):
        told = Counter[str]()
        for organisation in Organisation.objects.order_by("slug"):
            told += send_due(by=CommandLine(organisation))
        counted = [f"{State(state).label.lower()} : {n}" for state, n in sorted(told.items())]
        self.stdout.write("Rappels envoyés. " + (", ".join(counted) or "Aucun n’était dû."))
