"""The second lock: who acts, told to PostgreSQL for one transaction and no longer.

The first lock is `.visible_to`. Under it PostgreSQL keeps, by policies made from what each model
says of its rows (`core/rows.py`), whatever a forgotten filter would have let through. Outside any
context a protected table shows nothing. On SQLite there is no second lock: nothing here does
anything.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import connection, transaction

TERMS = ("membership", "user", "organisations", "side")
NOBODY = dict.fromkeys(TERMS, "")


class Worker(Protocol):
    """Somebody who acts, as the policies know them."""

    @property
    def row_terms(self) -> dict[str, Any]: ...
    def hold(self) -> bool: ...


def is_on() -> bool:
    return connection.vendor == "postgresql"


def _set(terms: dict[str, Any]) -> None:
    calls = ", ".join(f"set_config('maillage.{term}', %s, true)" for term in terms)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [str(value) for value in terms.values()])  # nosec B608


def _now() -> dict[str, Any]:
    calls = ", ".join(f"coalesce(current_setting('maillage.{term}', true), '')" for term in TERMS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}")  # nosec B608
        return dict(zip(TERMS, cursor.fetchone(), strict=True))


@contextmanager
def _with(terms: dict[str, Any], before: dict[str, Any] | None = None) -> Iterator[None]:
    """One transaction under these terms; what failed is undone, the terms with it."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if before is None:
            before = NOBODY if outermost else _now()
        _set(terms)
        yield
        if not outermost and not transaction.get_rollback():
            _set(before)


@contextmanager
def request() -> Iterator[None]:
    """The one transaction of a request, in which `enter` says who asks."""
    if not is_on():
        yield
        return
    with transaction.atomic():
        yield
        if not transaction.get_rollback() and len(connection.savepoint_ids) > 0:
            _set(NOBODY)  # a transaction around this one goes on: a test's


def enter(by: Worker, *, writes: bool) -> None:
    """From here to the end of the transaction, `by` acts.

    Who `writes` holds their membership meanwhile: it ends after what they do, or before and then
    nothing is done.
    """
    if not is_on():
        return
    if not connection.in_atomic_block:
        raise RuntimeError("whoever acts is told inside a transaction")
    _set(NOBODY | by.row_terms)
    if writes and not by.hold():
        raise PermissionDenied("Votre rattachement vient de prendre fin\u00a0: rien n’est fait.")


@contextmanager
def acting(by: Worker) -> Iterator[None]:
    """One transaction in which `by` acts, outside the pages: commands, jobs."""
    if not is_on():
        yield
        return
    with _with(NOBODY | by.row_terms):
        if not by.hold():
            raise PermissionDenied("Ce rattachement a pris fin\u00a0: rien n’est fait.")
        yield


@contextmanager
def reaching(organisation: Any) -> Iterator[None]:
    """Reaches one more organisation on the same side: for what is sent to it, nothing else."""
    if not is_on():
        yield
        return
    before = _now()
    also = ",".join(filter(None, (before["organisations"], str(organisation.pk))))
    with _with({"organisations": also}, before):
        yield


@contextmanager
def figures(organisations: Iterable[Any]) -> Iterator[None]:
    """The tables of facts of these organisations, and no other; nothing can be written."""
    if not is_on():
        yield
        return
    keys = ",".join(str(organisation.pk) for organisation in organisations)
    with _with({"organisations": keys, "side": "figures"}):
        yield


def of_migrator(given: dict[str, Any]) -> dict[str, Any]:
    """These settings, entered as whoever owns the tables where one is named apart."""
    keys, owner = ("USER", "PASSWORD", "HOST", "PORT"), settings.MIGRATION_DATABASE
    return given | ({key: owner.get(key, "") for key in keys} if owner else {})


@contextmanager
def as_migrator() -> Iterator[None]:
    """The connection of whoever owns the tables, where the settings name one apart."""
    if not settings.MIGRATION_DATABASE or not is_on():
        yield
        return
    before = connection.settings_dict
    connection.close()
    connection.settings_dict = of_migrator(before)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before


@contextmanager
def keeping_house() -> Iterator[None]:
    """Every row, for the owner of the tables alone, over the transactions of a whole piece of work:
    migrations, and what `upkeep` is for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('maillage.side', 'upkeep', false)")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('maillage.side', '', false)")


@contextmanager
def upkeep() -> Iterator[None]:
    """Every row of every organisation and side, for who keeps the house: keys, backups, retention.

    Only the owner of the tables is let in: `MAILLAGE_MIGRATION_DATABASE_URL` says who that is.
    """
    if not is_on():
        yield
        return
    with as_migrator(), keeping_house():
        with connection.cursor() as cursor:
            cursor.execute("SELECT maillage_side()")
            let_in = cursor.fetchone() == ("upkeep",)
        if not let_in:
            raise ImproperlyConfigured(
                "Ce travail porte sur toutes les organisations\u00a0: donnez "
                "MAILLAGE_MIGRATION_DATABASE_URL, le rôle qui possède les tables."
            )
        yield
