"""`maillage retention propose`, each night; `replay`, after a restoration."""

from django.core.management.base import BaseCommand, CommandError

from maillage.core import rowlock
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.protection import retention
from maillage.protection.erasures import JournalBroken
from maillage.protection.registry import RECORD_TYPES


class Command(BaseCommand):
    help = (
        "Conservation : « propose » compte les dossiers à effacer et purge les brouillons ;"
        " « replay » efface à nouveau ce qu’une sauvegarde a rendu."
    )

    def add_arguments(self, parser):
        parser.add_argument("act", choices=["propose", "replay"])

    def handle(self, *args, **options):
        with rowlock.upkeep():
            if options["act"] == "propose":
                return self._propose()
            try:
                count = retention.replay()
            except JournalBroken as error:
                raise CommandError(f"{error}. Rien n’a été effacé.") from error
        self.stdout.write(f"Dossiers effacés à nouveau : {count}.")
        return None

    def _propose(self) -> None:
        for record_type in RECORD_TYPES:
            for organisation in Organisation.objects.filter(
                pk__in=record_type.root._default_manager.values("organisation")
            ).order_by("slug"):
                by = CommandLine(organisation, side=record_type.side)
                found = retention.propose(by=by)
                free = sum(one.may_be_erased for one in found)
                self.stdout.write(
                    f"{organisation.slug} : {free} à confirmer, {len(found) - free} retenus."
                )
        self.stdout.write(f"Demandes de rappel purgées : {retention.purge_callbacks()}.")
        self.stdout.write(f"Brouillons purgés : {retention.purge_drafts()}.")
