"""The three roles of PostgreSQL in the test database, and ways to be one of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from maillage.core import rowpolicies

OWNER, MIGRATOR, APPLICATION = "owner", "migrator", "app"


def role(which: str) -> str:
    """Roles are of the whole server: each test database has its own three."""
    return f"{connection.settings_dict['NAME']}_{which}".lower()


def make_roles(database: str) -> None:
    """As a host does it: a superuser makes the roles, the migrator makes the policies. Once, unless
    a test migrated the database meanwhile: the policies are then those of whoever did."""
    if not _are_made():
        _make_roles(database)


def _are_made() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(bool_and(roles = ARRAY[%s]::name[]), false)"
            "  FROM pg_policies WHERE policyname = 'upkeep_all')"
            " AND (SELECT bool_and(tableowner = %s) FROM pg_tables WHERE schemaname = 'public')",
            [role(OWNER), role(OWNER)],
        )
        return cursor.fetchone()[0]


def _make_roles(database: str) -> None:
    sql = rowpolicies.roles_sql(
        owner=role(OWNER), migrator=role(MIGRATOR), application=role(APPLICATION), database=database
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        if password := connection.settings_dict["PASSWORD"]:
            for which in (MIGRATOR, APPLICATION):
                cursor.execute(f"ALTER ROLE {role(which)} PASSWORD '{password}'")
        cursor.execute(f"SET ROLE {role(OWNER)}")
    rowpolicies.lock(role(APPLICATION))
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@contextmanager
def connected_as(which: str) -> Iterator[None]:
    """Every connection that this process opens is really the role's; nothing is to be rolled back
    around it."""
    name, before = role(which), connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = name  # one dictionary for the connections of all threads
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = before


@contextmanager
def as_application() -> Iterator[None]:
    """The present connection, in the middle of a test's transaction, has the rights of the pages'
    role and no more; what is counted of its queries does not change."""
    connection.ensure_connection()
    raw = connection.connection.cursor()
    raw.execute(f"SET ROLE {role(APPLICATION)}")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            connection.connection.execute("RESET ROLE")
