"""Pictures of tables: Vega-Lite dictionaries written by hand, drawn once for the same content."""

import json
from functools import cache, lru_cache
from typing import Any

import vl_convert

from maillage.core.fonts import FAMILY, font_paths
from maillage.observatory.french import number, typeset
from maillage.observatory.render.palette import ACCENT, HAIRLINE, INK, MUTED, PALE, TINTS
from maillage.observatory.tables import Table

_MOST_LINES = 24
_STACKED = ("received-by-prescriber-and-site", "new-by-prescriber-and-site")
_BANDS = {"paddingInner": 0.25, "paddingOuter": 0.1}
_CONFIG = {
    "font": f"'{FAMILY}'",
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "labelFontSize": 11,
        "labelLimit": 230,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "gridColor": HAIRLINE,
        "title": None,
    },
    "legend": {
        "labelColor": INK,
        "labelFontSize": 11,
        "title": None,
        "orient": "right",
        "symbolType": "square",
        "labelLimit": 340,
        "rowPadding": 5,
    },
    "text": {"color": INK, "fontSize": 11},
}


def chart_of(table: Table, before: Table | None, width: int = 320) -> dict | None:
    """The picture of a table with somebody in it; the year before stands pale behind."""
    if table.base_total is None or not table.total or table.rate_of is not None:
        return None
    if max(len(table.rows), len(table.columns)) > _MOST_LINES:
        return None
    if table.id in _STACKED and len(table.columns) > 1:
        return _stacked(table, width)
    return _bars(table, before, width)


def alternative(table: Table) -> str:
    """What the picture shows, in words, for who cannot see it."""
    names, values = shown_lines(table)
    told = ", ".join(f"{name} {number(n)}" for name, n in zip(names, values, strict=True))
    return typeset(f"Diagramme : {table.title.lower()} ({table.base_label}). {told}.")


def shown_lines(table: Table) -> tuple[list[str], list[int]]:
    """The names and values along the longer side: a table of one row is read by its columns."""
    if len(table.rows) == 1 and table.column_totals:
        return [column.label for column in table.columns], list(table.column_totals)
    return [row.label for row in table.rows], list(table.row_totals)


def _bars(table: Table, before: Table | None, width: int) -> dict:
    """Classes that nobody was in, either year, are left to the table."""
    names, values = shown_lines(table)
    earlier = shown_lines(before)[1] if before else [None] * len(values)
    data = [
        {"name": name, "n": n, "text": number(n), "before": past}
        for name, n, past in zip(names, values, earlier, strict=True)
        if n or past
    ]
    across = {"type": "quantitative", "axis": None, "scale": {"nice": False}}
    now = {"x": {**across, "field": "n"}}
    layers: list[dict] = [
        {"mark": {"type": "bar", "color": ACCENT, "height": {"band": 0.6}}, "encoding": now},
        {
            "mark": {"type": "text", "dx": 6, "align": "left"},
            "encoding": {**now, "text": {"field": "text"}},
        },
    ]
    if before:
        pale = {
            "mark": {"type": "bar", "color": PALE},
            "encoding": {"x": {**across, "field": "before"}},
        }
        layers.insert(0, pale)
    return {
        "width": width,
        "height": 21 * len(data),
        "data": {"values": data},
        "encoding": {"y": {"field": "name", "type": "nominal", "sort": None, "scale": _BANDS}},
        "layer": layers,
    }


def _stacked(table: Table, width: int) -> dict:
    data = [
        {"site": column.label, "group": row.label, "n": n, "order": place}
        for place, (row, line) in enumerate(zip(table.rows, table.cells, strict=True))
        for column, n in zip(table.columns, line, strict=True)
    ]
    groups = [row.label for row in table.rows]
    return {
        "width": width,
        "height": 21 * len(table.columns),
        "data": {"values": data},
        "mark": {"type": "bar"},
        "encoding": {
            "y": {
                "field": "site",
                "type": "nominal",
                "sort": None,
                "scale": _BANDS,
            },
            "x": {
                "field": "n",
                "type": "quantitative",
                "axis": {"tickCount": 5, "labelColor": MUTED, "format": ",d"},
            },
            "color": {
                "field": "group",
                "type": "nominal",
                "sort": groups,
                "scale": {"domain": groups, "range": list(TINTS[: len(groups)])},
                "legend": {},
            },
            "order": {"field": "order"},
        },
    }


@cache
def _register_fonts() -> None:
    for folder in font_paths():
        vl_convert.register_font_directory(str(folder))


_OPTIONS: dict[str, Any] = {
    "config": _CONFIG,
    "allowed_base_urls": [],
    "format_locale": "fr-FR",
    "time_format_locale": "fr-FR",
}


@lru_cache(maxsize=256)
def _svg(spec: str) -> str:
    _register_fonts()
    return vl_convert.vegalite_to_svg(spec, **_OPTIONS)


@lru_cache(maxsize=256)
def _png(spec: str) -> bytes:
    _register_fonts()
    return vl_convert.vegalite_to_png(spec, scale=3, **_OPTIONS)


def _text(spec: dict) -> str:
    return json.dumps(spec, ensure_ascii=False, sort_keys=True)


def svg(spec: dict) -> str:
    return _svg(_text(spec))


def width_of(drawing: str) -> float:
    """The width of an SVG in its own pixels."""
    return float(drawing.split('width="', 1)[1].split('"', 1)[0])


def png(spec: dict) -> bytes:
    return _png(_text(spec))
