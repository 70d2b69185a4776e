"""`maillage report branch`: the yearly report of a branch, on the screen or in a file."""

import sys
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from maillage.network.directory import network_branches
from maillage.network.models import Organisation
from maillage.observatory.grids import GridError
from maillage.observatory.render import FORMATS, render
from maillage.observatory.reports import branch_report_of


class Command(BaseCommand):
    help = "Établit un rapport."

    def add_arguments(self, parser):
        kinds = parser.add_subparsers(dest="kind", required=True)
        branch = kinds.add_parser("branch", help="le rapport annuel d’une antenne")
        branch.add_argument("--organisation", required=True, metavar="SLUG")
        branch.add_argument("--year", required=True, type=int)
        branch.add_argument(
            "--grid", default="default", help="classes d’un financeur ou d’une antenne"
        )
        branch.add_argument("--format", default="json", choices=sorted(FORMATS))
        branch.add_argument("-o", "--output", type=Path, help="fichier à écrire, sinon la sortie")

    def handle(self, *args, **options):
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            known = ", ".join(network_branches().values_list("slug", flat=True))
            raise CommandError(
                f"Aucune organisation « {options['organisation']} »."
                f" Connues : {known or 'aucune ; lancez « maillage network load »'}."
            )
        if not 1900 <= options["year"] <= date.today().year + 1:
            raise CommandError(f"{options['year']} n’est pas une année de rapport.")
        try:
            report = branch_report_of(organisation, options["year"], options["grid"])
        except GridError as error:
            raise CommandError(str(error)) from error
        content = render(report, options["format"])
        if options["output"] is None:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            return
        try:
            options["output"].write_bytes(content)
        except OSError as error:
            raise CommandError(f"{options['output']} : {error.strerror}") from error
        self.stderr.write(f"Rapport écrit : {options['output']}")
