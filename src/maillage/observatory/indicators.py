"""Each figure written once: whom it counts, in what unit, of what base, over what period.

An indicator names dimensions; `dimensions` says them as expressions that any engine of narwhals
runs. Several tables come from one grouping (`_CUBES`), never from one another.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import narwhals as nw

from maillage.observatory import dimensions, selections
from maillage.observatory.engine import Session
from maillage.observatory.french import count, day, typeset
from maillage.observatory.grids import Grid
from maillage.observatory.tables import TOTAL, Category, Period, Table, TotalDoesNotClose


@dataclass(frozen=True)
class Base:
    """`where` is the dimension and value that single it out; `one` and `many` hold the year."""

    code: str
    unit: str
    one: str
    many: str
    population: str
    key: str
    where: tuple[str, str] | None = None


_PERSON = "personnes"
RECEIVED = Base(
    "received",
    _PERSON,
    "personne reçue en {year}",
    "personnes reçues en {year}",
    "personnes ayant au moins un suivi actif dans l’année (entrées au plus tard le {end}, non"
    " sorties avant le {start}), comptées une fois, par leur dernier suivi",
    "participant",
)
NEW = Base(
    "new",
    _PERSON,
    "personne nouvellement reçue en {year}",
    "personnes nouvellement reçues en {year}",
    "personnes reçues dont le premier suivi dans l’organisation a commencé dans l’année",
    "participant",
    ("origin", "new"),
)
EXITED = Base(
    "exited",
    _PERSON,
    "personne sortie en {year}",
    "personnes sorties en {year}",
    "personnes reçues dont le dernier suivi a pris fin dans l’année",
    "participant",
    ("outcome", "exited"),
)
FOLLOWED = Base(
    "followed",
    _PERSON,
    "personne suivie au {end}",
    "personnes suivies au {end}",
    "personnes reçues dont le dernier suivi est encore en cours au {end}",
    "participant",
    ("outcome", "followed"),
)
REFERRALS = Base(
    "referrals",
    "orientations",
    "orientation reçue en {year}",
    "orientations reçues en {year}",
    "orientations dont la date tombe dans l’année, entrées ou non ; une personne orientée deux"
    " fois compte deux orientations",
    "referral",
)
STAGE_REFERRALS = Base(
    "stage-referrals",
    "orientations",
    "orientation en stage reçue en {year}",
    "orientations en stage reçues en {year}",
    "orientations de l’année dont le module est un stage de responsabilisation",
    "referral",
    ("module_kind", dimensions.STAGE),
)


@dataclass(frozen=True)
class Indicator:
    id: str
    title: str
    base: Base
    rows: str
    columns: str | None = None
    note: str = ""
    sensitive: bool = False


_AGE_NOTE = "Âge en années révolues à l’entrée du suivi compté."
_DURATION_NOTE = (
    "Durée en mois de calendrier depuis l’entrée, jusqu’à {until} ; une durée de 3 mois"
    " exactement compte dans « De 3 à moins de 6 mois »."
)
INDICATORS = (
    Indicator("received-by-sex", "Personnes reçues selon le sexe", RECEIVED, "sex"),
    Indicator(
        "received-by-prescriber-and-site",
        "Personnes reçues selon le prescripteur et le lieu",
        RECEIVED,
        "prescriber",
        "site",
    ),
    Indicator(
        "new-by-prescriber-and-site",
        "Personnes nouvellement reçues selon le prescripteur et le lieu",
        NEW,
        "prescriber",
        "site",
    ),
    Indicator(
        "new-by-age-and-site",
        "Personnes nouvellement reçues selon l’âge et le lieu",
        NEW,
        "age",
        "site",
        note=_AGE_NOTE,
    ),
    Indicator(
        "received-by-resources",
        "Personnes reçues selon la ressource principale",
        RECEIVED,
        "resources",
        note="Ressource principale, relevée à part de la situation professionnelle.",
        sensitive=True,
    ),
    Indicator(
        "received-by-employment",
        "Personnes reçues selon la situation professionnelle",
        RECEIVED,
        "employment",
    ),
    Indicator(
        "received-by-marital-status",
        "Personnes reçues selon la situation conjugale",
        RECEIVED,
        "marital_status",
    ),
    Indicator(
        "exited-by-reason-and-site",
        "Personnes sorties selon le motif et le lieu",
        EXITED,
        "exit_reason",
        "site",
        note="Un seul motif par sortie.",
        sensitive=True,
    ),
    Indicator(
        "exited-by-duration",
        "Personnes sorties selon la durée du suivi",
        EXITED,
        "duration",
        note=_DURATION_NOTE.format(until="la sortie"),
    ),
    Indicator("followed-by-site", "Personnes suivies selon le lieu", FOLLOWED, "outcome", "site"),
    Indicator(
        "followed-by-duration",
        "Personnes suivies selon l’ancienneté du suivi",
        FOLLOWED,
        "duration",
        note=_DURATION_NOTE.format(until="la fin de l’année"),
    ),
)
EXTRA_INDICATORS = (
    Indicator("referrals-by-module", "Orientations selon le module", REFERRALS, "module_kind"),
    Indicator(
        "stage-referrals-by-prescriber",
        "Orientations en stage selon le prescripteur",
        STAGE_REFERRALS,
        "prescriber",
    ),
    Indicator("referrals-by-sex", "Orientations selon le sexe", REFERRALS, "sex"),
    Indicator(
        "referrals-by-age",
        "Orientations selon l’âge",
        REFERRALS,
        "age",
        note="Âge en années révolues à la date de l’orientation.",
    ),
    Indicator(
        "referrals-by-employment",
        "Orientations selon la situation professionnelle",
        REFERRALS,
        "employment",
    ),
    Indicator(
        "referrals-by-marital-status",
        "Orientations selon la situation familiale",
        REFERRALS,
        "marital_status",
    ),
)
BY_ID = {indicator.id: indicator for indicator in INDICATORS + EXTRA_INDICATORS}
FLOW_ROWS = (
    Category("received", "Personnes reçues"),
    Category("new", "dont nouvelles"),
    Category("resumed", "dont reprises de suivi"),
    Category("continuing", "dont suivis poursuivis"),
    Category("exited", "Personnes sorties"),
    Category("followed", "Personnes suivies en fin d’année"),
    Category("waiting_at_end", "Personnes en attente en fin d’année"),
)
FLOW_WHERE: dict[str, dict[str, str]] = {
    "received": {},
    "new": {"origin": "new"},
    "resumed": {"origin": "resumed"},
    "continuing": {"origin": "continuing"},
    "exited": {"outcome": "exited"},
    "followed": {"outcome": "followed"},
    "waiting_at_end": {},
}
_CUBES = (
    ("origin", "outcome", "prescriber", "site"),
    ("sex", "resources", "employment", "marital_status"),
    ("outcome", "duration", "exit_reason", "site"),
    ("origin", "age", "site"),
)
_REFERRAL_CUBES = (
    ("module_kind", "prescriber"),
    ("sex", "age"),
    ("employment", "marital_status"),
)


class Cubes:
    """Counts of one population by several dimensions, each cube fetched at most once."""

    def __init__(self, session: Session, frame: nw.LazyFrame, cubes: tuple[tuple[str, ...], ...]):
        self._session, self._frame, self._cubes = session, frame, cubes
        self._counted: dict[tuple[str, ...], list[tuple]] = {}

    def count(self, *names: str) -> Counter:
        """Units for each combination of these dimensions."""
        cube = next(cube for cube in self._cubes if set(names) <= set(cube))
        if cube not in self._counted:
            self._counted[cube] = self._session.rows(
                self._frame.group_by(*cube).agg(nw.len().alias("units"))
            )
        places = [cube.index(name) for name in names]
        counts: Counter = Counter()
        for line in self._counted[cube]:
            counts[tuple(line[place] for place in places)] += line[-1]
        return counts


class Year:
    """One organisation's year in one snapshot, ready to be tabulated."""

    def __init__(
        self, session: Session, grid: Grid, sites: Iterable[tuple[str, str]], period: Period
    ):
        self.session, self.grid, self.period = session, grid, period
        self.classes = dimensions.classes(grid, sites)
        self.persons = session.keep(selections.persons(session.facts, grid, period))
        self._of_persons = Cubes(session, self.persons, _CUBES)

    @cached_property
    def _of_referrals(self) -> Cubes:
        frame = selections.referrals(self.session.facts, self.grid, self.period)
        return Cubes(self.session, frame, _REFERRAL_CUBES)

    @cached_property
    def received(self) -> int:
        """Counted from the facts, not from the groups that must add up to it."""
        return self._persons(selections.is_active(self.period))

    def _persons(self, condition: nw.Expr) -> int:
        heads = self.session.facts.filter(condition).select(nw.col("participant").n_unique())
        return self.session.rows(heads)[0][0] or 0

    def count(self, *names: str) -> Counter:
        """Persons received, for each combination of these dimensions."""
        return self._of_persons.count(*names)

    def cubes(self, base: Base) -> Cubes:
        return self._of_persons if base.key == "participant" else self._of_referrals

    def flow(self) -> Table:
        """Persons received are counted apart from the groups that must add up to them."""
        period, received = self.period, self.received
        waiting = self._persons(selections.is_waiting(period))
        by = {code: n for (code,), n in self._of_persons.count("origin").items()}
        by |= {code: n for (code,), n in self._of_persons.count("outcome").items()}
        values = {"received": received, **by, "waiting_at_end": waiting}
        cells = tuple((values.get(row.code, 0),) for row in FLOW_ROWS)
        for parts in (("new", "resumed", "continuing"), ("exited", "followed")):
            if sum(values.get(part, 0) for part in parts) != received:
                raise TotalDoesNotClose(f"flow : {' + '.join(parts)} ne font pas {received}")
        return Table(
            id="flow",
            title="Mouvement de l’année",
            unit=_PERSON,
            base=None,
            base_label=_phrase(RECEIVED, received, period),
            base_total=None,
            rows=FLOW_ROWS,
            columns=(TOTAL,),
            cells=cells,
            definition=typeset(
                "Personnes, comptées une fois chacune. Reçues = nouvelles + reprises + suivis"
                " poursuivis = sorties + suivies en fin d’année. En attente : personnes orientées"
                f" au plus tard le {day(period.end)} et non entrées à cette date ; elles ne"
                " s’ajoutent pas aux personnes reçues."
            ),
        )

    def table(self, indicator: Indicator, base_total: int) -> Table:
        base, rows = indicator.base, self.classes[indicator.rows]
        columns = self.classes[indicator.columns] if indicator.columns else (TOTAL,)
        names = [name for name in (indicator.rows, indicator.columns) if name]
        if base.where and base.where[0] not in names:
            names.append(base.where[0])
        found: Counter = Counter()
        for line, n in self.cubes(base).count(*names).items():
            values = dict(zip(names, line, strict=True))
            if base.where is None or values[base.where[0]] == base.where[1]:
                column = values[indicator.columns] if indicator.columns else TOTAL.code
                found[values[indicator.rows], column] += n
        cells = tuple(tuple(found.pop((r.code, c.code), 0) for c in columns) for r in rows)
        if found:
            raise TotalDoesNotClose(f"{indicator.id} : sans classe, {sorted(map(str, found))}")
        return Table(
            id=indicator.id,
            title=indicator.title,
            unit=base.unit,
            base=base.code,
            base_label=_phrase(base, base_total, self.period),
            base_total=base_total,
            rows=rows,
            columns=columns,
            cells=cells,
            definition=_definition(indicator, base_total, self.period),
            sensitive=indicator.sensitive,
        )

    def tables(self) -> tuple[Table, ...]:
        """The twelve tables in the order of publication, then those the grid adds."""
        flow = self.flow()
        totals = {row.code: line[0] for row, line in zip(flow.rows, flow.cells, strict=True)}
        extra = [BY_ID[name] for name in self.grid.extra_tables]
        if extra:
            modules = self._of_referrals.count("module_kind")
            totals["referrals"] = modules.total()
            totals["stage-referrals"] = modules[(dimensions.STAGE,)]
        return (
            flow,
            *(self.table(one, totals[one.base.code]) for one in (*INDICATORS, *extra)),
        )


def _phrase(base: Base, n: int, period: Period) -> str:
    year, end = period.year, day(period.end)
    return count(n, base.one.format(year=year, end=end), base.many.format(year=year, end=end))


def _definition(indicator: Indicator, n: int, period: Period) -> str:
    base = indicator.base
    start, end = day(period.start), day(period.end)
    population = base.population.format(start=start, end=end)
    unit = "la personne" if base.unit == _PERSON else "l’orientation"
    sentence = (
        f"Population : {population}. Unité : {unit}. Base : {_phrase(base, n, period)}."
        f" Période : du {start} au {end}. {indicator.note}"
    )
    return typeset(sentence.strip())
