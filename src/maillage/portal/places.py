"""The communes of France: found as people type them, and roughly where they are.

A package of open data is read once and kept small in the data folder: the communes with their
postcodes (INSEE, La Poste). Each stands at its town hall (`outline.py`); one of another year than
the outlines stands where its postcode, else its intercommunality, else its department has its
middle: enough to rank places, never to find a house.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, radians
from pathlib import Path

from django.conf import settings
from rapidfuzz import fuzz, process

from maillage.core.text import words
from maillage.portal.outline import outlines

SHOWN = 8
_LIKENESS = 82
_SAINT = {"st": "saint", "ste": "sainte"}
_MADE_BY = 2  # a file of another making is made again


@dataclass(frozen=True, slots=True)
class Commune:
    code: str
    name: str
    postcodes: tuple[str, ...]
    department: str
    population: int
    latitude: float
    longitude: float

    @property
    def label(self) -> str:
        return f"{self.name} ({self.postcodes[0] if self.postcodes else self.department})"


Index = dict[str, list[str]]
Point = tuple[float, float]


def distance(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Kilometres between two points of the same country, as the crow flies."""
    middle = radians((latitude + to_latitude) / 2)
    return 111.2 * hypot(to_latitude - latitude, (to_longitude - longitude) * cos(middle))


def commune(code: str) -> Commune | None:
    return _territory()[0].get(code)


def every_one() -> list[Commune]:
    return list(_territory()[0].values())


def find(typed: str, count: int = SHOWN) -> list[Commune]:
    """The communes of a postcode, or of a name without regard to accents, case and slips."""
    by_code, by_postcode, by_name, _ = _territory()
    digits = "".join(typed.split())
    if digits.isdigit():
        return _largest((by_code[code] for code in by_postcode.get(digits, ())), count)
    key = _key(typed)
    exact = _largest((by_code[code] for code in by_name.get(key, ())), count)
    begun = [
        by_code[code]
        for name, codes in by_name.items()
        if len(key) > 2 and name.startswith(key) and name != key
        for code in codes
    ]
    if exact or begun or not key:
        return (exact + _largest(begun, count))[:count]
    like = process.extract(
        key, by_name.keys(), scorer=fuzz.ratio, score_cutoff=_LIKENESS, limit=count
    )
    best = max((score for _, score, _ in like), default=0)
    near = [code for name, score, _ in like if score > best - 4 for code in by_name[name]]
    return _largest((by_code[code] for code in near), count)


def the_one(typed: str) -> Commune | None:
    """The commune that is meant beyond doubt: alone, or named in full and larger than the others
    that begin so. « Paris » is; « Lézignan » may be Lézignan-Corbières."""
    found = find(typed)
    if len(found) == 1:
        return found[0]
    exact = [each for each in found if _key(each.name) == _key(typed)]
    largest = max(found, key=lambda each: each.population, default=None)
    return largest if len(exact) == 1 and exact[0] == largest else None


def middle_of(department: str) -> Point | None:
    """Where a department has its middle: all that a protected place tells of where it is."""
    return _territory()[3].get(department)


def named(name: str, department: str | None = None) -> Commune | None:
    """The commune of this exact name, the largest of them where no department is told."""
    by_code, _, by_name, _ = _territory()
    found = [by_code[code] for code in by_name.get(_key(name), ())]
    found = [each for each in found if department in (None, each.department)]
    return max(found, key=lambda each: each.population, default=None)


def _key(name: str) -> str:
    return "".join(_SAINT.get(word, word) for word in words(name))


def _largest(found: Iterable[Commune], count: int) -> list[Commune]:
    return sorted(found, key=lambda each: (-each.population, each.name))[:count]


@lru_cache(maxsize=1)
def _territory() -> tuple[dict[str, Commune], Index, Index, dict[str, Point]]:
    by_code = {
        code: Commune(code, name, tuple(posts), department, population, *where)
        for code, name, posts, department, population, *where in _prepared()
    }
    by_postcode, by_name = defaultdict(list), defaultdict(list)
    of_department = defaultdict(list)
    for each in by_code.values():
        by_name[_key(each.name)].append(each.code)
        of_department[each.department].append((each.latitude, each.longitude))
        for postcode in each.postcodes:
            by_postcode[postcode].append(each.code)
    middles = {department: _mean(points) for department, points in of_department.items()}
    return by_code, dict(by_postcode), dict(by_name), middles


def _prepared() -> list[list]:
    """The rows kept in the data folder; made from the packages where there are none yet."""
    path = Path(settings.DATA_DIR) / f"communes-{_MADE_BY}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(make(settings.OPEN_DATA_DIR), ensure_ascii=False))
        draft.replace(path)
    return json.loads(path.read_text())


def make(packages: Path) -> list[list]:
    """One row a commune: code, name, postcodes, department, population, latitude, longitude."""
    folder = packages / "@etalab/decoupage-administratif/data"
    given = json.loads((folder / "communes.json").read_text())
    communes = [c for c in given if c["type"] == "commune-actuelle" and c.get("departement")]
    known = {code: each.middle for of in outlines()[1].values() for code, each in of.items()}
    group_of = {
        member["code"]: group["code"]
        for group in json.loads((folder / "epci.json").read_text())
        for member in group["membres"]
    }
    where: dict[str, Point] = {}
    around: dict[str, list[Point]] = defaultdict(list)
    for each in communes:
        if point := known.get(each["code"]):
            where[each["code"]] = point
            for area in _areas(each, group_of):
                around[area].append(point)
    middles = {area: _mean(points) for area, points in around.items()}
    rows = []
    for each in communes:
        nearby = (middles.get(area) for area in _areas(each, group_of))
        middle = next((middle for middle in nearby if middle), None)
        if point := where.get(each["code"]) or middle:
            told = [each["code"], each["nom"], each.get("codesPostaux", []), each["departement"]]
            rows.append([*told, each.get("population", 0), *point])
    return rows


def _areas(given: dict, group_of: dict[str, str]) -> list[str]:
    """What a commune belongs to, the smallest first."""
    areas = [f"post {post}" for post in given.get("codesPostaux", [])]
    if given["code"] in group_of:
        areas.append(f"group {group_of[given['code']]}")
    return [*areas, f"department {given['departement']}"]


def _mean(points: list[Point]) -> Point:
    latitudes, longitudes = zip(*points, strict=True)
    return round(sum(latitudes) / len(points), 3), round(sum(longitudes) / len(points), 3)
