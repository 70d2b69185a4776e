"""`maillage privacy-register`: every column, of whom it tells, how it is kept."""

import csv
import sys

from django.core.management.base import BaseCommand

from maillage.protection.classification import LABELS, register
from maillage.protection.registry import retention_of

HEADER = ("Module", "Modèle", "Colonne", "Libellé", "Parle de", "Chiffrée", "Conservation")


class Command(BaseCommand):
    help = "Imprime le registre des données : chaque colonne, de qui elle parle, sa conservation."

    def add_arguments(self, parser):
        parser.add_argument("--format", choices=["markdown", "csv"], default="markdown")

    def handle(self, *args, **options):
        rows = [
            (
                *(line.room, line.model, line.column, line.label, LABELS[line.about]),
                "oui" if line.is_sealed else "non",
                line.retention,
            )
            for line in register(retention_of)
        ]
        if options["format"] == "csv":
            csv.writer(self.stdout or sys.stdout, lineterminator="\n").writerows([HEADER, *rows])
            return
        for row in (HEADER, ("---",) * len(HEADER), *rows):
            self.stdout.write("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
