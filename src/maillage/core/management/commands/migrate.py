"""`maillage migrate`: Django's own, as the owner of the tables, then the second lock anew."""

from django.core.management.commands import migrate
from django.db import connection

from maillage.core import rowlock, rowpolicies


class Command(migrate.Command):
    def handle(self, *args, **options):
        if not rowlock.is_on():
            super().handle(*args, **options)
            return
        with rowlock.as_migrator():
            with rowlock.keeping_house():
                super().handle(*args, **options)
            if connection.introspection.table_names() and not options["plan"]:
                rowpolicies.lock(rowpolicies.application_role())
