"""A long query put into SQL once; the next page gives it another key and nothing else.

Django spends three times longer on writing the union behind a file than PostgreSQL on answering it.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler

PLACE = -7_310_584_629_017  # stands for the key; no row and no other parameter has it


class Prepared:
    """Rows of `make(key, *how)`, as its `values_list` gives them.

    The queryset may depend on the key by comparing it, on `how`, and on nothing that changes while
    the program runs: neither the day nor the person who asks.
    """

    def __init__(self, make: Callable[..., QuerySet], most: int = 64):
        self._make = make
        self._written = lru_cache(maxsize=most)(self._write)

    def rows(self, key: int, *how: Any) -> list[Any]:
        compiler, sql, parameters = self._written(connection.vendor, *how)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"EXECUTE {_planned(sql, parameters)} (%s)", [key])
            else:
                cursor.execute(sql, [_filled(each, key) for each in parameters])
            found = cursor.fetchall()
        return list(compiler.results_iter(results=[found], tuple_expected=True))

    def _write(self, vendor: str, *how: Any) -> tuple[SQLCompiler, str, tuple]:
        compiler = self._make(PLACE, *how).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        if not any(map(_is_place, parameters)):
            raise ValueError("the query does not ask for its key")
        return compiler, sql, tuple(parameters)


_planned_by: WeakKeyDictionary[Any, dict[tuple, str]] = WeakKeyDictionary()


def _planned(sql: str, parameters: tuple) -> str:
    """The name under which this very connection has the query, planned once: behind the walls of
    a dozen tables, planning it takes twice as long as answering it."""
    connection.ensure_connection()
    known = _planned_by.setdefault(connection.connection, {})
    if (sql, parameters) not in known:
        written = (
            cast(Any, connection.ops).compose_sql(sql, parameters).replace(str(PLACE), "$1::bigint")
        )
        name = f"maillage_{len(known)}"
        connection.connection.execute(f"PREPARE {name} (bigint) AS {written}")
        known[sql, parameters] = name
    return known[sql, parameters]


def _is_place(parameter: Any) -> bool:
    return isinstance(parameter, int) and parameter == PLACE


def _filled(parameter: Any, key: int) -> Any:
    return type(parameter)(key) if _is_place(parameter) else parameter


class PreparedKeys:
    """Keys for a `…__in`: those of all querysets of `make(*values, *how)`, each of one column.

    As above, they may depend on the values, numbers or moments, by comparing them alone.
    """

    def __init__(self, make: Callable[..., Iterable[QuerySet]]):
        self._make = make
        self._written = lru_cache(maxsize=64)(self._write)

    def given(self, *values: int | datetime, how: tuple = ()) -> RawSQL:
        sql, parameters = self._written(connection.vendor, tuple(map(type, values)), how)
        return RawSQL(  # nosec B611  # what Django wrote; the values stay parameters
            sql, [_stored(values[at], kind) if kind else one for one, at, kind in parameters]
        )

    def listed(self, *values: int | datetime, most: int) -> list[int] | None:
        """The keys themselves; None where there are more than `most`."""
        rows = self.given(*values)
        with connection.cursor() as cursor:
            cursor.execute(f"{rows.sql} LIMIT {most + 1}", rows.params)  # nosec B608
            found = [key for (key,) in cursor.fetchall()]
        return found if len(found) <= most else None

    def _write(self, vendor: str, kinds: tuple[type, ...], how: tuple) -> tuple[str, list[tuple]]:
        places = [
            _FIRST_MOMENT + timedelta(days=at) if issubclass(kind, datetime) else PLACE - at
            for at, kind in enumerate(kinds)
        ]
        parts, parameters = [], []
        for rows in self._make(*places, *how):
            sql, asked = rows.query.get_compiler(connection=connection).as_sql()
            parts.append(sql)
            parameters += [_place_of(one, places) for one in asked]
        if missing := set(range(len(places))) - {at for _, at, kind in parameters if kind}:
            raise ValueError(f"the querysets do not ask for the values {sorted(missing)}")
        return " UNION ALL ".join(parts), parameters


_FIRST_MOMENT = datetime(1001, 1, 1, tzinfo=UTC)  # before any moment that is ever asked for


def _stored(value: int | datetime, kind: type) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return kind(value)


def _place_of(parameter: Any, places: list) -> tuple[Any, int, type | None]:
    """The parameter, or which of the values it stands for and the type in which that is given."""
    for at, place in enumerate(places):
        stored = _stored(place, int)
        if isinstance(parameter, type(stored)) and parameter == stored:
            return None, at, type(parameter)
    return parameter, 0, None
