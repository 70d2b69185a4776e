"""`maillage backup`: one sealed file of the whole database, while people work."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from maillage.core.backup import keys, last, rows, writing


class Command(BaseCommand):
    help = (
        "Écrit une sauvegarde chiffrée. « check » dit si la dernière est trop ancienne"
        " (code 1)\u00a0; « new-keys » propose une paire de clés."
    )

    def add_arguments(self, parser):
        parser.add_argument("act", nargs="?", choices=["now", "check", "new-keys"], default="now")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("-o", "--output", type=Path, metavar="FICHIER")
        where.add_argument("--to", type=Path, metavar="DOSSIER", help="un fichier daté de plus")
        parser.add_argument(
            "--keep", type=int, metavar="N", help="avec --to, ne garde que les N derniers"
        )

    def handle(self, *args, **options):
        if options["act"] == "check":
            if fault := last.fault():
                raise CommandError(fault)
            self.stdout.write("La dernière sauvegarde est assez récente.")
        elif options["act"] == "new-keys":
            for name, value in keys.new_pair().items():
                self.stdout.write(f"{name}={value}")
        else:
            self.write(options)

    def write(self, options):
        keep, folder = options["keep"], options["to"]
        if keep is not None and (folder is None or keep < 1):
            raise CommandError("--keep demande --to DOSSIER, et au moins 1.")
        path = options["output"] or (folder or Path()) / last.name_of_now()
        try:
            done = writing.write(path, keys.recipient())
        except keys.KeyFault as error:
            raise CommandError(str(error)) from error
        except rows.UnknownShape as error:
            raise CommandError(
                f"Rien n’a été sauvegardé\u00a0: la base contient ce que cette version ne sait pas"
                f" garder ({error})."
            ) from error
        except rows.NotAllSeen as error:
            raise CommandError(
                f"Rien n’a été sauvegardé\u00a0: ce rôle ne lirait pas toute la table {error}."
                " Donnez MAILLAGE_MIGRATION_DATABASE_URL, le rôle qui possède les tables."
            ) from error
        except FileExistsError as error:
            raise CommandError(f"{path} existe déjà\u00a0: rien n’a été écrit.") from error
        except OSError as error:
            raise CommandError(f"{path} n’a pas pu être écrit\u00a0: {error.strerror}.") from error
        last.note(done)
        self.stdout.write(
            f"{path}\u00a0: {done.tables} tables, {done.rows} lignes, {done.size} octets"
        )
        self.stdout.write(f"SHA-256\u00a0: {done.sha256}")
        for old in last.keep_newest(folder, keep) if keep else []:
            self.stdout.write(f"Effacée\u00a0: {old.name}")
