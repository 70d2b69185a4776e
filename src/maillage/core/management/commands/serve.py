"""`maillage serve`: the web server, after the checks."""

import os
import socket
import sys
from typing import NoReturn

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from maillage.core.checks import faults_of_accounts


def refuse_unless_safe() -> None:
    """Raises `CommandError` with every fault; production forgives no warning."""
    found = checks.run_checks(include_deployment_checks=settings.MODE == "production")
    level = checks.WARNING if settings.MODE == "production" else checks.ERROR
    if faults := [m for m in found if m.level >= level and not m.is_silenced()]:
        lines = "\n".join(f"- {m.msg}" + (f" ({m.hint})" if m.hint else "") for m in faults)
        raise CommandError(f"Maillage ne démarre pas :\n{lines}")
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("La base n’est pas à jour : lancez « maillage migrate ».")
    if unsafe := faults_of_accounts():
        raise CommandError("Maillage ne démarre pas :\n- " + "\n- ".join(unsafe))


class Command(BaseCommand):
    help = "Sert le site ; derrière un mandataire HTTPS en production."

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *args, **options):
        refuse_unless_safe()
        connection.close()
        serve(options["host"], options["port"], options["workers"])


def serve(host: str, port: int, workers: int) -> NoReturn:
    """Becomes the web server: whoever stops this process stops it, workers included."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise CommandError(
            f"Impossible d’écouter sur {host}, port {port}\u00a0: un autre programme s’en sert "
            "sans doute. Choisissez-en un autre avec --port."
        ) from error
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", host, "--port", str(port), "--workers", str(workers)]
    command += ["--blocking-threads", "4", "--log-level", "warning"]
    command += ["--workers-kill-timeout", "10", "maillage.config.wsgi:application"]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, command)  # nosec B606
