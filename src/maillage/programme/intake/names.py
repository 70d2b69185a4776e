"""Names are found without being readable in the database: blind indexes of their beginnings.

A name is found from three letters on, without case, accents, hyphens or order of first and last
name; a probable duplicate by the sound of the last name or by the birth date. Each organisation has
its own key of digests, so that those of two branches cannot be compared.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from phonetic_fr import phonetic

from maillage.core.calendar import add_months, parse_french_date
from maillage.core.text import words
from maillage.core.vault import blind
from maillage.programme.intake.models import NameKey, Participant, owner

SHORTEST, LONGEST = 3, 10
OWN_NAME = "own_name"  # the flag of a search that resembles the name of who asks
SHOWN = 50
SCOPE = "name"
UNTOLD = ("town", "phone", "email", "language")  # sealed, and not told of whoever is found

PARTICLES = {
    *("d", "da", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du"),
    *("l", "la", "le", "les", "o", "mac", "mc", "san", "st", "ste", "ten", "van", "von"),
    *("abd", "abou", "ait", "al", "bel", "ben", "bou", "el"),
}
SPELT_OTHERWISE = (
    (re.compile(r"(aul[td]|aud|aut|eau|eaud|eault|au|ot|od)[sx]?$"), "o"),  # Thibault, Thibaud
    (re.compile(r"bv"), "v"),  # Lefebvre, Lefèvre
    (re.compile(r"(?<!e)[dtsxz]+$"), ""),  # Dupont, Dupond, Dupons; but Martin, Martinez
)


def _runs(text: str) -> set[str]:
    """Each word of a name, and each run of its words written as one: La Tour, Latour."""
    parts = words(text)
    bounds = range(len(parts) + 1)
    return {"".join(parts[start:end]) for start in bounds for end in bounds if start < end}


def spellings(last_name: str, first_name: str) -> set[str]:
    """The words by which a name may be typed."""
    return _runs(last_name) | _runs(first_name)


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    plain = word
    for pattern, sounded in SPELT_OTHERWISE:
        plain = pattern.sub(sounded, plain)
    return phonetic(plain or word)


def sounds(last_name: str) -> set[str]:
    """Phonetic keys of the words of a last name, by French ears."""
    return {sound(w) for w in words(last_name) if len(w) >= SHORTEST} - {""}


def first_name_sounds(first_name: str) -> set[str]:
    """The same of a first name; where there is none, one key that says so."""
    return sounds(first_name) if words(first_name) else {""}


def phone_key(typed: str) -> str:
    """The last nine digits, the same under « 06… » and « +336… »; nothing for a shorter number."""
    number = "".join(sign for sign in typed if sign.isdigit())
    return number[-9:] if len(number) >= 9 else ""


def digests(
    organisation_id: int,
    last_name: str,
    first_name: str,
    birth_date: date | None,
    phone: str = "",
) -> set[int]:
    """Every blind index under which one participant is filed."""
    texts = {
        f"p:{part[:length]}"
        for part in spellings(last_name, first_name)
        for length in range(min(SHORTEST, len(part)), min(len(part), LONGEST) + 1)
    }
    texts |= {f"s:{each}" for each in sounds(last_name)}
    if words(last_name):
        texts |= {f"f:{each}" for each in first_name_sounds(first_name)}
    if birth_date:
        texts.add(f"b:{birth_date.isoformat()}")
    if number := phone_key(phone):
        texts.add(f"t:{number}")
    whose = owner(organisation_id)
    return {blind(text, SCOPE, whose) for text in texts}


def index(participant: Participant) -> None:
    """Files a participant anew under their present name, birth date and telephone number."""
    wanted = digests(
        participant.organisation_id,
        participant.last_name,
        participant.first_name,
        participant.birth_date,
        participant.phone,
    )
    kept = set(participant.name_keys.values_list("digest", flat=True))
    if gone := kept - wanted:
        participant.name_keys.filter(digest__in=gone).delete()
    NameKey.objects.bulk_create(
        NameKey(participant=participant, digest=digest) for digest in wanted - kept
    )


_DAY = re.compile(
    r"\b(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[\s/.-]+\d{1,2}[\s/.-]+(?:\d{4}|\d{2})"
    r"|\d{1,2}(?:er)?\s+[^\W\d]+\.?\s+\d{4}|\d{8})\b"
)


_TELEPHONE = re.compile(r"[+\d\s().-]+")


def _birth_date(query: str) -> tuple[date | None, str]:
    """The day named in a query, never one to come, and the rest of it."""
    for match in _DAY.finditer(query):
        today = timezone.localdate()
        try:
            day = parse_french_date(match[0], today)
        except ValueError:
            continue
        if day and day > today:
            day = add_months(day, -1200)
        return day, query[: match.start()] + " " + query[match.end() :]
    return None, query


def guess(query: str) -> dict[str, Any]:
    """How what was searched fills a new form: capitals are the last name, else the first word."""
    if _TELEPHONE.fullmatch(query) and phone_key(query):
        return {"phone": query.strip()}
    day, rest = _birth_date(query)
    typed = [word for word in rest.split() if not any(sign.isdigit() for sign in word)]
    loud = [word for word in typed if len(word) > 1 and word.isupper()]
    last = loud if loud and len(loud) < len(typed) else typed[:1]
    first = [word for word in typed if word not in last]
    return {"last_name": " ".join(last), "first_name": " ".join(first), "birth_date": day}


def _readings(asked: list[str]) -> list[list[str]]:
    """The words as typed, then with each particle joined to what follows: le fevre, lefevre."""
    joined: list[str] = []
    held = ""
    for word in asked:
        held += word
        if word not in PARTICLES:
            joined.append(held)
            held = ""
    joined += [held] if held else []
    return [asked] if joined == asked else [asked, joined]


def _filed_under(texts: list[str], by) -> QuerySet[Participant]:
    found = Participant.objects.visible_to(by).order_by("-pk").defer(*UNTOLD)
    for text in texts:
        digest = blind(text, SCOPE, owner(by.organisation_id))
        found = found.filter(name_keys__digest=digest)
    return found


def digest_of_search(query: str, *, by) -> int:
    """By which the same words, asked again by the same person, are known again and nothing else."""
    asked = " ".join(sorted(words(query)))
    return blind(asked, f"search:{by.user.pk}", by.vault_owner)


def resembles(query: str, own_name: str) -> bool:
    """Whether a word that is searched sounds like one's own last name: « Prénom NOM », « NOM
    Prénom » where capitals tell it, else all words but the first."""
    typed = own_name.split()
    loud = [word for word in typed if len(word) > 1 and word.isupper()]
    last = loud if loud and len(loud) < len(typed) else typed[1:] or typed
    return bool(sounds(query) & sounds(" ".join(last)))


def search(query: str, *, by) -> list[Participant]:
    """Up to `SHOWN` + 1 visible participants whose name, birth date, telephone number or reference
    is meant."""
    return list(islice(_found(query.strip(), by), SHOWN + 1))


def _found(typed: str, by) -> Iterator[Participant]:
    known: set[int] = set()
    for participant in chain(_by_number(typed, by), _by_name(typed, by)):
        if participant.pk not in known:
            known.add(participant.pk)
            yield participant


def _by_number(typed: str, by) -> Iterator[Participant]:
    if not any(sign.isdigit() for sign in typed):
        return
    visible = Participant.objects.visible_to(by).defer(*UNTOLD)
    referenced = visible.filter(reference__istartswith=typed)
    yield from referenced.order_by("-pk")[: SHOWN + 1]
    if _TELEPHONE.fullmatch(typed) and (number := phone_key(typed)):
        yield from _filed_under([f"t:{number}"], by)[: SHOWN + 1]


def _by_name(typed: str, by) -> Iterator[Participant]:
    day, rest = _birth_date(typed)
    for asked in _readings(words(rest)):
        long = [word[:LONGEST] for word in asked if len(word) >= SHORTEST]
        filed = [f"p:{word}" for word in long or asked if len(word) > 1]
        filed += [f"b:{day.isoformat()}"] if day else []
        if filed:
            rows = _in_turn(_filed_under(filed, by))
            yield from (row for row in rows if _is_meant(row, asked, day))


def _in_turn(found: QuerySet[Participant]) -> Iterator[Participant]:
    """As many at a time as a page shows, newest first: a frequent name has thousands."""
    while rows := list(found[: SHOWN + 1]):
        yield from rows
        if len(rows) <= SHOWN:
            return
        found = found.filter(pk__lt=rows[-1].pk)


def _is_meant(participant: Participant, asked: list[str], day: date | None) -> bool:
    parts = spellings(participant.last_name, participant.first_name)
    return (day is None or participant.birth_date == day) and all(
        any(part.startswith(word) for part in parts) for word in asked
    )
