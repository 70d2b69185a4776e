"""`maillage access-matrix`: who may open and do what, route by route."""

import csv
from collections.abc import Iterator

from django.core.management.base import BaseCommand
from django.urls import URLPattern, URLResolver, get_resolver

from maillage.network.access_matrix import ACCESS, HELPERS, SUPPORT, WHO
from maillage.network.roles import Side

RELATIONS = {
    "nobody": "personne de connecté",
    "stranger": "responsable d’une autre organisation",
    "other_side": "responsable, de l’autre côté",
    "ended": "rattachement terminé",
    "reception": "accueil",
    "practitioner": "intervenant·e d’autres dossiers",
    "referent": "référent·e du dossier",
    "pathway": "intervenant·e",
    "manager": "responsable",
    "coordinator": "coordination du réseau",
    "dpo": "protection des données",
    "administrator": "administration technique",
    "rest": "coordination, administration",
}
ANSWERS = {
    204: "oui",
    200: "oui",
    302: "renvoi",
    400: "refus",
    403: "refus",
    404: "introuvable",
    405: "refus",
    409: "refus",
}


def addresses(resolver: URLResolver, before: str = "/") -> Iterator[tuple[str, str]]:
    """Name and address of every route."""
    for pattern in resolver.url_patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, address)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, address


def rows() -> Iterator[list[str]]:
    """A line for each route and relation: side, route, address, method, relation, answer, code."""
    known = dict(addresses(get_resolver()))
    for side, table, who in (
        (Side.PROGRAMME, ACCESS, WHO),
        (Side.SUPPORT, SUPPORT, HELPERS),
    ):
        for route, (method, codes) in table.items():
            for relation, code in zip(who, codes, strict=True):
                told = [side.label, route, known[route], method, RELATIONS[relation]]
                yield [*told, ANSWERS[code], str(code)]


class Command(BaseCommand):
    help = "Imprime la matrice des accès : chaque adresse, chaque rôle, chaque lien au dossier."
    HEADER = ("Côté", "Page", "Adresse", "Demande", "Qui", "Réponse", "Code")

    def add_arguments(self, parser):
        parser.add_argument("--format", choices=["csv", "markdown"], default="csv")

    def handle(self, *args, **options):
        if options["format"] == "csv":
            csv.writer(self.stdout, lineterminator="\n").writerows([self.HEADER, *rows()])
            return
        for row in (self.HEADER, ["---"] * len(self.HEADER), *rows()):
            self.stdout.write("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
