"""`maillage restore`: a backup brought back into an empty place."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from maillage.core.backup import keys, restoring
from maillage.core.backup.envelope import Unreadable
from maillage.core.management.commands.doctor import Command as Doctor

TO_CHECK = """À vérifier avant d’ouvrir\u00a0:
  - « maillage doctor » ne trouve rien\u00a0;
  - le SHA-256 ci-dessus est celui qui fut noté lors de la sauvegarde\u00a0;
  - un dossier que vous connaissez se lit, avec sa dernière note\u00a0;
  - ce qui fut enregistré après la sauvegarde est à saisir de nouveau\u00a0;
  - chacun se reconnecte\u00a0: les sessions ne sont pas sauvegardées."""


class Command(BaseCommand):
    help = (
        "Restaure une sauvegarde dans la base et le dossier que disent les variables"
        " d’environnement, s’ils sont vides."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FICHIER")
        parser.add_argument(
            "--key", type=Path, metavar="FICHIER", help="la clé privée des sauvegardes"
        )
        parser.add_argument(
            "--verify", action="store_true", help="lit et vérifie tout, n’écrit rien"
        )

    def handle(self, *args, **options):
        path = options["file"]
        read = restoring.read if options["verify"] else restoring.restore
        try:
            manifest = read(path, keys.private_key(options["key"]))
        except (keys.KeyFault, Unreadable, restoring.NotHere) as error:
            raise CommandError(f"{error} Rien n’a été restauré.") from error
        except OSError as error:
            raise CommandError(f"{path} ne se lit pas\u00a0: {error.strerror}.") from error
        except DatabaseError as error:
            raise CommandError(f"La base a refusé\u00a0: {error} Rien n’a été gardé.") from error
        with path.open("rb") as file:
            sha = hashlib.file_digest(file, "sha256").hexdigest()
        self.stdout.write(
            f"Sauvegarde du {manifest.at} (version {manifest.version}, {manifest.database})\u00a0:"
            f" {len(manifest.tables)} tables, {manifest.rows} lignes, chacune vérifiée."
        )
        self.stdout.write(f"SHA-256\u00a0: {sha}")
        if not options["verify"]:
            self.finish()

    def finish(self):
        for name in settings.RESTORE_REPLAYS:
            self.stdout.write(f"Rejoué\u00a0: {name}")
        self.stdout.write(TO_CHECK)
        if faults := Doctor().of_vault():
            raise CommandError(
                "Restauré, mais les clés du coffre données ici ne l’ouvrent pas\u00a0: rendez-lui"
                f" ses clés avant d’ouvrir. {faults[0]}"
            )
