"""Policies, privileges and roles of PostgreSQL, made from what each model says of its rows."""

import re
from collections.abc import Iterator
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from maillage.core.rows import Rows, Shared, parent_of, side_of, tables

WRITES = ("INSERT", "UPDATE", "DELETE")
# Each in a sub-select: PostgreSQL answers it once a statement, not once a row.
SIDE = "(SELECT maillage_side())"
REACH = "(SELECT string_to_array(current_setting('maillage.organisations', true), ','))::bigint[]"


def quote(name: str) -> str:
    return connection.ops.quote_name(name)


def _owns(model: type[models.Model], owner: Rows) -> str:
    """The rows that are of who acts."""
    if owner.organisation:
        return f"{quote(owner.organisation)} = ANY ({REACH})"
    if owner.slug:
        return f"{quote(owner.slug)} = ANY ((SELECT maillage_slugs())::text[])"
    if owner.user:
        return f"{quote(owner.user)} = (SELECT maillage_user())"
    parent, field = parent_of(model, owner), model._meta.get_field(owner.through)
    table, key = quote(parent._meta.db_table), quote(str(parent._meta.pk.column))
    column = f"{quote(model._meta.db_table)}.{quote(str(cast(Any, field).column))}"
    return f"EXISTS (SELECT FROM {table} parent WHERE parent.{key} = {column})"  # nosec B608


def _side(owner: Rows, *, counted: bool) -> str:
    """The side that may come in; `counted`: so may who counts the figures."""
    if owner.side_column:
        asked = f"CASE {SIDE} WHEN 'figures' THEN 'programme' ELSE {SIDE} END" if counted else SIDE
        return f"({quote(owner.side_column)} = {asked} OR {SIDE} = 'upkeep')"
    names = [owner.side, "upkeep", *(["figures"] if counted else [])]
    listed = ", ".join(repr(name) for name in names)
    # the planner takes such a test for almost always true; an equality, for true one time in 200
    return f"(SELECT nullif(maillage_side() IN ({listed}), false)) IS NOT NULL"


def _policy(name: str, kind: str, act: str, condition: str, to: str = "PUBLIC") -> tuple[str, str]:
    clauses = "" if act == "INSERT" else f" USING ({condition})"
    clauses += "" if act in ("SELECT", "DELETE") else f" WITH CHECK ({condition})"
    full = f"{name}_{act.lower()}"
    return full, f"{quote(full)} ON {{table}} AS {kind} FOR {act} TO {to}{clauses}"


def policies(model: type[models.Model], owner: Rows) -> Iterator[tuple[str, str]]:
    """Name and definition of each policy of a table."""
    walled = side_of(model, owner)
    has_side = bool(walled.side or walled.side_column)
    for act in ("SELECT", *(("INSERT",) if owner.append_only else WRITES)):
        reads = act == "SELECT"
        open_to_all = reads and owner.read_by_all
        yield _policy("own_rows", "PERMISSIVE", act, "true" if open_to_all else _owns(model, owner))
    if has_side:
        for act in ("SELECT", *WRITES):
            if not (act == "SELECT" and owner.read_by_all):
                counted = act == "SELECT" and owner.in_figures
                if walled.side_column and owner.through:
                    # the parent's column says the side: it is seen behind its own wall alone
                    wall = f"({_owns(model, owner)} OR {SIDE} = 'upkeep')"
                else:
                    wall = _side(walled, counted=counted)
                yield _policy("side_wall", "RESTRICTIVE", act, wall)
    yield _policy("upkeep", "PERMISSIVE", "ALL", f"{SIDE} = 'upkeep'", to="{owner}")


