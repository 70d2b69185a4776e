"""How words are compared: people type them in a hurry, spreadsheets spell them their own way."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^0-9a-z]+")
_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i"}
)


def fold(text: str) -> str:
    """Lower case without accents, everything else kept: « Hérault » → « herault »."""
    plain = unicodedata.normalize("NFKD", text).lower().translate(_LIGATURES)
    decomposed = unicodedata.normalize("NFKD", plain)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """The folded words of a text: « Jean-Noël D’Urcé » → jean, noel, d, urce."""
    return [w for w in _NOT_WORD.split(fold(text)) if w]


def squash(text: str) -> str:
    """Folded letters and digits alone, the form in which codes and headers are compared."""
    return "".join(words(text))
