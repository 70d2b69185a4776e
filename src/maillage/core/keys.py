"""The keys that encrypt data: a folder beside the database and never in it, one file for each key.

Each organisation has, on each side, one data key that writes and perhaps older ones that read, and
one index key. A file holds its key wrapped (`wrapping.py`); emptying it makes unreadable whatever
the key encrypted, in the database and in every backup of it.
"""

import fcntl
import json
import os
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from maillage.core.wrapping import KeyWrapper, VaultError, wrappers

Owner = tuple[int, str]  # the key of an organisation, and the side it works on
INSTALLATION: Owner = (0, "accounts")  # what is no organisation's: the secrets of accounts
CHECK_EVERY = 5.0  # seconds after which a process sees what another one did to the keys
MOST_OPENED = 512
NAME_BYTES = 10
KEY_BYTES = 32
LOCK = "lock"
DATA, INDEX = "data", "index"
WRITING, READING, RETIRED, DESTROYED = "writing", "reading", "retired", "destroyed"


class Destroyed(VaultError):
    """The key of these data was destroyed on purpose: nobody will ever read them again."""


@dataclass(frozen=True)
class Key:
    """One file of the folder. `retired` still reads, for backups; `destroyed` has no key left."""

    name: str
    use: str
    organisation: int
    side: str
    state: str
    created_at: str
    changed_at: str
    wrapped_by: str
    wrapped: str

    @property
    def owner(self) -> Owner:
        return self.organisation, self.side

    @property
    def _context(self) -> bytes:
        """Wrapped with the key, so that a file given another owner opens nothing."""
        return f"|{self.name}|{self.use}|{self.organisation}|{self.side}".encode()

    def wrapped_with(self, wrapper: KeyWrapper, clear: bytes) -> "Key":
        wrapped = b64encode(wrapper.wrap(clear + self._context)).decode()
        return replace(self, wrapped_by=wrapper.name, wrapped=wrapped, changed_at=_now())

    def unwrapped(self) -> bytes:
        """The key itself; raises `Destroyed`, or `VaultError` where no wrapper opens it."""
        if self.state == DESTROYED:
            raise Destroyed(f"the keys of organisation {self.organisation} were destroyed")
        wrapper = _wrappers().get(self.wrapped_by)
        if wrapper is None:
            raise VaultError(f"key {self.name} is wrapped by « {self.wrapped_by} », not given")
        payload = wrapper.unwrap(b64decode(self.wrapped))
        if payload[KEY_BYTES:] != self._context:
            raise VaultError(f"key {self.name} was made for another owner")
        return payload[:KEY_BYTES]


@dataclass(frozen=True)
class Opened:
    """A data key ready for use, and what binds each value to its owner."""

    name: bytes
    owner: Owner
    cipher: AESGCM
    bond: bytes


@dataclass
class _Known:
    """What the folder held when it was last read, and what was opened since."""

    files: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    readers: dict[bytes, Opened] = field(default_factory=dict)
    writers: dict[Owner, Opened] = field(default_factory=dict)
    indexes: dict[Owner, bytes] = field(default_factory=dict)


class _Ring:
    """The keys as this process knows them, under one setting of the vault."""

    def __init__(self) -> None:
        self.given = (settings.VAULT_DIR, settings.VAULT_KEYS, settings.VAULT_COMMAND)
        self.folder = Path(settings.VAULT_DIR)
        self.known = _Known()
        self.until = 0.0
        self._lock = threading.Lock()

    def look(self) -> _Known:
        """Reads again the files that changed. Whoever is opening a key meanwhile keeps it in the
        `_Known` of before, so that none outlives its destruction."""
        with self._lock:
            until, files = monotonic() + CHECK_EVERY, _signatures(self.folder)
            if files != self.known.files:
                self.known = _read(self.folder, files, self.known)
            self.until = until
            return self.known


_ring: _Ring | None = None


def _current() -> _Known:
    """The keys, at most `CHECK_EVERY` seconds old; read for every value, so it asks for nothing."""
    ring = _ring
    if ring is not None and monotonic() < ring.until:
        return ring.known
    return _fresh()


def _fresh() -> _Known:
    global _ring
    given = (settings.VAULT_DIR, settings.VAULT_KEYS, settings.VAULT_COMMAND)
    ring = _ring
    if ring is None or ring.given != given:
        ring = _ring = _Ring()
    return ring.look()