def _run(statements: Any) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _rows(sql: str, *given: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


def present_tables() -> set[str]:
    return {t for (t,) in _rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def hidden_tables(cursor: Any) -> list[str]:
    """The tables of which this connection, keeping the house, would not read every row: those whose
    policies bind it and have none for it, or that it may not read at all."""
    cursor.execute(
        "SELECT c.relname FROM pg_class c"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
        " AND (NOT has_table_privilege(c.oid, 'SELECT')"
        "  OR row_security_active(c.oid) AND NOT EXISTS ("
        "   SELECT FROM pg_policy p, unnest(p.polroles) role WHERE p.polrelid = c.oid"
        "   AND p.polname = 'upkeep_all' AND pg_has_role(current_user, role, 'USAGE')))"
        " ORDER BY c.relname"
    )
    return [name for (name,) in cursor.fetchall()]


def application_role() -> str | None:
    """The role that the pages connect as, where the settings tell it from the one that migrates."""
    if not settings.MIGRATION_DATABASE:
        return None
    return settings.DATABASES["default"]["USER"] or None


@transaction.atomic
def lock(application: str | None = None) -> int:
    """(Re)makes every policy and every privilege; says how many tables are protected.

    A table that nobody classified is closed to all: no policy, no privilege.
    """
    [(user,)] = _rows("SELECT current_user")
    if not {"network_membership", "core_user"} <= (present := present_tables()):
        return 0
    for config in apps.get_app_configs():
        if made := getattr(config, "row_functions", None):
            _run([made(settings.TIME_ZONE)])
    _run([_STATISTICS])
    if application:
        _run([f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quote(application)}"])
        _run([f"GRANT USAGE ON SCHEMA public TO {quote(application)}"])
        _run([f"GRANT EXECUTE ON FUNCTION {_STATISTICS_NAME} TO {quote(application)}"])
    protected = 0
    for name, (model, owner) in tables().items():
        if name not in present:
            continue
        _run(_protection(name, model, owner, user))
        protected += not isinstance(owner, Shared)
        if application and owner is not None:
            _run([f"GRANT {privileges(owner)} ON {quote(name)} TO {quote(application)}"])
    return protected


def privileges(owner: Rows | Shared) -> str:
    if isinstance(owner, Shared):
        return owner.privileges
    return "SELECT, INSERT" if owner.append_only else "SELECT, INSERT, UPDATE, DELETE"


def _protection(
    name: str, model: type[models.Model] | None, owner: Rows | Shared | None, table_owner: str
) -> Iterator[str]:
    table = quote(name)
    for (policy,) in _rows("SELECT polname FROM pg_policy WHERE polrelid = %s::regclass", table):
        yield f"DROP POLICY {quote(policy)} ON {table}"
    if isinstance(owner, Shared):
        yield f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY"
        return
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    if owner is not None and model is not None:
        for _, definition in policies(model, owner):
            filled = definition.replace("{table}", table).replace("{owner}", quote(table_owner))
            yield f"CREATE POLICY {filled}"


_STATISTICS_NAME = "maillage_refresh_statistics(text[])"
_STATISTICS = f"""
CREATE OR REPLACE FUNCTION maillage_refresh_statistics(names text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY names LOOP EXECUTE format('ANALYZE public.%I', name); END LOOP;
END $$;
REVOKE ALL ON FUNCTION {_STATISTICS_NAME} FROM PUBLIC;
"""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def roles_sql(*, owner: str, migrator: str, application: str, database: str) -> str:
    """What a superuser runs once in the database; passwords are the host's, given elsewhere."""
    for name in (owner, migrator, application):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} does not name a role")
    if len({owner, migrator, application}) < 3:
        raise ValueError("the three roles are three")
    made = "\n".join(
        f"    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN\n"  # nosec B608
        f"        CREATE ROLE {name};\n    END IF;"
        for name in (owner, migrator, application)
    )
    plain = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"
    base = quote(database)
    return f"""DO $$ BEGIN
{made}
END $$;
ALTER ROLE {owner} NOLOGIN {plain};
ALTER ROLE {migrator} LOGIN {plain};
ALTER ROLE {application} LOGIN {plain};
GRANT {owner} TO {migrator};
ALTER ROLE {migrator} IN DATABASE {base} SET role = '{owner}';
REVOKE {owner} FROM {application};
REVOKE {migrator} FROM {application};
REVOKE ALL ON DATABASE {base} FROM PUBLIC;
GRANT CONNECT ON DATABASE {base} TO {migrator}, {application};
ALTER SCHEMA public OWNER TO {owner};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {application};
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT c.oid::regclass AS name FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
    LOOP EXECUTE format('ALTER TABLE %s OWNER TO {owner}', one.name); END LOOP;
    FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'maillage\\_%'
    LOOP EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', one.name); END LOOP;
END $$;
"""  # nosec B608


def faults_of_role() -> list[str]:
    """Why the connected role would pass beside the second lock."""
    [(name, is_super, bypasses)] = _rows(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    if is_super:
        return [f"Le rôle PostgreSQL « {name} » est superutilisateur : rien ne l’arrête."]
    faults = []
    if bypasses:
        faults.append(f"Le rôle PostgreSQL « {name} » contourne la sécurité des lignes.")
    owned = _rows(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind = 'r' AND pg_has_role(current_user, relowner, 'MEMBER')"
    )
    if owned != [(0,)]:
        faults.append(
            f"Le rôle PostgreSQL « {name} » possède des tables : il pourrait ôter leur protection."
        )
    changeable = [
        table
        for table, (_, owner) in tables().items()
        if isinstance(owner, Rows)
        and owner.append_only
        and table in present_tables()
        and _rows("SELECT has_table_privilege(%s, 'UPDATE, DELETE, TRUNCATE')", table) == [(True,)]
    ]
    faults += [
        f"« {name} » pourrait réécrire {table}, qui ne fait que croître." for table in changeable
    ]
    return faults


def faults_of_tables() -> list[str]:
    """What is missing of the second lock itself."""
    state = {
        row[0]: row[1:]
        for row in _rows(
            "SELECT relname, relrowsecurity, relforcerowsecurity,"
            " ARRAY(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid)"
            " FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
    }
    faults = [
        f"La vue {view} montre ce que voit son propriétaire : security_invoker."
        for (view,) in _rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind"
            " IN ('v', 'm') AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}'"
        )
    ]
    for name, (model, owner) in tables().items():
        if name not in state or isinstance(owner, Shared):
            continue
        enabled, forced, found = state[name]
        wanted = {n for n, _ in policies(model, owner)} if owner and model else set()
        if owner is None:
            faults.append(f"La table {name} n’est classée nulle part.")
        elif not (enabled and forced):
            faults.append(f"La table {name} n’a pas de sécurité de lignes forcée.")
        elif set(found) != wanted:
            faults.append(f"La table {name} n’a pas ses règles : « maillage database lock ».")
    return faults
