"""The address of a page with its parameters: looked for once a shape, then filled in.

A list writes a hundred of them; Django looks each of them up among all the routes.
"""

import re
from functools import lru_cache
from typing import Any

from django.urls import NoReverseMatch, get_script_prefix, reverse

_PLAIN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_STANDING = {int: 8104729350, str: "0standing-in"}


def address(view_name: str, *args: Any) -> str:
    """As `reverse` says it; what has to be quoted, or is neither a number nor a word, is its."""
    kinds = tuple(int if isinstance(arg, int) else str for arg in args)
    is_plain = all(isinstance(arg, int | str) and _PLAIN.fullmatch(str(arg)) for arg in args)
    shape = _shape(get_script_prefix(), view_name, kinds) if is_plain else None
    return reverse(view_name, args=args) if shape is None else shape.format(*args)


@lru_cache(maxsize=1024)
def _shape(prefix: str, view_name: str, kinds: tuple[type, ...]) -> str | None:
    """None where the route is particular about what it takes."""
    standing = [f"{_STANDING[kind]}{at}" for at, kind in enumerate(kinds)]
    try:
        found = reverse(view_name, args=standing)
    except NoReverseMatch:
        return None
    found = found.replace("{", "{{").replace("}", "}}")
    for at, each in enumerate(standing):
        found = found.replace(each, f"{{{at}}}")
    return found
