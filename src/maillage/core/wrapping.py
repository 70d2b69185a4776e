"""What wraps the keys that encrypt data: a key of the environment, or a command that asks a KMS.

A key-encryption key never touches a stored value; it only opens the small files of `keys.py`.
"""

import os
import shlex
import subprocess  # nosec B404
from base64 import urlsafe_b64decode
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12
COMMAND, COMMAND_SECONDS = "command", 30


class VaultError(Exception):
    """A value cannot be read or written: its key is missing, or it was altered, moved, unbound."""


class KeyWrapper(Protocol):
    """One key-encryption key, wherever it is kept; its name is written beside what it wrapped."""

    @property
    def name(self) -> str: ...
    def wrap(self, clear: bytes) -> bytes: ...
    def unwrap(self, wrapped: bytes) -> bytes: ...


class EnvironmentKey:
    """A key given by `MAILLAGE_VAULT_KEYS`, kept in the memory of each process."""

    def __init__(self, name: str, key: str):
        raw = urlsafe_b64decode(key)
        if len(raw) != 32:
            raise ImproperlyConfigured("A vault key is 32 bytes in URL-safe base64.")
        self.name, self._cipher = name, AESGCM(raw)

    def wrap(self, clear: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, clear, None)

    def unwrap(self, wrapped: bytes) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], None)
        except InvalidTag as error:
            raise VaultError(f"« {self.name} » is not the key that wrapped this one") from error


class Command:
    """`MAILLAGE_VAULT_COMMAND wrap|unwrap`: bytes in, bytes out; how any KMS is reached."""

    name = COMMAND

    def __init__(self, line: str):
        self._words = shlex.split(line)

    def wrap(self, clear: bytes) -> bytes:
        return self._run("wrap", clear)

    def unwrap(self, wrapped: bytes) -> bytes:
        return self._run("unwrap", wrapped)

    def _run(self, act: str, given: bytes) -> bytes:
        command = [*self._words, act]
        try:
            done = subprocess.run(  # nosec B603
                command, input=given, capture_output=True, timeout=COMMAND_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise VaultError(f"the command of the vault does not answer « {act} »") from error
        if done.returncode or not done.stdout:
            said = done.stderr.decode(errors="replace").strip()[-200:]
            raise VaultError(f"the command of the vault refused « {act} »: {said}")
        return done.stdout


@lru_cache(maxsize=8)
def wrappers(spec: str, command: str) -> dict[str, KeyWrapper]:
    """Every wrapper by its name; the first one wraps, all of them unwrap what they wrapped."""
    found: dict[str, KeyWrapper] = {COMMAND: Command(command)} if command else {}
    for part in filter(None, spec.split(",")):
        name, _, key = part.strip().partition(":")
        if not name or not key or name == COMMAND:
            raise ImproperlyConfigured("MAILLAGE_VAULT_KEYS is id:key,id:key…")
        found[name] = EnvironmentKey(name, key)
    if not found:
        raise ImproperlyConfigured("Neither MAILLAGE_VAULT_KEYS nor MAILLAGE_VAULT_COMMAND.")
    return found
