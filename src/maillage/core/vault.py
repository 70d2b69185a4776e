"""Identity and free text are encrypted at rest; what must be found again has a blind index.

A stored value is `key name (10, ascii) | nonce (12) | AES-256-GCM ciphertext and tag`, with
« table.column|organisation|side » as associated data, so that a value moved to another column or
given to another owner cannot be read. The keys are those of `keys.py`, one for each owner.
"""

import hmac
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidTag
from django.db import models

from maillage.core import keys
from maillage.core.keys import INSTALLATION, NAME_BYTES, Destroyed, Owner
from maillage.core.wrapping import NONCE_BYTES, VaultError

__all__ = ["INSTALLATION", "Destroyed", "Owner", "VaultError"]

NONCE_END = NAME_BYTES + NONCE_BYTES


def seal(clear: bytes, place: str, owner: Owner) -> bytes:
    """Encrypts with the key of an owner; `place` is the « table.column » the value belongs to.

    What is empty stays so: the length of a sealed value tells it as well.
    """
    if not clear:
        return b""
    key, nonce = keys.writer(owner), os.urandom(NONCE_BYTES)
    return key.name + nonce + key.cipher.encrypt(nonce, clear, place.encode() + key.bond)


def unseal(sealed: bytes, place: str) -> bytes:
    """The clear value; raises `Destroyed` where its key was destroyed, and `VaultError` where its
    key is unknown or it was altered or moved."""
    if not sealed:
        return b""
    try:
        key = keys.reader(sealed[:NAME_BYTES])
    except Destroyed:
        raise
    except VaultError as error:
        raise VaultError(f"{place}: {error}") from error
    try:
        return key.cipher.decrypt(
            sealed[NAME_BYTES:NONCE_END], sealed[NONCE_END:], place.encode() + key.bond
        )
    except (InvalidTag, ValueError) as error:
        raise VaultError(f"{place}: a value was altered or moved") from error


def blind(text: str, scope: str, owner: Owner) -> int:
    """A 64-bit signed digest by which an exact text is found again, for one owner and scope."""
    digest = hmac.digest(keys.index_key(owner), f"{scope}\0{text}".encode(), "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)


class Bound:
    """A clear value and whose it is: all that a sealed column takes."""

    __slots__ = ("owner", "value")

    def __init__(self, value: Any, owner: Owner):
        self.value, self.owner = value, owner


def bound(value: Any, owner: Owner) -> Bound:
    """The value for a `queryset.update()`; raises `VaultError` where it is already another's."""
    if not isinstance(value, Bound):
        return Bound(value, owner)
    if value.owner != owner:
        raise VaultError("a value of another owner is not written here")
    return value


def bulk_update(rows: Sequence[Any], fields: Sequence[str], batch_size: int | None = None) -> None:
    """Django's own, for models with sealed columns, which refuse a value that is not bound."""
    if not rows:
        return
    sealed = [f.attname for f in sealed_of(type(rows[0])) if f.name in fields]
    with _bound_meanwhile(rows, sealed):
        type(rows[0])._default_manager.bulk_update(rows, fields, batch_size=batch_size)


@contextmanager
def _bound_meanwhile(rows: Sequence[Any], names: Sequence[str]) -> Iterator[None]:
    before = [(row, name, getattr(row, name)) for row in rows for name in names]
    try:
        for row, name, value in before:
            setattr(row, name, None if value is None else bound(value, row.vault_owner))
        yield
    finally:
        for row, name, value in before:
            setattr(row, name, value)


class SealedField(models.Field):
    """A column whose clear value exists only in memory; filters on it are refused.

    `to_bytes` and `from_bytes` say how the type of a subclass is written. NULL stays NULL. The
    model says whose its rows are: `vault_owner`, (organisation_id, side).
    """

    def get_internal_type(self) -> str:
        return "BinaryField"

    @property
    def place(self) -> str:
        """The « table.column » that every value is bound to."""
        return f"{self.model._meta.db_table}.{self.column}"

    def to_bytes(self, value: Any) -> bytes:
        return str(value).encode()

    def from_bytes(self, clear: bytes) -> Any:
        return clear.decode()

    def pre_save(self, model_instance, add):
        value = getattr(model_instance, self.attname)
        return None if value is None else bound(value, model_instance.vault_owner)

    def get_db_prep_value(self, value, connection, prepared=False):
        if value is None:
            return None
        if not isinstance(value, Bound):
            if value == "":  # the default of a column that a migration adds
                return connection.Database.Binary(b"")
            raise VaultError(f"{self.place}: a value that is nobody's is not written")
        sealed = seal(self.to_bytes(value.value), self.place, value.owner)
        return connection.Database.Binary(sealed)

    def from_db_value(self, value, expression, connection):
        return None if value is None else self.from_bytes(unseal(bytes(value), self.place))

    def value_to_string(self, obj):
        raise VaultError(f"{self.place} is never serialised in clear")

    def get_lookup(self, lookup_name):
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class SealedTextField(SealedField):
    pass


class SealedBytesField(SealedField):
    def to_bytes(self, value: bytes) -> bytes:
        return value

    def from_bytes(self, clear: bytes) -> bytes:
        return clear


class SealedDateField(SealedField):
    def to_bytes(self, value: date) -> bytes:
        return value.isoformat().encode()

    def from_bytes(self, clear: bytes) -> date:
        return date.fromisoformat(clear.decode())


def sealed_of(model: type[models.Model]) -> list[SealedField]:
    """The encrypted columns of one table."""
    return [field for field in model._meta.local_concrete_fields if isinstance(field, SealedField)]


def sealed_fields() -> list[SealedField]:
    """Every encrypted column of the installation."""
    from django.apps import apps

    return [field for model in apps.get_models() for field in sealed_of(model)]
