"""The report as one page that holds everything it needs and prints well."""

from base64 import b64encode
from functools import cache
from html import escape

from maillage.core.fonts import FAMILY, web_font
from maillage.observatory.render import layout, palette
from maillage.observatory.render.charts import svg
from maillage.observatory.render.layout import Shown, Strip, Value, written
from maillage.observatory.tables import Report

_STYLE = f"""
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; padding: 48px 24px 96px; max-width: 960px; background: {palette.PAPER};
  color: {palette.INK}; font: 16px/1.5 "{FAMILY}", system-ui, sans-serif;
  font-variant-numeric: lining-nums tabular-nums; }}
header p, .base, .legend, .provenance, caption {{ color: {palette.MUTED}; }}
h1 {{ font-size: 40px; line-height: 1.15; margin: 0; color: {palette.ACCENT}; font-weight: 600; }}
h2 {{ font-size: 26px; margin: 64px 0 16px; color: {palette.ACCENT}; font-weight: 600; }}
h3 {{ font-size: 19px; margin: 40px 0 0; font-weight: 600; }}
header p {{ margin: 4px 0; font-size: 18px; }}
.key {{ display: flex; flex-wrap: wrap; gap: 32px; margin: 40px 0; padding: 0; list-style: none; }}
.key li {{ flex: 1 1 160px; border-top: 2px solid {palette.ACCENT}; padding-top: 12px; }}
.key strong {{ display: block; font-size: 38px; line-height: 1.1; font-weight: 600; }}
.base, .legend {{ margin: 2px 0 12px; font-size: 15px; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: 15px; background: #fff; }}
th, td {{ padding: 6px 8px; text-align: right; border-top: 1px solid {palette.HAIRLINE};
  font-weight: 400; vertical-align: middle; }}
th:first-child, .bars {{ text-align: left; }}
tbody th, tfoot th {{ min-width: 11em; }}
thead th, thead td {{ color: {palette.MUTED}; font-size: 14px; vertical-align: bottom;
  border-top: 0; border-bottom: 2px solid {palette.INK}; }}
tfoot th, tfoot td {{ font-weight: 600; border-top: 2px solid {palette.INK};
  border-bottom: 2px solid {palette.INK}; }}
.part {{ padding-left: 28px; }}
.nil {{ color: {palette.MUTED}; }}
.bars {{ width: 26%; min-width: 120px; }}
.bars svg {{ display: block; width: 100%; height: 16px; }}
figure {{ margin: 20px 0 0; overflow-x: auto; }}
figure svg {{ max-width: 100%; height: auto; }}
.alerts {{ padding: 0; list-style: none; }}
.alerts li {{ border-left: 4px solid {palette.SOON}; padding: 4px 16px; margin: 12px 0; }}
dt {{ font-weight: 600; margin-top: 16px; }}
dd {{ margin: 0; }}
.provenance {{ margin-top: 64px; font-size: 14px; overflow-wrap: anywhere; }}
@media print {{
  body {{ padding: 0; max-width: none; background: #fff; font-size: 10.5pt; }}
  h1 {{ font-size: 28pt; }}
  h2 {{ font-size: 18pt; margin-top: 12mm; }}
  h3 {{ font-size: 12pt; margin-top: 7mm; }}
  h2, h3, .base {{ break-after: avoid; }}
  article, tr, figure, .alerts li, dl div {{ break-inside: avoid; }}
  tfoot {{ display: table-row-group; }}
  table {{ font-size: 9pt; }}
  thead th {{ font-size: 8pt; }}
  th, td {{ padding: 2.5px 4px; }}
  .base, .legend {{ font-size: 9pt; }}
  dl {{ font-size: 9.5pt; }}
  .scroll, figure {{ overflow: visible; }}
  @page {{ size: A4; margin: 18mm; }}
}}
"""


