"""What people come for: ten needs, understood from everyday words."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rapidfuzz import fuzz

from maillage.core.text import words

CODES = (
    *("danger", "talk", "complaint", "housing", "money"),
    *("health", "children", "stop", "witness", "professional"),
)
_LIKENESS = 87
_MINE, _THEIRS = {"je", "j"}, {"il", "elle", "me", "m"}
_TELL_NOTHING = frozenset(
    ("a", "ai", "au", "d", "de", "des", "du", "elle", "est", "et", "ete", "il", "j", "je", "l")
    + ("la", "le", "les", "m", "ma", "me", "mes", "moi", "mon", "on", "ou", "s", "se")
    + ("suis", "un", "une", "va")
)


@dataclass(frozen=True)
class Need:
    code: str
    label: str
    short: str
    lines: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]

    @property
    def is_danger(self) -> bool:
        return self.code == "danger"


@lru_cache(maxsize=1)
def needs() -> dict[str, Need]:
    """The ten needs by code, in the order in which they are asked."""
    with (Path(__file__).parent / "data" / "needs.toml").open("rb") as file:
        rows = tomllib.load(file)["need"]
    found = {}
    for row in rows:
        phrases = tuple(tuple(words(phrase)) for phrase in row["words"])
        found[row["code"]] = Need(**row | {"lines": tuple(row["lines"]), "words": phrases})
    return found


def understand(typed: str) -> list[Need]:
    """The needs that a sentence speaks of, the likeliest first; a danger comes before all."""
    said = words(typed)[:40]
    scores = {need.code: _score(said, need) for need in needs().values()}
    found = [need for need in needs().values() if scores[need.code]]
    return sorted(found, key=lambda need: (not need.is_danger, -scores[need.code]))


def _score(said: list[str], need: Need) -> int:
    """How much of the longest of its phrases that was said."""
    best = 0
    for phrase in need.words:
        telling = [word for word in phrase if word not in _TELL_NOTHING]
        heard = all(any(_is_like(word, each) for each in said) for word in telling)
        if heard and _keeps_who(set(phrase), set(said)):
            best = max(best, 10 * len(telling) + len(phrase))
    return best


def _keeps_who(phrase: set[str], said: set[str]) -> bool:
    """« il me frappe » is not « je frappe »: who does it stands in the small words."""
    mine, theirs = phrase & _MINE, phrase & _THEIRS
    if mine and not theirs:
        return bool(said & _MINE) and not said & {"me", "il"}
    return bool(said & _THEIRS) if theirs and not mine else True


def _is_like(word: str, said: str) -> bool:
    if word == said:
        return True
    if min(len(word), len(said)) < 4:
        return False
    return said.startswith(word[: max(4, len(word) - 2)]) or fuzz.ratio(word, said) >= _LIKENESS
