"""`maillage doctor`: what this installation is, and what is wrong with it."""

import os
import sqlite3
import stat
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from maillage.core import vault
from maillage.core.backup import last


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
        faults = []
        if connection.vendor == "sqlite":
            faults += self.of_sqlite()
        elif (found := connection.get_database_version()) < (15,):
            faults.append(f"PostgreSQL 15 est nécessaire, ici {found[0]}.")
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            faults.append(f"{len(waiting)} migration(s) en attente : lancez « maillage migrate ».")
        else:
            faults += self.of_vault()
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
            "SQLite : convient à une machine et une équipe ; en production, PostgreSQL."
        )
        return faults

    def of_vault(self):
        """The key of some stored value of every column is there; names in the SQL are our own."""
        faults = []
        for field in vault.sealed_fields():
            column = connection.ops.quote_name(str(field.column))
            table = connection.ops.quote_name(field.model._meta.db_table)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1"  # nosec B608
                )
                row = cursor.fetchone()
            try:
                if row:
                    vault.unseal(bytes(row[0]), field.place)
            except vault.VaultError as error:
                faults.append(f"Coffre illisible : {error}")
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
        keys = folder / "keys.json"
        if keys.exists() and stat.S_IMODE(keys.stat().st_mode) & 0o077:
            faults.append(f"{keys} peut être lu par d’autres : chmod 600.")
        for name, source in settings.STATICFILES_DIRS:
            if not Path(source).is_dir():
                faults.append(
                    f"Il manque des fichiers de l’interface ({name}) : lancez « make setup »."
                )
        return faults
