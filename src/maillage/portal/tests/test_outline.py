"""The map of our own: places stand where they are, and nothing is asked of anybody."""

from itertools import combinations
from math import cos, dist, radians

import pytest

from maillage.portal import places
from maillage.portal.outline import UNITS, draw, outlines, rings


def is_inside(latitude: float, longitude: float, path: str) -> bool:
    """By the crossings of a line from the point to the right."""
    x, y, inside = longitude * UNITS, -latitude * UNITS, False
    for points in rings(path):
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


TOWNS = "34032 34172 30189 11069 48095 66136 59392 75056 69123 31555 97209 97411 97302 97105 97608"


@pytest.mark.parametrize("code", TOWNS.split())
def test_a_town_hall_stands_in_its_commune_and_in_its_department(code):
    commune = places.commune(code)
    departments, communes = outlines()

    at = commune.latitude, commune.longitude
    assert is_inside(*at, communes[commune.department][code].path)
    assert is_inside(*at, departments[commune.department].path)
    assert not is_inside(*at, communes["34"]["34003"].path)


def test_nearly_every_commune_has_its_outline_and_its_own_point():
    """Thinning leaves out a town hall at the very edge; a commune of another year has none."""
    known, (_, communes) = places.every_one(), outlines()
    drawn = [c for c in known if c.code in communes.get(c.department, {})]
    right = sum(
        is_inside(c.latitude, c.longitude, communes[c.department][c.code].path) for c in drawn
    )

    assert len(drawn) / len(known) > 0.99
    assert right / len(drawn) > 0.99


def test_every_department_of_the_republic_is_drawn():
    assert set(outlines()[0]) == {
        *(f"{n:02}" for n in range(1, 96) if n != 20),
        *("2A", "2B", "971", "972", "973", "974", "976"),
    }


def test_the_box_of_an_outline_holds_its_points():
    departments, communes = outlines()
    for each in [*departments.values(), *communes["34"].values(), *communes["972"].values()]:
        west, north, east, south = each.box
        for x, y in (point for ring in rings(each.path) for point in ring):
            assert west - 1 <= x <= east + 1
            assert north - 1 <= y <= south + 1


def test_the_window_holds_every_point_and_what_is_near():
    beziers, agde = places.commune("34032"), places.commune("34003")
    here = beziers.latitude, beziers.longitude

    drawn = draw("34032", here, [(agde.latitude, agde.longitude, 1)], "34")

    left, top, width, height = map(float, drawn.window.split())
    [(x, y, _, rank)] = drawn.points
    departments, communes = outlines()
    assert rank == 1
    assert left < float(x) < left + width
    assert top < float(y) < top + height
    assert departments["34"].path in drawn.departments
    assert departments["11"].path in drawn.departments
    assert departments["59"].path not in drawn.departments
    assert communes["34"]["34003"].path in drawn.communes
    assert communes["34"]["34172"].path not in drawn.communes
    assert drawn.asked == communes["34"]["34032"].path


def test_a_window_too_wide_for_communes_draws_the_one_that_is_asked_alone():
    drawn = draw("34032", (43.344, 3.216), [(43.6, 3.9, 1), (45.0, 3.9, 2)], "34")

    assert drawn.communes == ""
    assert drawn.asked == outlines()[1]["34"]["34032"].path


def test_a_kilometre_is_as_long_from_west_to_east_as_from_north_to_south():
    north, east = (51.0 + 9 / 111.2, 2.0), (51.0, 2.0 + 9 / 111.2 / cos(radians(51.0)))

    drawn = draw("59183", (51.0, 2.0), [(*north, 1), (*east, 2)], "59")

    [(x0, y0), (x1, y1, *_), (x2, y2, *_)] = [drawn.here, *drawn.points]
    assert float(y0) - float(y1) == pytest.approx(float(x2) - float(x0), abs=0.3)
    assert float(x1) == float(x0)
    assert float(y2) == float(y0)


def test_places_of_one_town_stand_around_it_each_with_its_number_in_sight():
    here = (43.344, 3.216)

    drawn = draw("34032", here, [(*here, rank) for rank in (1, 2, 3, 4)], "34")

    spots = [(float(x), float(y)) for x, y, *_ in drawn.points] + [tuple(map(float, drawn.here))]
    apart = [dist(a, b) for a, b in combinations(spots, 2)]
    left, top, width, height = map(float, drawn.window.split())
    assert min(apart) > 2 * float(drawn.radius)
    assert all(left < x < left + width and top < y < top + height for x, y in spots)


@pytest.mark.parametrize("department", ["971", "972", "973", "974", "976"])
def test_the_departments_overseas_have_their_map(department):
    town = max(outlines()[1][department].values(), key=lambda each: each.code)

    drawn = draw(town.code, town.middle, [(*town.middle, 1)], department)

    assert drawn.asked == town.path
    assert drawn.departments


def test_a_collectivity_without_outline_has_no_map():
    assert draw("97801", (18.07, -63.05), [], "978") is None
