"""A branch's classes are a dated file, checked when it is read, never code (R9, I56, I67)."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from maillage.core.vocabulary import Vocabulary
from maillage.network.vocabularies import (
    EMPLOYMENTS,
    EXIT_REASONS,
    MARITAL_STATUSES,
    REFERRER_CATEGORIES,
    RESOURCES,
)
from maillage.observatory.french import typeset

OWN_GRIDS = Path(__file__).parent
ANY_REFERRER = "*"
GROUPED = {
    "prescribers": REFERRER_CATEGORIES,
    "employment": EMPLOYMENTS,
    "marital_status": MARITAL_STATUSES,
    "resources": RESOURCES,
    "exit_reason": EXIT_REASONS,
}
NOT_KNOWN = "non_precise"
EXTRA_TABLES = (
    "referrals-by-module",
    "stage-referrals-by-prescriber",
    "referrals-by-sex",
    "referrals-by-age",
    "referrals-by-employment",
    "referrals-by-marital-status",
)
_KEYS = {
    "id": str,
    "title": str,
    "valid_from": date,
    "valid_until": date,
    "non_response_threshold": float,
    "age_class": list,
    "extra_tables": list,
    **dict.fromkeys(GROUPED, list),
}
_MUST = ("id", "title", "valid_from", "non_response_threshold", "age_class", "prescribers")


_FORMS = {
    "code": str,
    "label": str,
    "min": int,
    "max": int,
    "unknown": bool,
    "codes": list,
    "referrers": list,
}
_Entry = TypeVar("_Entry", "AgeClass", "Group")


class GridError(Exception):
    """A grid that does not exist, says something false or does not hold for the year."""


@dataclass(frozen=True, slots=True)
class AgeClass:
    """From `min` to `max` full years, both included; `unknown` takes those without a birth date."""

    code: str
    label: str
    min: int | None = None
    max: int | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """With `referrers`, what these organisations sent (`*`: any known one); without, the rest."""

    code: str
    label: str
    codes: tuple[str, ...]
    referrers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grid:
    id: str
    title: str
    valid_from: date
    valid_until: date | None
    non_response_threshold: float
    age_classes: tuple[AgeClass, ...]
    groups: dict[str, tuple[Group, ...]]
    extra_tables: tuple[str, ...]

    @property
    def age_unknown(self) -> str:
        return next(one.code for one in self.age_classes if one.unknown)

    def not_known(self, name: str) -> str:
        """The code under which a grouping counts the people of whom it was not recorded."""
        return next(group.code for group in self.groups[name] if NOT_KNOWN in group.codes)

    def holds_for(self, year: int) -> bool:
        ends = self.valid_until or date.max
        return self.valid_from <= date(year, 1, 1) and date(year, 12, 31) <= ends

    def require(self, year: int) -> None:
        """Raises `GridError`: a year is computed with the classes of that year."""
        if not self.holds_for(year):
            until = f" et jusqu’au {self.valid_until:%d/%m/%Y}" if self.valid_until else ""
            raise GridError(
                typeset(
                    f"La grille « {self.id} » vaut à partir du {self.valid_from:%d/%m/%Y}{until} :"
                    f" elle ne peut pas servir pour {year}."
                )
            )


def load_grid(grid_id: str, extra_dir: Path | None = None) -> Grid:
    """The grid of that name in `extra_dir`, else among our own."""
    for folder in filter(None, (extra_dir, OWN_GRIDS)):
        path = folder / f"{grid_id}.toml"
        if path.parent == folder and path.is_file():
            return read_grid(path)
    raise GridError(typeset(f"Aucune grille ne s’appelle « {grid_id} »."))


def read_grid(path: Path) -> Grid:
    """Raises `GridError` naming the file and the code at fault."""
    try:
        return _read(path)
    except (GridError, tomllib.TOMLDecodeError) as fault:
        raise GridError(typeset(f"{path.name} : {fault}")) from fault


def _read(path: Path) -> Grid:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    for key, value in raw.items():
        if key not in _KEYS:
            raise GridError(f"« {key} » n’est pas une clé d’une grille")
        if not isinstance(value, _KEYS[key]):
            raise GridError(f"« {key} » n’a pas la forme attendue")
    for key in _MUST:
        if key not in raw:
            raise GridError(f"« {key} » manque")
    if raw["id"] != path.stem:
        raise GridError(f"« id » vaut « {raw['id']} », le fichier dit « {path.stem} »")
    if not 0 <= raw["non_response_threshold"] < 1:
        raise GridError("« non_response_threshold » est une part, entre 0 et 1")
    extra_tables = tuple(raw.get("extra_tables", ()))
    for name in extra_tables:
        if name not in EXTRA_TABLES:
            raise GridError(f"extra_tables : aucun tableau ne s’appelle « {name} »")
    _refuse_twice("extra_tables", extra_tables)
    return Grid(
        id=raw["id"],
        title=raw["title"],
        valid_from=raw["valid_from"],
        valid_until=raw.get("valid_until"),
        non_response_threshold=raw["non_response_threshold"],
        age_classes=_age_classes(raw["age_class"]),
        groups={
            name: _groups(name, raw[name], vocabulary) if name in raw else _one_each(vocabulary)
            for name, vocabulary in GROUPED.items()
        },
        extra_tables=extra_tables,
    )


def _one_each(vocabulary: Vocabulary) -> tuple[Group, ...]:
    return tuple(Group(term.code, term.label, (term.code,)) for term in vocabulary.terms)


def _groups(name: str, raw: list, vocabulary: Vocabulary) -> tuple[Group, ...]:
    groups = tuple(_entry(name, Group, line) for line in raw)
    _refuse_twice(name, (group.code for group in groups))
    if name != "prescribers" and any(group.referrers for group in groups):
        raise GridError(f"{name} : seuls les prescripteurs se séparent par « referrers »")
    for group in groups:
        for code in group.codes:
            if code not in vocabulary:
                raise GridError(f"{name} : « {code} » n’est pas un code connu")
    _refuse_twice(
        name,
        (
            f"{code} ({referrer})" if referrer else code
            for group in groups
            for code in group.codes
            for referrer in (group.referrers or ("",))
        ),
    )
    for group in groups:
        if NOT_KNOWN in group.codes and group.codes != (NOT_KNOWN,):
            raise GridError(f"{name} : « {NOT_KNOWN} » se compte seul, pas dans « {group.code} »")
    covered = {code for group in groups if not group.referrers for code in group.codes}
    for code in vocabulary.codes:
        if code not in covered:
            raise GridError(f"{name} : le code « {code} » n’est dans aucun groupe")
    return groups


def _age_classes(raw: list) -> tuple[AgeClass, ...]:
    classes = tuple(_entry("age_class", AgeClass, line) for line in raw)
    _refuse_twice("age_class", (one.code for one in classes))
    unknown = [one for one in classes if one.unknown]
    if len(unknown) != 1 or unknown[0].min is not None or unknown[0].max is not None:
        raise GridError("age_class : une classe et une seule, sans bornes, dit « unknown = true »")
    expected: int | None = 0
    for one in sorted((c for c in classes if not c.unknown), key=lambda c: c.min or 0):
        if expected is None or (one.min or 0) != expected:
            after = "aucune autre" if expected is None else f"{expected} ans"
            raise GridError(
                f"age_class : « {one.code} » commence à {one.min or 0} ans, on attendait {after}"
            )
        if one.max is not None and one.max < expected:
            raise GridError(f"age_class : « {one.code} » finit avant de commencer")
        expected = None if one.max is None else one.max + 1
    if expected is not None:
        raise GridError(f"age_class : aucune classe à partir de {expected} ans")
    return classes


def _entry(name: str, kind: type[_Entry], line: object) -> _Entry:
    shape = {field.name: field for field in fields(kind)}
    if not isinstance(line, dict) or not {"code", "label"} <= line.keys():
        raise GridError(f"{name} : chaque classe a un « code » et un « label »")
    for key, value in line.items():
        if key not in shape or not isinstance(value, _FORMS[key]):
            raise GridError(f"{name} : « {line['code']} » a une clé « {key} » mal écrite")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in line.items()}
    try:
        return kind(**values)
    except TypeError as fault:
        raise GridError(f"{name} : « {line['code']} » n’a pas de « codes »") from fault


def _refuse_twice(name: str, codes: Iterable[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise GridError(f"{name} : « {code} » figure deux fois")
        seen.add(code)
