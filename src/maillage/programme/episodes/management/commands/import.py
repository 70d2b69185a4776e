"""`maillage import follow-ups`: a branch's spreadsheet, whole or not at all."""

import hashlib
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from maillage.core import rowlock
from maillage.core.tables import TableError
from maillage.network.actors import CommandLine
from maillage.network.directory import site_spellings
from maillage.network.models import Organisation
from maillage.programme.episodes.followups.parse import parse
from maillage.programme.episodes.followups.store import RowsRefused, store


class Command(BaseCommand):
    help = "Importe un tableur."

    def add_arguments(self, parser):
        kinds = parser.add_subparsers(dest="kind", required=True)
        follow_ups = kinds.add_parser("follow-ups", help="la file active d’une antenne")
        follow_ups.add_argument("file", type=Path)
        follow_ups.add_argument("--organisation", required=True, metavar="SLUG")
        follow_ups.add_argument(
            "--dry-run", action="store_true", help="dit la même chose et n’enregistre rien"
        )

    def handle(self, *args, **options):
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            raise CommandError(
                f"Aucune organisation « {options['organisation']} »."
                " Le réseau est-il chargé ? « maillage network load »"
            )
        spellings = {text: site.slug for text, site in site_spellings(organisation).items()}
        try:
            parsed = parse(options["file"], sites=spellings, today=timezone.localdate())
        except TableError as error:
            raise CommandError(str(error)) from error
        for column in parsed.unknown_columns:
            self.stderr.write(f"Colonne inconnue, laissée de côté : « {column} »")
        if parsed.errors:
            self.refuse(parsed.errors)
        self.write(parsed.rows, organisation, options)

    def write(self, rows, organisation, options):
        try:
            by = CommandLine(organisation)
            with rowlock.acting(by):
                outcome = store(
                    rows,
                    organisation=organisation,
                    by=by,
                    dry_run=options["dry_run"],
                    sha256=hashlib.sha256(options["file"].read_bytes()).hexdigest(),
                )
        except RowsRefused as refused:
            self.refuse(refused.errors)
        done = "À enregistrer" if options["dry_run"] else "Enregistré"
        self.stdout.write(
            f"{done} : {outcome.episodes_created} épisode(s) nouveau(x),"
            f" {outcome.episodes_updated} modifié(s), {outcome.episodes_unchanged} déjà à jour ;"
            f" {outcome.persons_created} personne(s) nouvelle(s),"
            f" {outcome.persons_updated} modifiée(s)."
        )

    def refuse(self, errors):
        for error in errors:
            self.stderr.write(str(error))
        raise CommandError(f"{len(errors)} erreur(s) : rien n’a été enregistré.")
