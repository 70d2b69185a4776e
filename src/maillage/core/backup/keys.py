"""The pair of keys of backups: the machine that writes them holds only the public one."""

import hashlib
import json
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from django.conf import settings

LOCAL_FILE = "backup-key.json"
PRIVATE = "MAILLAGE_BACKUP_PRIVATE_KEY"
PUBLIC = "MAILLAGE_BACKUP_KEY"


class KeyFault(Exception):
    """A key is missing or is none; carries a French sentence."""


def as_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode()


def _raw(text: str, what: str) -> bytes:
    try:
        raw = urlsafe_b64decode(text.strip())
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise KeyFault(f"{what} n’est pas une clé\u00a0: 32 octets en base64 pour URL.")
    return raw


def new_pair() -> dict[str, str]:
    private = X25519PrivateKey.generate()
    return {
        PRIVATE: as_text(private.private_bytes_raw()),
        PUBLIC: as_text(private.public_key().public_bytes_raw()),
    }


def fingerprint(public: X25519PublicKey) -> bytes:
    """Eight bytes that name a key without being one."""
    return hashlib.sha256(public.public_bytes_raw()).digest()[:8]


def recipient() -> X25519PublicKey:
    """The key that backups are sealed for."""
    given = settings.BACKUP_KEY
    if not given and settings.MODE == "production":
        raise KeyFault(
            f"{PUBLIC} manque\u00a0: « maillage backup new-keys » propose une paire de clés."
        )
    raw = _raw(given or _local_pair()[PUBLIC], PUBLIC)
    return X25519PublicKey.from_public_bytes(raw)


def private_key(path: Path | None) -> X25519PrivateKey:
    """The key that reads a backup: of the file given, or the one of a local installation."""
    path = path or Path(settings.DATA_DIR) / LOCAL_FILE
    try:
        text = path.read_text()
    except OSError as error:
        raise KeyFault(
            f"La clé privée des sauvegardes ne se lit pas ({path}\u00a0: {error.strerror})\u00a0:"
            " donnez-la par --key FICHIER."
        ) from error
    except UnicodeDecodeError as error:
        raise KeyFault(f"{path} ne contient pas de clé privée.") from error
    if found := re.search(rf'{PRIVATE}"?\s*[=:]\s*"?([\w=-]+)', text):
        text = found[1]
    return X25519PrivateKey.from_private_bytes(_raw(text, str(path)))


def _local_pair() -> dict[str, str]:
    """The pair of a one-machine installation, made once beside its other keys."""
    path = Path(settings.DATA_DIR) / LOCAL_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{LOCAL_FILE}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(new_pair(), file)
        try:
            os.link(draft, path)  # the first of two processes wins, the other reads its keys
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return json.loads(path.read_text())
