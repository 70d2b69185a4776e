"""`maillage demo`: the network of the sources and a year of invented people, ready to be tried."""

import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from maillage.core import rowlock
from maillage.core.management.commands.serve import serve
from maillage.demo.accounts import ACCOUNTS, PASSWORD
from maillage.demo.load import is_loaded, load
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation


def has_files(organisation: Organisation) -> bool:
    with rowlock.acting(CommandLine(organisation)):
        return organisation.participants.exists()


class Command(BaseCommand):
    help = "Prépare la démonstration (une fois), puis la sert sur 127.0.0.1."

    def add_arguments(self, parser):
        parser.add_argument("--no-serve", action="store_true", help="prépare et s’arrête")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args, **options):
        if settings.MODE == "production":
            raise CommandError("La démonstration ne s’installe pas en production.")
        self.prepare()
        if options["no_serve"]:
            return
        connection.close()
        self.greet(options["port"])
        serve("127.0.0.1", options["port"], workers=2)

    def tell(self, text: str) -> None:
        self.stdout.write(f"  {text}")
        self.stdout.flush()

    def prepare(self) -> None:
        started = time.monotonic()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.tell("création de la base de données…")
            call_command("migrate", interactive=False, verbosity=0)
        if not Organisation.objects.exists():
            self.tell("chargement du réseau…")
            call_command("network", "load", stdout=self.stdout)
        if is_loaded():
            return
        if any(map(has_files, Organisation.objects.all())):
            raise CommandError(
                "Cette base contient déjà des dossiers : la démonstration demande une base vide."
            )
        self.tell("invention des personnes…")
        load(self.tell)
        self.tell(f"prêt en {time.monotonic() - started:.0f} s")

    def greet(self, port: int) -> None:
        self.stdout.write("\nToutes les personnes de cette démonstration sont inventées.\n")
        self.stdout.write(f"Adresse :       http://127.0.0.1:{port}/espace/")
        self.stdout.write(f"Mot de passe :  {PASSWORD}  (le même pour chaque compte)")
        self.stdout.write(
            "Second code :   la page suivante le montre, sur cette machine seulement\n"
        )
        for account in ACCOUNTS:
            if account.is_shown:
                self.stdout.write(
                    f"  {account.email:32} {account.role.label}, {account.side.label.lower()}"
                )
        self.stdout.write("\nArrêter : Ctrl-C")
        self.stdout.flush()
