"""`maillage network load`: the organisations, sites and openings of the sources, no people."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from maillage.network.entries import DIRECTORY, DirectoryError
from maillage.network.load import Count, load

_NAMES = {
    "Organisation": "organisations",
    "Mandate": "mandats",
    "Contact": "moyens de contact",
    "Site": "sites",
    "SiteAddress": "adresses de sites",
    "Opening": "permanences",
    "Agreement": "conventions",
}


class Command(BaseCommand):
    help = "L’annuaire du réseau."

    def add_arguments(self, parser):
        commands = parser.add_subparsers(dest="subcommand", required=True, metavar="load")
        loading = commands.add_parser(
            "load", help="écrit les organisations, les sites et les permanences du fichier"
        )
        loading.add_argument(
            "--file", type=Path, default=DIRECTORY, help="un autre fichier que celui du projet"
        )

    def handle(self, *args, **options):
        try:
            counts = load(options["file"])
        except DirectoryError as error:
            raise CommandError(f"Rien n’a été écrit.\n{error}") from error
        for count in counts:
            self.stdout.write(_line(count))


def _line(count: Count) -> str:
    total = count.created + count.changed + count.same
    return (
        f"{total:>4} {_NAMES[count.what]}\u00a0: {_many(count.created, 'ajout')}, "
        f"{_many(count.changed, 'correction')}, {count.same} sans changement"
    )


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}"
