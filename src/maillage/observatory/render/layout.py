"""What every written form of a report shows, in what order and words; figures stay typed."""

from dataclasses import dataclass

from maillage.observatory.french import NARROW, count, day, decimal, number, percent, typeset
from maillage.observatory.group_tables import SECTION
from maillage.observatory.render.charts import alternative, chart_of, shown_lines
from maillage.observatory.tables import Report, Table

COLUMNS_A_STRIP = 8
NOTHING = "–"


@dataclass(frozen=True)
class Share:
    """A percentage with the base it is of; a whole of zero has none."""

    part: int
    whole: int

    def __str__(self) -> str:
        return percent(self.part, self.whole) or NOTHING


@dataclass(frozen=True)
class Figure:
    """A measure in units of a power of ten."""

    value: int
    places: int

    def __str__(self) -> str:
        return decimal(self.value, self.places)


Value = str | int | Share | Figure | None


def written(value: Value) -> str:
    if value is None:
        return NOTHING
    return number(value) if isinstance(value, int) else str(value)


@dataclass(frozen=True)
class Strip:
    """As many columns as a page holds; the last one of a table carries its totals."""

    header: tuple[str, ...]
    lines: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] | None


@dataclass(frozen=True)
class Shown:
    """`bars` are this year's and last year's counts of each line, where bars can stand beside."""

    table: Table
    base: str
    strips: tuple[Strip, ...]
    bars: tuple[tuple[int, int | None], ...] | None
    bars_legend: str
    chart: dict | None
    alternative: str
    empty: str | None


@dataclass(frozen=True)
class Section:
    title: str
    tables: tuple[Shown, ...]


_TITLES = {
    None: "L’année en chiffres",
    "received": "Personnes reçues",
    "new": "Nouvelles personnes",
    "exited": "Sorties",
    "followed": "Suivis en fin d’année",
    "referrals": "Orientations",
    SECTION: "Groupes, attente et entretiens",
}
_SAME_SECTION = {"stage-referrals": "referrals"}


def sections(report: Report) -> list[Section]:
    """The tables in the order of publication, gathered by what they count."""
    gathered: dict[str | None, list[Shown]] = {}
    for table in report.tables:
        key = table.section or _SAME_SECTION.get(table.base or "", table.base)
        gathered.setdefault(key, []).append(shown(report, table))
    return [Section(_TITLES[key], tuple(tables)) for key, tables in gathered.items()]


def shown(report: Report, table: Table) -> Shown:
    before, years = report.before(table), (report.period.year, report.period.year - 1)
    two_ways = len(table.columns) > 1 and len(table.rows) > 1
    strips: tuple[Strip, ...]
    if table.decimals is not None:
        strips = (_measured(table, before, years),)
    elif table.base is None:
        strips = (_flow(table, before, years),)
    elif two_ways:
        strips = _crossed(table, before, years)
    else:
        strips = (_plain(table, before, years),)
    values = shown_lines(table)[1]
    earlier = shown_lines(before)[1] if before else [None] * len(values)
    chart = chart_of(table, before)
    return Shown(
        table=table,
        base=_base(table, before, years[1]),
        strips=strips,
        bars=None if two_ways or chart is None else tuple(zip(values, earlier, strict=True)),
        bars_legend=f"En pâle, {years[1]}" if before and chart and "layer" in chart else "",
        chart=chart,
        alternative=alternative(table) if chart else "",
        empty=None if table.base_total is None or table.total else _none_of(table),
    )


_NOBODY = {
    "orientations": "Aucune orientation dans cette population.",
    "demandes": "Aucune demande dans cette population.",
    "entretiens": "Aucun entretien dans cette population.",
    "présences attendues": "Aucune présence attendue dans cette population.",
}


def _none_of(table: Table) -> str:
    return _NOBODY.get(table.unit, "Aucune personne dans cette population.")


def _base(table: Table, before: Table | None, year: int) -> str:
    if table.base is None:
        return "Personnes, comptées une fois chacune"
    if table.decimals is not None:
        return table.base_label
    earlier = "" if before is None else f" ({year} : {number(before.total or 0)})"
    return typeset(f"Base : {table.base_label}{earlier}")


def _flow(table: Table, before: Table | None, years: tuple[int, int]) -> Strip:
    """Shares are of the persons received; those who wait are not among them."""
    received = table.value("received")
    header = ["", str(years[0]), f"% sur {number(received)}"]
    if before:
        header += [str(years[1]), f"% sur {number(before.value('received'))}"]
    lines = []
    for row in table.rows:
        line: list[Value] = [row.label]
        for one in filter(None, (table, before)):
            n = one.value(row.code)
            waits = row.code == "waiting_at_end"
            line += [n, None if waits else Share(n, one.value("received"))]
        lines.append(tuple(line))
    return Strip(tuple(typeset(h) for h in header), tuple(lines), None)