def _wrappers() -> dict[str, KeyWrapper]:
    return wrappers(settings.VAULT_KEYS, settings.VAULT_COMMAND)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _signatures(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".json"):
                with suppress(FileNotFoundError):
                    state = entry.stat()
                    found[entry.name] = (state.st_ino, state.st_mtime_ns, state.st_size)
    return found


def _read(folder: Path, files: dict[str, tuple[int, int, int]], before: _Known) -> _Known:
    known = _Known(files=files)
    for name, signature in files.items():
        key = before.keys.get(name[:-5])
        if key is None or before.files.get(name) != signature:
            try:
                key = Key(**json.loads((folder / name).read_text()))
            except (OSError, ValueError, TypeError):
                known.unreadable.append(name)
                continue
        known.keys[key.name] = key
    for opened in before.readers.values():
        name = opened.name.decode()
        if name in known.keys and known.keys[name] == before.keys.get(name):
            known.readers[opened.name] = opened
    return known


def forget() -> None:
    """Forgets every opened key; for whoever changes a setting under a running process."""
    global _ring
    _ring = None


def reader(name: bytes) -> Opened:
    """The data key of this name; raises `Destroyed`, or `VaultError` where it is not known."""
    known = _current()
    opened = known.readers.get(name)
    return opened if opened is not None else _open(name, known)


def _open(name: bytes, known: _Known) -> Opened:
    text = name.decode(errors="replace")
    key = known.keys.get(text)
    if key is None:
        known = _fresh()
        key = known.keys.get(text)
    if key is None or key.use != DATA:
        raise VaultError(f"no such key as {text}")
    bond = f"|{key.organisation}|{key.side}".encode()
    opened = Opened(name, key.owner, AESGCM(key.unwrapped()), bond)
    if len(known.readers) >= MOST_OPENED:
        known.readers.clear()
    known.readers[name] = opened
    return opened


def writer(owner: Owner) -> Opened:
    """The data key that writes for an owner, made at the first writing."""
    known = _current()
    opened = known.writers.get(owner)
    if opened is None:
        key = _the(known, owner, DATA) or _made(owner, DATA)
        known = _current()
        opened = known.writers[owner] = _open(key.name.encode(), known)
    return opened


def index_key(owner: Owner) -> bytes:
    """The key of the blind indexes of an owner, made at the first one."""
    known = _current()
    clear = known.indexes.get(owner)
    if clear is None:
        key = _the(known, owner, INDEX) or _made(owner, INDEX)
        known = _current()
        clear = known.indexes[owner] = key.unwrapped()
    return clear


def _the(known: _Known, owner: Owner, use: str) -> Key | None:
    """The key an owner writes with; none where there never was one."""
    theirs = [key for key in known.keys.values() if key.owner == owner]
    if any(key.state == DESTROYED for key in theirs):
        raise Destroyed(f"the keys of organisation {owner[0]} were destroyed")
    found = (key for key in theirs if key.use == use and key.state == WRITING)
    return min(found, key=lambda key: key.name, default=None)


def _made(owner: Owner, use: str) -> Key:
    """A first key, unless another process has just made it."""
    with _locked() as folder:
        known = _fresh()
        if known.unreadable:
            raise VaultError(f"unreadable key file: {', '.join(known.unreadable)}")
        key = _the(known, owner, use)
        if key is None:
            key = _new(owner, use)
            _write(folder, key)
            _fresh()
        return key


def _new(owner: Owner, use: str) -> Key:
    organisation, side = owner
    now = _now()
    key = Key(
        name=secrets.token_hex(NAME_BYTES // 2),
        use=use,
        organisation=int(organisation),
        side=str(side),
        state=WRITING,
        created_at=now,
        changed_at=now,
        wrapped_by="",
        wrapped="",
    )
    return key.wrapped_with(next(iter(_wrappers().values())), secrets.token_bytes(KEY_BYTES))


@contextmanager
def _locked() -> Iterator[Path]:
    """The folder, for one process at a time; raises `VaultError` where it was never made."""
    folder = Path(settings.VAULT_DIR)
    if settings.MODE == "local":
        init()
    try:
        handle = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError as error:
        raise VaultError(f"no key folder at {folder}: « maillage vault init »") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(handle)


def init() -> Path:
    """Makes the folder of the keys; elsewhere than in local mode it never makes itself, so that a
    disk that is not mounted stops the writing instead of scattering new keys."""
    folder = Path(settings.VAULT_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600))
    return folder


