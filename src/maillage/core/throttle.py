"""How many wrong passwords are heard before one must wait.

A try takes a place before the password is looked at and gives it back if it was right, so that
tries made at the same time cannot pass together. `cache.add` is what makes a place be taken once.
"""

import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

WINDOW = 5 * 60
TRIES_PER_EMAIL = 5
TRIES_PER_ADDRESS = 30


class TooMany(Exception):
    """Every place is taken; `wait` is the number of seconds until one is free."""

    def __init__(self, wait: float):
        self.wait = wait
        super().__init__(wait)


def client_address(request: HttpRequest) -> str:
    """The address that our own proxy saw, where settings say that there is one."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()
    return request.META.get("REMOTE_ADDR", "")


def _places(kind: str, value: str, count: int) -> list[str]:
    name = salted_hmac("maillage.login", f"{kind}:{value.strip().lower()}").hexdigest()
    return [f"login:{name}:{rank}" for rank in range(count)]


def _take(places: list[str]) -> str:
    now = time.time()
    taken = cache.get_many(places)
    for place in places:
        if place not in taken and cache.add(place, now + WINDOW, WINDOW):
            return place
    ends = cache.get_many(places).values()
    raise TooMany(max(min(ends, default=now + 1) - now, 1))


class Try:
    """One try at signing in, that has taken its two places or raised `TooMany`."""

    def __init__(self, email: str, address: str):
        self._of_email = _places("email", email, TRIES_PER_EMAIL)
        self._at_address = _take(_places("address", address, TRIES_PER_ADDRESS))
        try:
            _take(self._of_email)
        except TooMany:
            cache.delete(self._at_address)
            raise

    def succeeded(self) -> None:
        """Forgets the failures of the e-mail; those of others behind the address stay."""
        cache.delete_many([*self._of_email, self._at_address])


class CodeTry:
    """One try at a code from an address, that has taken its place or raised `TooMany`; a right one
    gives it back, so that a room full of people on one network is not stopped."""

    def __init__(self, address: str):
        self._place = _take(_places("code", address, TRIES_PER_ADDRESS))

    def succeeded(self) -> None:
        cache.delete(self._place)
