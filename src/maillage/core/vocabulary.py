"""Dated code lists: a code keeps its meaning, its label and its use change with time."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from django.db.models import Q

from maillage.core.text import squash


@dataclass(frozen=True)
class Term:
    code: str
    label: str
    aliases: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None

    def is_valid_on(self, day: date) -> bool:
        starts, ends = self.valid_from or date.min, self.valid_until or date.max
        return starts <= day <= ends


class Vocabulary:
    """The terms of one code list, in the order in which they are shown and published."""

    def __init__(self, name: str, terms: Iterable[Term]):
        self.name = name
        self.terms = tuple(terms)
        self.codes = tuple(term.code for term in self.terms)
        self._by_code = {term.code: term for term in self.terms}
        if len(self._by_code) != len(self.terms):
            raise ValueError(f"{name}: a code stands twice")

    @classmethod
    def from_file(cls, path: Path) -> "Vocabulary":
        """Reads `[[term]]` tables of a TOML file; raises `TypeError` on a key that no term has."""
        with path.open("rb") as file:
            rows = tomllib.load(file)["term"]
        return cls(
            path.stem, (Term(**{**row, "aliases": tuple(row.get("aliases", ()))}) for row in rows)
        )

    @cached_property
    def _by_spelling(self) -> dict[str, str]:
        spellings: dict[str, str] = {}
        for term in self.terms:
            for text in (term.code, term.label, *term.aliases):
                if spellings.setdefault(squash(text), term.code) != term.code:
                    raise ValueError(f"{self.name}: « {text} » names two codes")
        return spellings

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def label(self, code: str) -> str:
        """The label of a known code; an unknown one raises `KeyError`."""
        return self._by_code[code].label

    def find(self, text: str) -> str | None:
        """The code meant by a code, label or alias, without case, accents, spaces, `_` and `-`."""
        return self._by_spelling.get(squash(text))

    def choices(self, on: date | None = None) -> list[tuple[str, str]]:
        """Pairs for a form: the terms in use on that day, or all that ever were."""
        return [(t.code, t.label) for t in self.terms if on is None or t.is_valid_on(on)]

    def known(self, field: str, *, or_empty: bool = False) -> Q:
        """The database condition « this column holds one of our codes »."""
        return Q(**{f"{field}__in": (*self.codes, "") if or_empty else self.codes})