def is_ready() -> bool:
    return settings.MODE == "local" or (Path(settings.VAULT_DIR) / LOCK).exists()


def _write(folder: Path, key: Key) -> None:
    """Puts a file in place whole, readable by its owner alone; what it replaces is overwritten."""
    path, draft = folder / f"{key.name}.json", folder / f".{key.name}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(key), file)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileNotFoundError), path.open("r+b") as old:
        os.replace(draft, path)
        old.write(b"\0" * os.fstat(old.fileno()).st_size)
        old.flush()
        os.fsync(old.fileno())
    if draft.exists():
        os.replace(draft, path)
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def every_key() -> list[Key]:
    """All the keys of the folder as it is now, the oldest first."""
    return sorted(_fresh().keys.values(), key=lambda key: (key.owner, key.created_at, key.name))


def keys_of(owner: Owner) -> list[Key]:
    return [key for key in every_key() if key.owner == owner]


def begin_rotation(owner: Owner) -> tuple[Key, list[Key], bool]:
    """The key that writes from now on, those to be left, and whether this takes one up again."""
    with _locked() as folder:
        known = _fresh()
        present = _the(known, owner, DATA)
        if present is None:
            raise VaultError("this organisation has no key on this side")
        theirs = [key for key in known.keys.values() if key.owner == owner and key.use == DATA]
        left = [key for key in theirs if key.state == READING]
        if left:
            return present, left, True
        key = _new(owner, DATA)
        _write(folder, key)
        left = [
            replace(old, state=READING, changed_at=_now()) for old in theirs if old.state == WRITING
        ]
        for old in left:
            _write(folder, old)
        _fresh()
        return key, left, False


def retire(names: list[str]) -> None:
    """Keys under which nothing is left in the database; they still read the backups."""
    with _locked() as folder:
        known = _fresh()
        for key in (known.keys[name] for name in names):
            if key.state == READING:
                _write(folder, replace(key, state=RETIRED, changed_at=_now()))
        _fresh()


def rewrap() -> int:
    """Wraps every key with the newest key-encryption key; no stored value is touched."""
    newest = next(iter(_wrappers().values()))
    with _locked() as folder:
        old = [
            key
            for key in _fresh().keys.values()
            if key.state != DESTROYED and key.wrapped_by != newest.name
        ]
        for key in old:
            _write(folder, key.wrapped_with(newest, key.unwrapped()))
        _fresh()
    return len(old)


def destroy(owner: Owner) -> int:
    """Empties every key of an owner: whatever they encrypted is unreadable, backups included."""
    with _locked() as folder:
        theirs = [key for key in _fresh().keys.values() if key.owner == owner]
        for key in theirs:
            _write(
                folder,
                replace(key, state=DESTROYED, wrapped="", wrapped_by="", changed_at=_now()),
            )
        _fresh()
    return len(theirs)


def check() -> None:
    """Raises where what wraps the keys does not unwrap what it wrapped."""
    for wrapper in _wrappers().values():
        if wrapper.unwrap(wrapper.wrap(b"check")) != b"check":
            raise VaultError(f"« {wrapper.name} » does not give back what it wraps")


def faults() -> list[str]:
    """What is wrong with the folder, in words for whoever keeps it."""
    keys = every_key()
    found = [f"Fichier de clé illisible : {name}" for name in _fresh().unreadable]
    newest = next(iter(_wrappers()))
    living = [key for key in keys if key.state != DESTROYED]
    for key in living:
        try:
            key.unwrapped()
        except VaultError as error:
            found.append(f"Coffre illisible : clé {key.name} inutilisable, {error}")
    if old := {key.wrapped_by for key in living if key.wrapped_by != newest}:
        found.append(
            f"Des clés sont encore enveloppées par « {', '.join(sorted(old))} » : "
            "lancez « maillage vault rotate --kek »."
        )
    if any(key.state == READING for key in living):
        found.append("Une rotation n’est pas achevée : relancez « maillage vault rotate ».")
    return found
