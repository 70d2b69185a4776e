"""Says which counter of the support side calls back, for a department and needs."""

from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from maillage.core import rowlock, trail
from maillage.network.actors import CommandLine
from maillage.network.models import Organisation
from maillage.network.roles import Side
from maillage.support.callbacks.models import NEED_CODES, Desk, department_number


class Command(BaseCommand):
    help = "maillage callback_desk ORGANISATION 34 [--needs talk housing] [--end]"

    def add_arguments(self, parser):
        parser.add_argument("organisation")
        parser.add_argument("department")
        parser.add_argument("--needs", nargs="*", choices=NEED_CODES, default=NEED_CODES)
        parser.add_argument("--end", action="store_true", help="ce guichet ne rappelle plus")

    def handle(self, *args, **given):
        organisation = Organisation.objects.filter(slug=given["organisation"]).first()
        if organisation is None:
            raise CommandError(f"aucune organisation «\u202f{given['organisation']}\u202f»")
        try:
            department = department_number(given["department"])
        except ValueError as error:
            raise CommandError(f"aucun département «\u202f{given['department']}\u202f»") from error
        by, today = CommandLine(organisation, side=Side.SUPPORT), timezone.localdate()
        with transaction.atomic(), rowlock.acting(by):
            open_ones = Desk.objects.filter(
                department=department, ends_on__isnull=True, need__in=given["needs"]
            )
            if others := open_ones.exclude(organisation=organisation).first():
                raise CommandError(f"déjà tenu : {others}. Terminez-le d’abord avec --end.")
            for need in given["needs"]:
                open_ones.filter(need=need).update(ends_on=today)
                if not given["end"]:
                    Desk.objects.create(organisation=organisation, department=department, need=need)
            trail.record("callback_desk_set", by=by, department=department, ended=given["end"])
        self.stdout.write(f"{organisation}\u00a0: {len(given['needs'])} besoins, {department}")
