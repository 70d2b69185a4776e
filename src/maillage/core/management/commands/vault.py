"""`maillage vault rotate`: every stored value under the present writing key."""

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from maillage.core import vault

BATCH = 500


class Command(BaseCommand):
    help = "Entretient le coffre : « rotate » rechiffre tout avec la première clé."

    def add_arguments(self, parser):
        parser.add_argument("act", choices=["rotate"])

    def handle(self, *args, **options):
        total = sum(rotate(field) for field in vault.sealed_fields())
        self.stdout.write(f"{total} valeur(s) rechiffrée(s) avec « {vault.writing_key_name()} ».")


def rotate(field: vault.SealedField) -> int:
    """Re-encrypts one column, a transaction a batch; may be stopped and resumed."""
    quote = connection.ops.quote_name
    table, column = quote(field.model._meta.db_table), quote(str(field.column))
    key = quote(str(field.model._meta.pk.column))
    lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""
    read = (
        f"SELECT {key}, {column} FROM {table}"  # nosec B608
        f" WHERE {key} > %s AND {column} IS NOT NULL ORDER BY {key} LIMIT {BATCH}{lock}"
    )
    write = f"UPDATE {table} SET {column} = %s WHERE {key} = %s"  # nosec B608
    wanted, last, done = vault.writing_key_name(), -1, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(read, [last])
            rows = cursor.fetchall()
            if not rows:
                return done
            last = rows[-1][0]
            changed = [
                (vault.seal(vault.unseal(bytes(value), field.place), field.place), pk)
                for pk, value in rows
                if vault.key_name(bytes(value)) != wanted
            ]
            cursor.executemany(write, changed)
            done += len(changed)
