"""A flood from one address slows that address alone: a bucket each, in the memory of the process.

Nothing is written and no database is asked: this must hold when the database does not. An address
is known by a digest under a key that dies with the process.
"""

import secrets
import time
from collections import OrderedDict
from hashlib import blake2b
from threading import Lock

_KEY = secrets.token_bytes(32)
MOST_KNOWN = 50_000


class Buckets:
    """`size` requests at once, then one every `every` seconds, for each address."""

    def __init__(self, size: int, every: float):
        self.size, self.every = size, every
        self._known: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, address: str, now: float | None = None) -> float:
        """Zero where the request may pass, else the seconds to wait."""
        now = time.monotonic() if now is None else now
        name = blake2b(address.encode(), key=_KEY, digest_size=12).digest()
        with self._lock:
            left, seen = self._known.pop(name, (float(self.size), now))
            left = min(self.size, left + (now - seen) / self.every)
            passes = left >= 1
            self._known[name] = (left - 1 if passes else left, now)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return 0.0 if passes else (1 - left) * self.every

    def clear(self) -> None:
        with self._lock:
            self._known.clear()


SEARCHES = Buckets(size=60, every=0.5)  # a town hall or a shelter shares one address
REQUESTS = Buckets(size=5, every=720)  # to be called back: five, then one every twelve minutes
CODES = Buckets(size=20, every=6)  # a registry checks a pile of papers
