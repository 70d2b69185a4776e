"""Names are found without being readable in the database: blind indexes of their beginnings.

A name is found from three letters on, without case, accents, hyphens or order of first and last
name; a probable duplicate by the sound of the last name or by the birth date. Each owner has
a key of digests, so that those of two organisations, or of two sides, cannot be compared.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, reduce
from itertools import chain, islice
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from phonetic_fr import phonetic

from maillage.core.calendar import add_months, parse_french_date
from maillage.core.text import words
from maillage.core.vault import Owner, blind

SHORTEST, LONGEST = 3, 10
SHOWN = 50
SCOPE = "name"

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
    whose: Owner,
    last_name: str,
    first_name: str,
    birth_date: date | None,
    phone: str = "",
    alias: str = "",
) -> set[int]:
    """Every blind index under which one person is filed."""
    texts = {
        f"p:{part[:length]}"
        for part in spellings(last_name, first_name) | spellings(alias, "")
        for length in range(min(SHORTEST, len(part)), min(len(part), LONGEST) + 1)
    }
    texts |= {f"s:{each}" for each in sounds(last_name)}
    if words(last_name):
        texts |= {f"f:{each}" for each in first_name_sounds(first_name)}
    if birth_date:
        texts.add(f"b:{birth_date.isoformat()}")
    if number := phone_key(phone):
        texts.add(f"t:{number}")
    return {blind(text, SCOPE, whose) for text in texts}


def refile(keys: Any, wanted: set[int], **of: Any) -> None:
    """Leaves exactly these digests in the related `keys` of one person; `of` fills a new row."""
    kept = set(keys.values_list("digest", flat=True))
    if gone := kept - wanted:
        keys.filter(digest__in=gone).delete()
    file(keys, wanted - kept, **of)


def file(keys: Any, digests: set[int], **of: Any) -> None:
    """Adds these digests to the related `keys` of one person who is filed under none of them."""
    keys.bulk_create(keys.model(digest=digest, **of) for digest in digests)


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


@dataclass(frozen=True)
class Search:
    """A search among the rows that somebody may see, of one owner, filed under `name_keys`."""

    visible: QuerySet
    whose: Owner
    spelt: Callable[[Any], set[str]]

    def find(self, query: str) -> list[Any]:
        """Up to `SHOWN` + 1 people whose name, birth date, telephone number or reference is
        meant."""
        return list(islice(self._found(query.strip()), SHOWN + 1))

    def filed_under(self, texts: Iterable[str]) -> QuerySet:
        found = self.visible.order_by("-pk")
        for text in texts:
            found = found.filter(name_keys__digest=blind(text, SCOPE, self.whose))
        return found

    def _found(self, typed: str) -> Iterator[Any]:
        known: set[int] = set()
        for person in chain(self._by_number(typed), self._by_name(typed)):
            if person.pk not in known:
                known.add(person.pk)
                yield person

    def _by_number(self, typed: str) -> Iterator[Any]:
        if not any(sign.isdigit() for sign in typed):
            return
        spelt = (Q(reference__begins=one) for one in {typed, typed.lower(), typed.upper()})
        referenced = self.visible.filter(reduce(or_, spelt))
        yield from referenced.order_by("-pk")[: SHOWN + 1]
        if _TELEPHONE.fullmatch(typed) and (number := phone_key(typed)):
            yield from self.filed_under([f"t:{number}"])[: SHOWN + 1]

    def _by_name(self, typed: str) -> Iterator[Any]:
        day, rest = _birth_date(typed)
        for asked in _readings(words(rest)):
            long = [word[:LONGEST] for word in asked if len(word) >= SHORTEST]
            filed = [f"p:{word}" for word in long or asked if len(word) > 1]
            filed += [f"b:{day.isoformat()}"] if day else []
            if filed:
                rows = _in_turn(self.filed_under(filed))
                yield from (row for row in rows if self._is_meant(row, asked, day))

    def _is_meant(self, person: Any, asked: list[str], day: date | None) -> bool:
        parts = self.spelt(person)
        return (day is None or person.birth_date == day) and all(
            any(part.startswith(word) for part in parts) for word in asked
        )


def _in_turn(found: QuerySet) -> Iterator[Any]:
    """As many at a time as a page shows, newest first: a frequent name has thousands."""
    while rows := list(found[: SHOWN + 1]):
        yield from rows
        if len(rows) <= SHOWN:
            return
        found = found.filter(pk__lt=rows[-1].pk)


def resembling(
    keys: QuerySet,
    owner: str,
    whose: Owner,
    last_name: str,
    first_name: str,
    birth_date: date | None,
) -> QuerySet:
    """Keys of those whose likeness is worth computing: born that day, or alike in both names.

    Either name alone does not make a duplicate, but ten thousand people bear a frequent one. `keys`
    are the rows of digests and `owner` the column that says whose they are.
    """

    def filed(texts: Iterable[str]) -> QuerySet:
        return keys.filter(digest__in=[blind(text, SCOPE, whose) for text in texts])

    found = filed(
        [f"s:{each}" for each in sounds(last_name)]
        + [f"p:{w[:SHORTEST]}" for w in words(last_name or first_name) if len(w) >= SHORTEST]
    )
    if last_name and first_name:
        alike = [f"p:{w[:SHORTEST]}" for w in words(first_name)]
        alike += [f"f:{each}" for each in (*sounds(first_name), "")]
        found = found.filter(**{f"{owner}__in": filed(alike).values(owner)})
    found_keys = found.values(owner)
    if birth_date is None:
        return found_keys
    return found_keys.union(filed([f"b:{birth_date.isoformat()}"]).values(owner))


OWN_NAME = "own_name"  # the flag of a search that resembles the name of who asks


def told_of(query: str, *, by: Any) -> dict[str, Any]:
    """What the trail of reads keeps of a search: a blind digest, by which the same words asked
    again by the same person are known again and nothing else, and whether it resembles their own
    name."""
    asked = " ".join(sorted(words(query)))
    flag = OWN_NAME if resembles(query, by.user.name) else ""
    return {"digest": blind(asked, f"search:{by.user.pk}", by.vault_owner), "flag": flag}


def resembles(query: str, own_name: str) -> bool:
    """Whether a word that is searched sounds like one's own last name: « Prénom NOM », « NOM
    Prénom » where capitals tell it, else all words but the first."""
    typed = own_name.split()
    loud = [word for word in typed if len(word) > 1 and word.isupper()]
    last = loud if loud and len(loud) < len(typed) else typed[1:] or typed
    return bool(sounds(query) & sounds(" ".join(last)))
