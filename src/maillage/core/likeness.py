"""How much alike two people are, as one types them: a slip of the hand, a name heard."""

from datetime import date

from rapidfuzz.distance import OSA

from maillage.core.names import SHORTEST, sound
from maillage.core.text import squash, words

LIKELY = 78  # out of 100: weights set on the pairs of programme/intake/tests/test_duplicates.py
NAME, FIRST_NAME, NO_NAME, SAME_DAY, OTHER_DAY = 0.6, 0.4, 40, 40, -22


def likeness(
    theirs: tuple[str, str],
    born: date | None,
    last_name: str,
    first_name: str,
    birth_date: date | None,
) -> tuple[int, tuple[str, ...]]:
    """A score out of 100 and why: `theirs` is a last and a first name, `born` their birth date."""
    score = max(_names(theirs, (last_name, first_name)), _names(theirs, (first_name, last_name)))
    reasons = ["même nom" if score == 100 else "nom proche"] if score >= 50 else []
    if birth_date and born:
        if born == birth_date:
            reasons.append("même date de naissance")
            score = min(100, score + SAME_DAY)
        elif _nearly(born, birth_date):
            reasons.append("date de naissance voisine")
        else:
            score += OTHER_DAY
    return round(score), tuple(reasons)


def _names(theirs: tuple[str, str], ours: tuple[str, str]) -> float:
    last, first = (_word_likeness(a, b) for a, b in zip(theirs, ours, strict=True))
    if last is None and first is None:
        return NO_NAME
    if last is None or first is None:
        return 0.85 * (last or first or 0)
    return NAME * last + FIRST_NAME * first


def _word_likeness(a: str, b: str) -> float | None:
    """100 for the same name, less for a near one, 0 for another; None where one is unknown."""
    one, two = squash(a), squash(b)
    if not one or not two:
        return None
    if one == two:
        return 100
    if {w for w in words(a) if len(w) >= SHORTEST} & set(words(b)):
        return 95
    if sound(one) == sound(two) != "":
        return 92
    slips = 1 if min(len(one), len(two)) < 9 else 2
    if min(len(one), len(two)) > SHORTEST and OSA.distance(one, two) <= slips:
        return 88
    return 0


def _nearly(a: date, b: date) -> bool:
    """One of day, month and year differs, or day and month changed places: a slip of the hand."""
    same = (a.year == b.year) + (a.month == b.month) + (a.day == b.day)
    return same == 2 or (a.year == b.year and (a.day, a.month) == (b.month, b.day))
