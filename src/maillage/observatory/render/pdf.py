"""The report as a tagged PDF: the text goes to Typst as data, never as markup."""

import json
from datetime import datetime, time
from pathlib import Path

import typst

from maillage.core.fonts import FAMILY, font_paths
from maillage.observatory.french import number
from maillage.observatory.render import layout, palette
from maillage.observatory.render.charts import svg, width_of
from maillage.observatory.render.layout import Shown, Strip, written
from maillage.observatory.tables import Report

_TEMPLATE = Path(__file__).parent / "report.typ"
_TEXT_WIDTH, _NUMBERS_WIDTH = 17.2, 13.8
_PIXELS_A_CM = 38
_ON_COVER = ("received", "exited", "followed")


def render_pdf(report: Report) -> bytes:
    # typst's own types leave the input unbound when it is bytes
    return typst.compile(  # type: ignore[misc]
        _TEMPLATE.read_bytes(),
        root=_TEMPLATE.parent,
        font_paths=[str(path) for path in font_paths()],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_data(report))},
        pdf_standards=["ua-1"],
        timestamp=int(datetime.combine(report.computed_on, time()).timestamp()),
    )


def _data(report: Report) -> dict:
    flow = report.table("flow")
    labels = {row.code: row.label for row in flow.rows}
    computed = report.computed_on
    return {
        "family": FAMILY,
        "palette": {
            name: getattr(palette, name.upper())
            for name in ("ink", "muted", "hairline", "accent", "pale", "soon", "paper")
        },
        "title": layout.title(report),
        "subtitle": layout.subtitle(report),
        "organisation": report.organisation_name,
        "computed": [computed.year, computed.month, computed.day],
        "provenance": layout.provenance(report),
        "comparison": layout.comparison(report),
        "key": [{"value": number(flow.value(code)), "label": labels[code]} for code in _ON_COVER],
        "alerts": [alert.text for alert in report.alerts],
        "sections": [
            {"title": section.title, "tables": [_shown(one) for one in section.tables]}
            for section in layout.sections(report)
        ],
        "definitions": [(table.title, table.definition) for table in report.tables],
    }


def _shown(one: Shown) -> dict:
    drawn = svg(one.chart) if one.chart and one.bars is None else None
    return {
        "title": one.table.title,
        "base": one.base,
        "empty": one.empty,
        "wide": one.bars is None and one.table.base_total is not None,
        "lines": sum(len(strip.lines) for strip in one.strips),
        "strips": [_strip(strip) for strip in one.strips],
        "bars": one.bars,
        "legend": one.bars_legend,
        "svg": drawn,
        "width": min(_TEXT_WIDTH, width_of(drawn) / _PIXELS_A_CM) if drawn else 0,
        "alternative": one.alternative,
    }


def _strip(strip: Strip) -> dict:
    return {
        "header": strip.header,
        "lines": [[written(cell) for cell in line] for line in strip.lines],
        "total": strip.total and [written(cell) for cell in strip.total],
        "widths": _widths(strip),
    }


def _widths(strip: Strip) -> list[float]:
    """Centimetres for each column of numbers, by the longest word of its head."""
    heads = strip.header[1:]
    words = [max(map(len, head.replace("-", "- ").split(" "))) for head in heads]
    wanted = [
        1.55 if head.startswith("%") else min(2.2, max(1.15, 0.35 + 0.125 * length))
        for head, length in zip(heads, words, strict=True)
    ]
    return [width * min(1, _NUMBERS_WIDTH / sum(wanted)) for width in wanted]
