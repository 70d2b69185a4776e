"""A stream sealed for one public key: whoever writes it cannot read it again.

`magic | fingerprint of the recipient (8) | ephemeral X25519 public key (32) | blocks`. Each block
is AES-256-GCM over at most 64 kB, its nonce the rank of the block and whether it is the last: a
block altered, moved or removed, an end cut off, do not open (the STREAM construction).
"""

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from maillage.core.backup.keys import fingerprint

MAGIC = b"maillage-sauvegarde-1\n"
NAME, POINT, TAG = 8, 32, 16
HEADER = len(MAGIC) + NAME + POINT
BLOCK = 64 * 1024


class Unreadable(Exception):
    """The file is not what was written, or not for this key; carries a French sentence."""


def _cipher(secret: bytes, header: bytes, recipient: X25519PublicKey) -> AESGCM:
    info = header + recipient.public_bytes_raw()
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=info).derive(secret))


def _nonce(rank: int, is_last: bool) -> bytes:
    return rank.to_bytes(11, "big") + bytes([is_last])


class Sealer:
    """Writes what it is given, sealed; nothing can be read of it before `close`."""

    def __init__(self, file: BinaryIO, recipient: X25519PublicKey):
        own = X25519PrivateKey.generate()
        header = MAGIC + fingerprint(recipient) + own.public_key().public_bytes_raw()
        self._cipher = _cipher(own.exchange(recipient), header, recipient)
        self._file, self._waiting, self._rank = file, bytearray(), 0
        file.write(header)

    def write(self, clear: bytes) -> None:
        self._waiting += clear
        while len(self._waiting) > BLOCK:
            self._emit(bytes(self._waiting[:BLOCK]), is_last=False)
            del self._waiting[:BLOCK]

    def close(self) -> None:
        self._emit(bytes(self._waiting), is_last=True)

    def _emit(self, clear: bytes, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._rank, is_last), clear, None))
        self._rank += 1


def opened(file: BinaryIO, private: X25519PrivateKey) -> Iterator[bytes]:
    """The clear blocks, each only once it is proven; raises `Unreadable` at the first fault."""
    header = file.read(HEADER)
    if header[: len(MAGIC)] != MAGIC:
        raise Unreadable("Ce fichier n’est pas une sauvegarde de Maillage.")
    if len(header) < HEADER:
        raise Unreadable("La sauvegarde est tronquée\u00a0: il n’en reste que le début.")
    meant, held = header[len(MAGIC) : -POINT], fingerprint(private.public_key())
    if meant != held:
        raise Unreadable(
            f"Cette sauvegarde est scellée pour la clé {meant.hex()}\u00a0; celle qui est donnée"
            f" est {held.hex()}."
        )
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(header[-POINT:]))
    except ValueError as error:  # a point that gives no secret
        raise Unreadable("L’en-tête de la sauvegarde a été altéré.") from error
    cipher = _cipher(shared, header, private.public_key())
    rank, block = 0, file.read(BLOCK + TAG)
    while True:
        following = file.read(BLOCK + TAG)
        yield _open_block(cipher, block, rank, is_last=not following)
        if not following:
            return
        rank, block = rank + 1, following


def _open_block(cipher: AESGCM, block: bytes, rank: int, is_last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(rank, is_last), block, None)
    except (InvalidTag, ValueError):
        pass
    where = HEADER + rank * (BLOCK + TAG)
    try:
        cipher.decrypt(_nonce(rank, not is_last), block, None)
    except (InvalidTag, ValueError):
        if is_last and len(block) < BLOCK + TAG:
            fault = f"La sauvegarde est tronquée, ou altérée, après l’octet {where}."
        else:
            fault = f"La sauvegarde a été altérée entre les octets {where} et {where + len(block)}."
        raise Unreadable(fault) from None
    end = where + len(block)
    if is_last:
        raise Unreadable(f"La sauvegarde est tronquée\u00a0: elle s’arrête à l’octet {end}.")
    raise Unreadable(f"Quelque chose a été ajouté à la sauvegarde après l’octet {end}.")