def _measured(table: Table, before: Table | None, years: tuple[int, int]) -> Strip:
    """One measure a line; a year in which it could not be taken shows none."""
    told = [one for one in (table, before) if one]
    lines: list[tuple[Value, ...]] = []
    for row in table.rows:
        found = [one.measure(row.code) for one in told]
        lines.append((row.label, *(Figure(*one) if one else None for one in found)))
    return Strip(("", *(str(year) for year in years[: len(told)])), tuple(lines), None)


def _plain(table: Table, before: Table | None, years: tuple[int, int]) -> Strip:
    names, values = shown_lines(table)
    columns = [(years[0], values, table.total or 0)]
    if before:
        columns.append((years[1], shown_lines(before)[1], before.total or 0))
    header = [""]
    for year, _, whole in columns:
        header += [str(year), typeset(f"% sur {number(whole)}")]
    lines = tuple(
        (name, *(cell for _, ns, whole in columns for cell in (ns[i], Share(ns[i], whole))))
        for i, name in enumerate(names)
    )
    total = ("Total", *(cell for _, _, whole in columns for cell in (whole, Share(whole, whole))))
    return Strip(tuple(header), lines, total)


def _share_header(table: Table, whole: int) -> str:
    if table.rate_of is None:
        return typeset(f"% sur {number(whole)}")
    label = next(one.label for one in table.columns if one.code == table.rate_of)
    return f"% {label.lower()}"


def _crossed(table: Table, before: Table | None, years: tuple[int, int]) -> tuple[Strip, ...]:
    whole = table.total or 0
    places = range(0, len(table.columns), COLUMNS_A_STRIP)
    columns = table.column_totals or ()
    strips, rated = [], table.rate_of is not None
    for start in places:
        part = slice(start, start + COLUMNS_A_STRIP)
        header = ["", *(column.label for column in table.columns[part])]
        lines: list[list[Value]] = [
            [row.label, *line[part]] for row, line in zip(table.rows, table.cells, strict=True)
        ]
        total: list[Value] = ["Total", *columns[part]]
        if start == places[-1]:
            header += ["Total", _share_header(table, whole)]
            for place, (line, n) in enumerate(zip(lines, table.row_totals, strict=True)):
                line += [n, Share(table.part_of_row(place), n) if rated else Share(n, whole)]
            met = sum(map(table.part_of_row, range(len(table.rows)))) if rated else whole
            total += [whole, Share(met, whole)]
            if before:
                header.append(f"Total {years[1]}")
                for line, n in zip(lines, before.row_totals, strict=True):
                    line.append(n)
                total.append(before.total or 0)
        strips.append(Strip(tuple(header), tuple(map(tuple, lines)), tuple(total)))
    return tuple(strips)


def joined(strips: tuple[Strip, ...]) -> tuple[list[str], list[list[Value]], list[Value] | None]:
    """A table on one wide sheet again."""
    first = strips[0]
    header, lines = list(first.header), [list(line) for line in first.lines]
    total = None if first.total is None else list(first.total)
    for strip in strips[1:]:
        header += strip.header[1:]
        for line, more in zip(lines, strip.lines, strict=True):
            line += more[1:]
        if total is not None and strip.total is not None:
            total += strip.total[1:]
    return header, lines, total


def title(report: Report) -> str:
    return f"Rapport d’activité {report.period.year}"


def subtitle(report: Report) -> str:
    return f"Du {day(report.period.start)} au {day(report.period.end)}"


def comparison(report: Report) -> str:
    """Why there is, or is not, a year to compare with (I3)."""
    year = report.period.year - 1
    if report.previous is None:
        return f"Pas de comparaison avec {year} : la base de cette année-là n’est pas connue."
    received = report.previous["flow"].value("received")
    return f"Comparaison avec {year} : {count(received, 'personne reçue', 'personnes reçues')}."


def provenance(report: Report, *, whole: bool = False) -> tuple[tuple[str, str], ...]:
    """Where the figures come from, so that the same facts can be shown to give them again."""
    sha = report.snapshot_sha256
    groups = NARROW.join(sha[i : i + 8] for i in range(0, 32, 8))
    return (
        ("Organisation", report.organisation_name),
        ("Période", subtitle(report)),
        ("Classes", report.grid.title),
        ("Calculé le", day(report.computed_on)),
        ("Empreinte des faits", sha if whole else f"{groups}…"),
    )
