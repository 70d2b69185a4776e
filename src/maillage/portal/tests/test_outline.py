"""The map of our own: places stand where they are, and nothing is asked of anybody."""

import re

import pytest

from maillage.portal import places
from maillage.portal.outline import draw, outlines, project


def is_inside(x: float, y: float, path: str) -> bool:
    """By the crossings of a line from the point to the right."""
    inside = False
    for part in path.split("z"):
        points = [tuple(map(float, p.split())) for p in re.findall(r"[ML]([\d.]+ [\d.]+)", part)]
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


@pytest.mark.parametrize(
    "code",
    ["34032", "34172", "30189", "11069", "48095", "66136", "59392", "75056", "69123", "31555"],
)
def test_a_commune_stands_in_the_outline_of_its_department(code):
    commune = places.commune(code)

    x, y = project(commune.latitude, commune.longitude)
    assert is_inside(x, y, outlines()[commune.department].path)


def test_most_communes_of_some_size_stand_in_their_department():
    known = [c for c in places.every_one() if c.population > 5000 and c.department in outlines()]
    right = sum(
        is_inside(*project(c.latitude, c.longitude), outlines()[c.department].path) for c in known
    )

    assert right / len(known) > 0.95


def test_the_window_holds_every_point_and_what_is_near():
    beziers, agde = places.commune("34032"), places.commune("34003")
    here = beziers.latitude, beziers.longitude

    drawn = draw(here, [(agde.latitude, agde.longitude, 1)], "34")

    left, top, width, height = map(float, drawn.window.split())
    [(x, y, _, rank)] = drawn.points
    assert rank == 1
    assert left < float(x) < left + width
    assert top < float(y) < top + height
    assert {"34", "11"} <= {each.code for each in drawn.outlines}
    assert len(drawn.outlines) <= 16


def test_overseas_has_no_outline_yet_and_says_so_by_having_no_map():
    assert draw((-20.9, 55.5), [], "974") is None
