"""`maillage trail`: anchor the trail, verify it, purge what is over its time."""

import getpass
import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from maillage.core import anchors, chain, rowlock
from maillage.core.models import TrailHead
from maillage.core.purge import PurgeError, purge


def _month(text: str) -> str:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ArgumentTypeError(f"« {text} » n’est pas un mois : écrivez par exemple 2026-02.")
    return text


class Command(BaseCommand):
    help = "Vérifie le journal, l’ancre ailleurs, et purge ce qui a passé sa durée."

    def add_arguments(self, parser):
        acts = parser.add_subparsers(dest="act", required=True, metavar="acte")
        anchor = acts.add_parser("anchor", help="signe où en est chaque chaîne")
        anchor.add_argument("--output", metavar="FICHIER", help="ajoute à ce fichier")
        anchor.add_argument("--public-key", action="store_true", help="donne la clé publique")
        verify = acts.add_parser("verify", help="dit ce qui a été changé, retiré ou ajouté")
        verify.add_argument("--anchors", metavar="FICHIER", help="des ancres gardées ailleurs")
        verify.add_argument("--public-key", metavar="CLÉ", help="au lieu de celle d’ici")
        verify.add_argument("--organisation", metavar="SLUG")
        verify.add_argument("--month", metavar="AAAA-MM", type=_month)
        over = acts.add_parser("purge", help="retire les mois dont la durée est passée")
        over.add_argument("--before", metavar="AAAA-MM", type=_month, help="et plus anciens")

    def handle(self, *args, **options):
        try:
            with rowlock.upkeep():
                getattr(self, options["act"])(options)
        except (anchors.AnchorError, PurgeError) as error:
            raise CommandError(str(error)) from error

    def anchor(self, options):
        if options["public_key"]:
            self.stdout.write(anchors.public_key())
        elif options["output"]:
            lines = list(anchors.lines())
            with Path(options["output"]).open("a") as file:
                file.writelines(f"{line}\n" for line in lines)
            self.stdout.write(f"{len(lines)} chaîne(s) ancrée(s) dans {options['output']}.")
        else:
            for line in anchors.lines():
                self.stdout.write(line)

    def verify(self, options):
        only = {name: options[name] for name in ("organisation", "month") if options[name]}
        kept: anchors.Anchored = {}
        if options["anchors"]:
            key = options["public_key"] or anchors.public_key()
            try:
                with Path(options["anchors"]).open() as file:
                    kept = anchors.read(file, key)
            except OSError as error:
                raise CommandError(f"Les ancres sont illisibles : {error}") from error
        heads = TrailHead.objects.filter(**only).order_by("organisation", "side", "kind", "month")
        count, chains, faults = 0, 0, 0
        for guard in sorted(chain.missing_guards()):
            faults += 1
            self.stderr.write(f"✗ La base ne porte plus le déclencheur « {guard} ».")
        for head in heads.iterator():
            count, chains = count + head.position, chains + 1
            for fault in chain.faults_of(head, kept.pop(chain.name_of(head), None)):
                faults += 1
                self.stderr.write(f"✗ {fault}")
        for fault in _gone(kept, only):
            faults += 1
            self.stderr.write(f"✗ {fault}")
        if faults:
            raise CommandError(f"{faults} anomalie(s) dans le journal.", returncode=1)
        self.stdout.write(f"✓ {chains} chaîne(s), {count} entrée(s) : rien n’a été altéré.")

    def purge(self, options):
        sealed = purge(before=options["before"], account=getpass.getuser()[:60])
        for head, gone in sealed:
            kind = TrailHead.Kind(head.kind).label.lower()
            where = f"{head.organisation}, {head.side}, {kind} de {head.month}"
            self.stdout.write(f"{where} : {gone} entrée(s) retirée(s).")
        self.stdout.write(f"{len(sealed)} mois purgé(s) ; leur tête reste vérifiable.")


def _gone(kept: anchors.Anchored, only: dict[str, str]) -> Iterator[chain.Fault]:
    """Chains that an anchor names and the database does not."""
    for name in sorted(kept):
        if all(getattr(name, part) == value for part, value in only.items()):
            yield chain.Fault(name, "toute la chaîne a disparu", 1, max(kept[name]))
