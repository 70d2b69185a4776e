"""Who may be the person being registered: told before a second file is made of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from rapidfuzz.distance import OSA

from maillage.core.text import squash, words
from maillage.core.vault import blind
from maillage.programme.intake.models import NameKey, Participant, owner
from maillage.programme.intake.names import SCOPE, SHORTEST, sound, sounds

SHOWN = 10
COMPARED = 300  # newest first, where a name typed alone is frequent
LIKELY = 78  # out of 100: weights set on the pairs of tests/test_duplicates.py
NAME, FIRST_NAME, NO_NAME, SAME_DAY, OTHER_DAY = 0.6, 0.4, 40, 40, -22


@dataclass(frozen=True)
class Likeness:
    """A participant who may be the person being registered, and why one may think so."""

    participant: Participant
    score: int
    reasons: tuple[str, ...]


def probable_duplicates(
    *, by, last_name: str, first_name: str, birth_date: date | None, but: int = 0
) -> list[Likeness]:
    """Visible participants who may be the same person, likeliest first, own branch only."""
    candidates = (
        Participant.objects.visible_to(by)
        .filter(pk__in=_resembling(by.organisation_id, last_name, first_name, birth_date))
        .exclude(pk=but)
        .defer("phone", "email", "language", "town")
        .order_by("-pk")[:COMPARED]
    )
    likely = (_likeness(p, last_name, first_name, birth_date) for p in candidates)
    return sorted(
        (each for each in likely if each.score >= LIKELY),
        key=lambda each: (-each.score, -each.participant.pk),
    )[:SHOWN]


def _resembling(
    organisation_id: int, last_name: str, first_name: str, birth_date: date | None
) -> QuerySet:
    """Keys of those whose likeness is worth computing: born that day, or alike in both names.

    Either name alone does not make a duplicate, but ten thousand people bear a frequent one.
    """

    def filed(texts: Iterable[str]) -> QuerySet[NameKey]:
        whose = owner(organisation_id)
        return NameKey.objects.filter(digest__in=[blind(text, SCOPE, whose) for text in texts])

    found = filed(
        [f"s:{each}" for each in sounds(last_name)]
        + [f"p:{w[:SHORTEST]}" for w in words(last_name or first_name) if len(w) >= SHORTEST]
    )
    if last_name and first_name:
        alike = [f"p:{w[:SHORTEST]}" for w in words(first_name)]
        alike += [f"f:{each}" for each in (*sounds(first_name), "")]
        found = found.filter(participant__in=filed(alike).values("participant"))
    keys = found.values("participant")
    if birth_date is None:
        return keys
    return keys.union(filed([f"b:{birth_date.isoformat()}"]).values("participant"))


def _likeness(
    participant: Participant, last_name: str, first_name: str, birth_date: date | None
) -> Likeness:
    theirs = participant.last_name, participant.first_name
    score = max(_names(theirs, (last_name, first_name)), _names(theirs, (first_name, last_name)))
    reasons = ["même nom" if score == 100 else "nom proche"] if score >= 50 else []
    if birth_date and participant.birth_date:
        if participant.birth_date == birth_date:
            reasons.append("même date de naissance")
            score = min(100, score + SAME_DAY)
        elif _nearly(participant.birth_date, birth_date):
            reasons.append("date de naissance voisine")
        else:
            score += OTHER_DAY
    return Likeness(participant, round(score), tuple(reasons))


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
