"""`maillage doctor`: what this installation is, and what is wrong with it."""

import os
import sqlite3
import stat
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from maillage.core import keys, rotation, rowlock, rowpolicies
from maillage.core.backup import last
from maillage.core.checks import faults_of_accounts


class Command(BaseCommand):
    help = "Dit ce qui ne va pas dans cette installation, et chaque réglage possible."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("--new-keys", action="store_true", help="propose des clés neuves")

    def handle(self, *args, **options):
        if options["new_keys"]:
            self.print_new_keys()
            return
        self.print_settings()
        faults = [*self.of_checks(), *self.of_database(), *self.of_files(), *self.of_backups()]
        if faults:
            for fault in faults:
                self.stdout.write(self.style.ERROR(f"✗ {fault}"))
            raise CommandError(f"{len(faults)} point(s) à corriger.")
        self.stdout.write(self.style.SUCCESS("✓ Rien à corriger."))

    def print_new_keys(self):
        for name, value in settings.NEW_KEYS().items():
            self.stdout.write(f"{name}={value}")

    def print_settings(self):
        self.stdout.write("Réglages (variables d’environnement, rien d’autre) :")
        for variable in settings.VARIABLES:
            given = os.environ.get(variable.name)
            shown = "••••" if given and variable.is_secret else given
            state = shown if given is not None else f"non donné : {variable.default}"
            self.stdout.write(f"  {variable.name} = {state}\n      {variable.meaning}")

    def of_checks(self):
        production = settings.MODE == "production"
        level = checks.WARNING if production else checks.ERROR
        found = checks.run_checks(include_deployment_checks=production)
        return [m.msg for m in found if m.level >= level and not m.is_silenced()]

    def of_database(self):
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            return [f"La base de données ne répond pas : {error}"]
        faults = self.of_sqlite() if connection.vendor == "sqlite" else self.of_postgresql()
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            faults.append(f"{len(waiting)} migration(s) en attente : lancez « maillage migrate ».")
        else:
            if rowlock.is_on() and settings.MODE != "production":
                faults += rowpolicies.faults_of_tables()
            faults += self.of_vault()
            faults += faults_of_accounts()
        return faults

    def of_sqlite(self):
        with connection.cursor() as cursor:
            mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
            keys = cursor.execute("PRAGMA foreign_keys").fetchone()[0]
            damage = cursor.execute("PRAGMA quick_check(1)").fetchone()[0]
        faults = []
        if sqlite3.sqlite_version_info < (3, 37):
            faults.append(f"SQLite 3.37 est nécessaire, ici {sqlite3.sqlite_version}.")
        if mode != "wal":
            faults.append(f"SQLite n’est pas en mode WAL ({mode}) : disque réseau ?")
        if not keys:
            faults.append("Les clés étrangères de SQLite sont coupées.")
        if damage != "ok":
            faults.append(f"Le fichier SQLite est abîmé : {damage}")
        self.stdout.write(
            "SQLite : convient à une machine et une équipe ; en production, PostgreSQL.\n"
            "SQLite n’a pas de sécurité des lignes : le premier verrou (le programme) est seul."
        )
        return faults

    def of_postgresql(self):
        faults = []
        if (found := connection.get_database_version()) < (15,):
            faults.append(f"PostgreSQL 15 est nécessaire, ici {found[0]}.")
        if settings.MODE == "production":
            return faults  # the checks have said the rest
        weak = rowpolicies.faults_of_role()
        for fault in weak:
            self.stdout.write(f"{fault} En production, Maillage refuserait de servir.")
        if not weak:
            self.stdout.write("PostgreSQL : la sécurité des lignes lie le rôle connecté.")
        return faults

    def of_vault(self):
        """The keys are whole, and every stored value names one of them."""
        faults = keys.faults()
        destroyed = {key.owner for key in keys.every_key() if key.state == keys.DESTROYED}
        if destroyed:
            self.stdout.write(f"Clés détruites : {len(destroyed)} organisation(s) illisible(s).")
        try:
            with rowlock.upkeep():
                unknown = rotation.unknown_keys()
        except ImproperlyConfigured as error:
            self.stdout.write(f"Coffre non vérifié. {error}")
            return faults
        if unknown:
            faults.append(
                f"Coffre illisible : {', '.join(unknown)} manque(nt) dans {settings.VAULT_DIR}."
            )
        return faults

    def of_backups(self):
        """A silence is a fault in production; elsewhere it is said."""
        fault = last.fault()
        if fault and settings.MODE != "production":
            self.stdout.write(f"! {fault}")
            return []
        return [fault] if fault else []

    def of_files(self):
        folder = Path(settings.DATA_DIR)
        faults = []
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            return [f"Le dossier de données {folder} ne peut pas être écrit."]
        for kept in (folder / "keys.json", *Path(settings.VAULT_DIR).glob("*.json")):
            if kept.exists() and stat.S_IMODE(kept.stat().st_mode) & 0o077:
                faults.append(f"{kept} peut être lu par d’autres : chmod 600.")
        for name, source in settings.STATICFILES_DIRS:
            if not Path(source).is_dir():
                faults.append(
                    f"Il manque des fichiers de l’interface ({name}) : lancez « make setup »."
                )
        return faults
