"""Identity and free text are encrypted at rest; what must be found again has a blind index.

A stored value is `key id (length byte, ascii) | nonce (12) | AES-256-GCM ciphertext and tag`, with
« table.column » as associated data, so that a value moved to another column cannot be read.
"""

import hmac
import os
from base64 import urlsafe_b64decode
from datetime import date
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

NONCE_BYTES = 12


class VaultError(Exception):
    """A value cannot be read: its key is missing, or it was altered or moved."""


def _raw_key(text: str) -> bytes:
    raw = urlsafe_b64decode(text)
    if len(raw) != 32:
        raise ImproperlyConfigured("A vault key is 32 bytes in URL-safe base64.")
    return raw


@lru_cache(maxsize=8)
def _ciphers(spec: str) -> dict[bytes, AESGCM]:
    ciphers = {}
    for part in spec.split(","):
        name, _, key = part.strip().partition(":")
        if not name or not key:
            raise ImproperlyConfigured("MAILLAGE_VAULT_KEYS is id:key,id:key…")
        ciphers[name.encode()] = AESGCM(_raw_key(key))
    return ciphers


@lru_cache(maxsize=8)
def _index_key(text: str) -> bytes:
    return _raw_key(text)


def seal(clear: bytes, place: str) -> bytes:
    """Encrypts with the first key; `place` is the « table.column » the value belongs to."""
    name, cipher = next(iter(_ciphers(settings.VAULT_KEYS).items()))
    nonce = os.urandom(NONCE_BYTES)
    return bytes([len(name)]) + name + nonce + cipher.encrypt(nonce, clear, place.encode())


def unseal(sealed: bytes, place: str) -> bytes:
    """The clear value; raises `VaultError` where its key is unknown or it was altered or moved."""
    name_end = 1 + sealed[0]
    cipher = _ciphers(settings.VAULT_KEYS).get(sealed[1:name_end])
    if cipher is None:
        raise VaultError(f"{place}: no such key as {sealed[1:name_end].decode(errors='replace')}")
    nonce_end = name_end + NONCE_BYTES
    try:
        return cipher.decrypt(sealed[name_end:nonce_end], sealed[nonce_end:], place.encode())
    except InvalidTag as error:
        raise VaultError(f"{place}: a value was altered or moved") from error


def key_name(sealed: bytes) -> str:
    """The id of the key a stored value was encrypted with."""
    return sealed[1 : 1 + sealed[0]].decode()


def writing_key_name() -> str:
    return next(iter(_ciphers(settings.VAULT_KEYS))).decode()


def blind(text: str, scope: str) -> int:
    """A 64-bit signed digest by which an exact text is found again, within one scope only."""
    message = f"{scope}\0{text}".encode()
    digest = hmac.digest(_index_key(settings.VAULT_INDEX_KEY), message, "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)


class SealedField(models.Field):
    """A column whose clear value exists only in memory; filters on it are refused.

    `to_bytes` and `from_bytes` say how the type of a subclass is written. NULL stays NULL, the
    empty text is encrypted like any other.
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

    def get_db_prep_value(self, value, connection, prepared=False):
        if value is None:
            return None
        return connection.Database.Binary(seal(self.to_bytes(value), self.place))

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


def sealed_fields() -> list[SealedField]:
    """Every encrypted column of the installation."""
    from django.apps import apps

    return [
        field
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedField)
    ]
