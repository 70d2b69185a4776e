"""`maillage database`: the roles of PostgreSQL, and the second lock made anew from the code."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from maillage.core import rowlock, rowpolicies


class Command(BaseCommand):
    help = "Les rôles de PostgreSQL et la sécurité de ses lignes."

    def add_arguments(self, parser):
        acts = parser.add_subparsers(dest="act", required=True)
        roles = acts.add_parser("roles", help="ce qu’un superutilisateur exécute une fois")
        roles.add_argument("--owner", default="maillage_owner", help="possède les tables")
        roles.add_argument("--migrator", default="maillage_migrator", help="lance « migrate »")
        roles.add_argument("--application", default="maillage_app", help="sert les pages")
        roles.add_argument(
            "--execute", action="store_true", help="l’exécute au lieu de l’écrire à l’écran"
        )
        acts.add_parser("lock", help="refait les règles de chaque table ; « migrate » le fait")

    def handle(self, *args, **options):
        if connection.vendor != "postgresql":
            raise CommandError("SQLite n’a ni rôles ni sécurité des lignes.")
        if options["act"] == "lock":
            with rowlock.as_migrator():
                count = rowpolicies.lock(rowpolicies.application_role())
            self.stdout.write(f"{count} table(s) protégée(s).")
            return
        self.roles(options)

    def roles(self, options):
        try:
            sql = rowpolicies.roles_sql(
                owner=options["owner"],
                migrator=options["migrator"],
                application=options["application"],
                database=connection.settings_dict["NAME"],
            )
        except ValueError as error:
            raise CommandError("Trois noms de rôle, en minuscules.") from error
        if not options["execute"]:
            self.stdout.write(sql)
            return
        with connection.cursor() as cursor:
            cursor.execute(sql)
        self.stdout.write("Rôles prêts. Donnez un mot de passe aux deux qui se connectent.")
