"""What a thief of the disk would read: every byte that was stored, under whatever it is wrapped."""

import base64
import binascii
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import duckdb
from django.db import connection

DEEPEST = 4
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){6,}")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


def layers(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """The content, and what base64, hexadecimal, zlib, zip and Parquet hide in it."""
    yield content
    if depth == DEEPEST:
        return
    for inner in _unwrapped(content):
        if len(inner) >= 6:
            yield from layers(inner, depth + 1)


def _unwrapped(content: bytes) -> Iterator[bytes]:
    for token in _BASE64.findall(content):
        with suppress(binascii.Error):
            yield base64.b64decode(token + b"=" * (-len(token) % 4), altchars=b"-_")
            yield base64.b64decode(token + b"=" * (-len(token) % 4))
    for token in _HEX.findall(content):
        yield bytes.fromhex(token.decode())
    for found in _ZLIB.finditer(content):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(content[found.start() :])
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield archive.read(name)


def spellings(word: str) -> set[bytes]:
    """A word as it may be written in clear: case, encoding, address, JSON; base64 at any offset."""
    found = set()
    for text in {word, word.upper(), word.lower()}:
        found |= {text.encode(code) for code in ("utf-8", "latin-1", "utf-16-le", "utf-16-be")}
        found |= {quote(text).encode(), text.encode("ascii", "backslashreplace")}
        found.add(text.encode("unicode_escape").replace(b"\\x", b"\\u00"))
        for offset in range(3):  # the signs of base64 that the neighbours do not change
            coded = base64.b64encode(b"\0" * offset + text.encode())
            found.add(coded[(offset * 8 + 5) // 6 : len(text.encode()) * 4 // 3 - 1])
    return found


def found(words: Iterable[str], content: bytes) -> set[str]:
    sought = {word: spellings(word) for word in words}
    return {
        word
        for layer in layers(content)
        for word, spelt in sought.items()
        if any(each in layer for each in spelt)
    }


def _file(path: Path) -> bytes:
    content = path.read_bytes()
    if content.startswith(b"PAR1"):
        rows = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        content += repr(rows).encode()
    return content


def files(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, its own name first."""
    return {
        str(path): path.name.encode() + b"\n" + _file(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


def database() -> dict[str, bytes]:
    """SQLite: the bytes of its files, journal included. PostgreSQL: a copy of every table, and the
    samples of their columns that the planner keeps."""
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        return {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        tables = connection.introspection.table_names(cursor)
        copies = {}
        for name in [*map(connection.ops.quote_name, tables), "(SELECT * FROM pg_stats)"]:
            with cursor.copy(f"COPY {name} TO STDOUT") as copy:
                copies[name] = b"".join(map(bytes, copy))
    return copies