def render_html(report: Report) -> str:
    flow = report.table("flow")
    keys = "".join(
        f"<li><strong>{written(flow.value(row.code))}</strong>{escape(row.label)}</li>"
        for row in flow.rows
        if row.code in ("received", "exited", "followed")
    )
    sections = layout.sections(report)
    body = [_section(sections[0].title, sections[0].tables)]
    if report.alerts:
        items = "".join(f"<li>{escape(alert.text)}</li>" for alert in report.alerts)
        body.append(f'<section><h2>À vérifier</h2><ul class="alerts">{items}</ul></section>')
    body += [_section(section.title, section.tables) for section in sections[1:]]
    terms = "".join(
        f"<div><dt>{escape(table.title)}</dt><dd>{escape(table.definition)}</dd></div>"
        for table in report.tables
    )
    origin = "".join(
        f"<div>{escape(name)}\u00a0: {escape(value)}</div>"
        for name, value in layout.provenance(report, whole=True)
    )
    title = f"{layout.title(report)} – {report.organisation_name}"
    return f"""<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_face()}{_STYLE}</style>
</head>
<body>
<header>
<p>{escape(report.organisation_name)}</p>
<h1>{escape(layout.title(report))}</h1>
<p>{escape(layout.subtitle(report))}</p>
</header>
<main>
<ul class="key">{keys}</ul>
<p class="base">{escape(layout.comparison(report))}</p>
{"".join(body)}
<section><h2>Définitions</h2><dl>{terms}</dl></section>
</main>
<footer class="provenance">{origin}</footer>
</body>
</html>
"""


@cache
def _face() -> str:
    """The font inside the page, so that it looks the same on any machine."""
    font = b64encode(web_font().read_bytes()).decode()
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: 200 900;'
        f' src: url("data:font/woff2;base64,{font}") format("woff2"); }}'
    )


def _section(title: str, tables: tuple[Shown, ...]) -> str:
    tables_told = "".join(f"<article>{_table(shown)}</article>" for shown in tables)
    return f"<section><h2>{escape(title)}</h2>{tables_told}</section>"


def _table(shown: Shown) -> str:
    key = f"t-{shown.table.id}"
    parts = [
        f'<h3 id="{key}">{escape(shown.table.title)}</h3>',
        f'<p class="base">{escape(shown.base)}</p>',
    ]
    if shown.empty:
        return "".join([*parts, f"<p>{escape(shown.empty)}</p>"])
    header, lines, total = layout.joined(shown.strips)
    one = Strip(tuple(header), tuple(map(tuple, lines)), tuple(total) if total else None)
    parts.append(_grid(shown, one, key))
    if shown.bars is None and shown.chart:
        picture = svg(shown.chart).replace("<svg ", '<svg aria-hidden="true" ', 1)
        parts.append(
            f'<figure role="img" aria-label="{escape(shown.alternative)}">{picture}</figure>'
        )
        if shown.bars_legend:
            parts.append(f'<p class="legend">{escape(shown.bars_legend)}.</p>')
    return "".join(parts)


def _grid(shown: Shown, strip: Strip, key: str) -> str:
    top = max((max(now, before or 0) for now, before in shown.bars or ()), default=0)
    head = "".join(
        f'<th scope="col">{escape(cell)}</th>' if place else "<td></td>"
        for place, cell in enumerate(strip.header)
    )
    if shown.bars:
        head += f'<td class="bars legend">{escape(shown.bars_legend)}</td>'
    body = []
    for place, line in enumerate(strip.lines):
        bars = ""
        if shown.bars:
            bars = f'<td class="bars">{_bar(*shown.bars[place], top)}</td>'
        body.append(f"<tr>{_cells(line)}{bars}</tr>")
    foot = ""
    if strip.total:
        foot = f"<tfoot><tr>{_cells(strip.total)}{'<td></td>' if shown.bars else ''}</tr></tfoot>"
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{key}">'
        f'<table aria-labelledby="{key}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody>{foot}</table></div>"
    )


def _cells(line: tuple[Value, ...]) -> str:
    label = written(line[0])
    part = ' class="part"' if label.startswith("dont ") else ""
    cells = [f'<th scope="row"{part}>{escape(label)}</th>']
    for value in line[1:]:
        text = written(value)
        nil = ' class="nil"' if text in ("0", layout.NOTHING) or text.startswith("0,0") else ""
        cells.append(f"<td{nil}>{escape(text)}</td>")
    return "".join(cells)


def _bar(now: int, before: int | None, top: int) -> str:
    """Two drawn rectangles, so that a printer without background colours shows them too."""
    pale = ""
    if before:
        pale = f'<rect width="{100 * before / top:.2f}%" height="16" fill="{palette.PALE}"/>'
    width = 100 * now / top if top else 0
    return (
        f'<svg aria-hidden="true">{pale}'
        f'<rect y="4" width="{width:.2f}%" height="8" fill="{palette.ACCENT}"/></svg>'
    )
