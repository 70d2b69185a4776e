"""Names are found without being readable in the database: blind indexes of their beginnings.

A name is found from three letters on, without case, accents, hyphens or order of first and last
name; a probable duplicate by the sound of the last name or by the birth date. Digests are bound to
one organisation, so that those of two branches cannot be compared.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from phonetic_fr import phonetic
from rapidfuzz import fuzz

from maillage.core.text import squash, words
from maillage.core.vault import blind
from maillage.programme.intake.models import NameKey, Participant

SHORTEST, LONGEST = 3, 10
SHOWN = 50
LIKELY = 78


def spellings(last_name: str, first_name: str) -> set[str]:
    """The words by which a name may be typed: each of its words, and each name run together."""
    parts = {*words(last_name), *words(first_name), squash(last_name), squash(first_name)}
    return parts - {""}


SPELT_OTHERWISE = (
    (re.compile(r"(aul[td]|aud|aut|eau|eaud|eault|au|ot|od)[sx]?$"), "o"),  # Thibault, Thibaud
    (re.compile(r"bv"), "v"),  # Lefebvre, Lefèvre
    (re.compile(r"[dtsxz]+$"), ""),  # Dupont, Dupond, Dupons
)


@lru_cache(maxsize=20_000)
def _sound(word: str) -> str:
    plain = word
    for pattern, sounded in SPELT_OTHERWISE:
        plain = pattern.sub(sounded, plain)
    return phonetic(plain or word)


def sounds(last_name: str) -> set[str]:
    """Phonetic keys of the words of a last name, by French ears."""
    return {_sound(w) for w in words(last_name) if len(w) >= SHORTEST} - {""}


def digests(
    organisation_id: int, last_name: str, first_name: str, birth_date: date | None
) -> set[int]:
    """Every blind index under which one participant is filed."""
    texts = {
        f"p:{part[:length]}"
        for part in spellings(last_name, first_name)
        for length in range(min(SHORTEST, len(part)), min(len(part), LONGEST) + 1)
    }
    texts |= {f"s:{sound}" for sound in sounds(last_name)}
    if birth_date:
        texts.add(f"b:{birth_date.isoformat()}")
    scope = f"name:{organisation_id}"
    return {blind(text, scope) for text in texts}


def index(participant: Participant) -> None:
    """Files a participant anew under their present name and birth date."""
    wanted = digests(
        participant.organisation_id,
        participant.last_name,
        participant.first_name,
        participant.birth_date,
    )
    kept = set(participant.name_keys.values_list("digest", flat=True))
    if gone := kept - wanted:
        participant.name_keys.filter(digest__in=gone).delete()
    NameKey.objects.bulk_create(
        NameKey(participant=participant, digest=digest) for digest in wanted - kept
    )


def _filed_under(participants, organisation_id: int, texts: Iterable[str]):
    scope = f"name:{organisation_id}"
    for text in texts:
        participants = participants.filter(name_keys__digest=blind(text, scope))
    return participants


def search(query: str, *, by) -> list[Participant]:
    """Up to `SHOWN` + 1 visible participants whose name, birth date or reference is meant."""
    visible = Participant.objects.visible_to(by)
    found = list(visible.filter(reference__iexact=query.strip())[:SHOWN])
    asked = words(query)
    long = [word[:LONGEST] for word in asked if len(word) >= SHORTEST and not word.isdigit()]
    if long:
        named = _filed_under(visible, by.organisation_id, [f"p:{word}" for word in long])
        found += [
            p for p in named.order_by("-pk")[: SHOWN + 1] if p not in found and _is_meant(p, asked)
        ]
    return found[: SHOWN + 1]


def _is_meant(participant: Participant, asked: list[str]) -> bool:
    parts = spellings(participant.last_name, participant.first_name)
    return all(any(part.startswith(word) for part in parts) for word in asked)


def born_on(day: date, *, by) -> list[Participant]:
    """Visible participants born that day."""
    visible = Participant.objects.visible_to(by)
    return list(_filed_under(visible, by.organisation_id, [f"b:{day.isoformat()}"])[: SHOWN + 1])


@dataclass(frozen=True)
class Likeness:
    """A participant who may be the person being registered, and why one may think so."""

    participant: Participant
    score: int
    reasons: tuple[str, ...]


def probable_duplicates(
    *, by, last_name: str, first_name: str, birth_date: date | None, but: int | None = None
) -> list[Likeness]:
    """Visible participants who may be the same person, likeliest first, own branch only."""
    scope = f"name:{by.organisation_id}"
    texts = [f"s:{sound}" for sound in sounds(last_name)]
    texts += [f"p:{word[:4]}" for word in words(last_name) if len(word) >= SHORTEST]
    if birth_date:
        texts.append(f"b:{birth_date.isoformat()}")
    candidates = (
        Participant.objects.visible_to(by)
        .filter(name_keys__digest__in=[blind(text, scope) for text in texts])
        .exclude(pk=but)
        .distinct()[:500]
    )
    likely = (_likeness(p, last_name, first_name, birth_date) for p in candidates)
    return sorted((x for x in likely if x.score >= LIKELY), key=lambda x: -x.score)[:10]


def _likeness(
    participant: Participant, last_name: str, first_name: str, birth_date: date | None
) -> Likeness:
    theirs = " ".join(sorted(spellings(participant.last_name, participant.first_name)))
    ours = " ".join(sorted(spellings(last_name, first_name)))
    score = round(fuzz.token_sort_ratio(theirs, ours))
    reasons = []
    if score == 100:
        reasons.append("même nom")
    elif score >= LIKELY:
        reasons.append("nom proche")
    if birth_date and participant.birth_date == birth_date:
        reasons.append("même date de naissance")
        score = min(100, score + 30)
    elif birth_date and participant.birth_date:
        score -= 15
    return Likeness(participant, score, tuple(reasons))
