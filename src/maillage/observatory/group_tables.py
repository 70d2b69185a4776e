"""The figures of groups, waits and interviews, each written once: population, unit, base, period.

Means, spreads and quantiles are computed here in whole numbers from counts that the engine gives.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isqrt

import narwhals as nw
from django.utils.text import slugify

from maillage.observatory.engine import Session
from maillage.observatory.french import count, day, typeset
from maillage.observatory.group_demands import Demands
from maillage.observatory.group_selections import ASKED, CARRIED, OUTCOMES, REOPENED, within
from maillage.observatory.tables import TOTAL, Category, Period, Table, TotalDoesNotClose

SECTION = "groups"


@dataclass(frozen=True)
class Kind:
    code: str
    runs: str  # the runs, as a title says them
    demand: str  # « demande de stage »
    of: str  # « d’un stage »
    is_open: bool = False  # people come and go: what is counted is the session


KINDS = (
    Kind("course", "Stages", "stage", "d’un stage"),
    Kind("talk_group", "Groupes de parole", "groupe de parole", "d’un groupe de parole", True),
    Kind(
        "socio_judicial",
        "Groupes socio-judiciaires",
        "groupe socio-judiciaire",
        "d’un groupe socio-judiciaire",
    ),
    Kind("workshop", "Ateliers", "atelier", "d’un atelier"),
)
COHORTS = {f"{kind.code}-cohort": kind for kind in KINDS}
INTERVIEWS = "interviews-by-purpose"
FEES = "fees"
MONEY = (
    ("asked", "Demandé (€)"),
    ("payment", "Reçu (€)"),
    ("refund", "Rendu (€)"),
    ("waiver", "Remis (€)"),
)
OWED = {"asked": 1, "payment": -1, "refund": 1, "waiver": -1}
PURPOSES = (
    Category("course", "Autour d’un stage (avant, après)"),
    Category("assessment", "Évaluations et bilans"),
    Category("individual", "Suivis individuels"),
    Category("phone", "Par téléphone"),
)
STATUSES = (
    Category("kept", "Honorés"),
    Category("missed", "Absences"),
    Category("excused", "Excusés"),
    Category("postponed", "Reportés"),
    Category("cancelled", "Annulés"),
    Category("planned", "À venir"),
)
WAITING_ROWS = (
    ("at_start", "En attente au début de l’année"),
    ("asked", "Demandes de l’année"),
    ("reopened", "Demandes rouvertes dans l’année"),
    ("settled", "Demandes closes dans l’année"),
    ("at_end", "En attente à la fin de l’année"),
    ("late_at_start", "dont plus de six mois au début"),
    ("late_at_end", "dont plus de six mois à la fin"),
    ("convened", "Convoquées dans l’année"),
    ("convened_asked", "dont demandées dans l’année"),
)
Measure = tuple[str, str, int, int]  # code, label, value, decimals


def tenths_of_mean(total: int, n: int) -> int:
    """Half up, in whole numbers."""
    return (20 * total + n) // (2 * n)


def tenths_of_deviation(values: Sequence[int]) -> int:
    """The standard deviation of all of them, rounded to the nearest tenth."""
    n, total = len(values), sum(values)
    spread = n * sum(value * value for value in values) - total * total
    return (isqrt(400 * spread) + n) // (2 * n)


def quantile(counted: dict[int, int], part: int, whole: int) -> int:
    """The least value that `part` of `whole` of them do not pass."""
    needed, seen = sum(counted.values()) * part, 0
    for value in sorted(counted):
        seen += counted[value]
        if seen * whole >= needed:
            return value
    raise ValueError("no value")


class GroupYear:
    """One branch's year of groups in one snapshot; gives no table where nothing is told."""

    def __init__(self, session: Session, period: Period):
        self.session, self.period = session, period
        self.before = Period.of_year(period.year - 1)
        self.dates = f"Période : du {day(period.start)} au {day(period.end)}."

    def tables(self) -> tuple[Table, ...]:
        return (*self._of_kinds(), *self._waits(), *self._interviews(), *self._money())

    def _rows(self, name: str, condition: nw.Expr, *columns: str) -> list[tuple]:
        frame = self.session.table(name)
        return [] if frame is None else self.session.rows(frame.filter(condition).select(*columns))

    def _kinds(self, name: str) -> set[str]:
        frame = self.session.table(name)
        if frame is None:
            return set()
        return {kind for (kind,) in self.session.rows(frame.select("kind").unique())}

    def _of_kinds(self) -> Iterable[Table]:
        turns = self.session.table("turns")
        demands = None if turns is None else Demands(self.session, turns, self.period)
        held, asked = self._kinds("meetings"), self._kinds("turns")
        runs = self._rows("runs", within(self.period, "starts_on"), "kind", "convened", "attended")
        columns = ("kind", "minutes", "is_individual", "expected", "present")
        meetings = self._rows("meetings", within(self.period), *columns)
        columns = ("kind", "title", "place", "expected", "present")
        modules = self._rows("modules", within(self.period), *columns)
        for kind in KINDS:
            if kind.code in held and kind.is_open:
                participants = demands.participants[kind.code] if demands else 0
                yield self._sessions(kind, _of(kind, meetings), participants)
            elif kind.code in held:
                yield self._runs(kind, _of(kind, runs), _of(kind, meetings))
                yield self._modules(kind, _of(kind, modules))
            if demands and kind.code in asked:
                yield from self._demands(kind, demands)

    def _runs(self, kind: Kind, runs: list[tuple], meetings: list[tuple]) -> Table:
        convened, attended = sum(r[0] for r in runs), sum(r[1] for r in runs)
        told: list[Measure] = [
            ("runs", f"{kind.runs} commencés et tenus", len(runs), 0),
            ("sessions", "Séances ou demi-journées tenues", len(meetings), 0),
            ("hours", "Heures tenues", _tenths_of_hours(meetings), 1),
            ("convened", "Convocations", convened, 0),
            ("attended", "Personnes venues", attended, 0),
        ]
        if convened:
            told.append(("rate", "Taux de présence (%)", _rate(attended, convened), 1))
        if runs:
            told += _spread("par session de groupe", [r[1] for r in runs])
        return self._measures(
            f"{kind.code}-runs",
            f"{kind.runs}\u00a0: tenus, heures et présences",
            "runs",
            "activité",
            told,
            f"Population : les groupes qui ont commencé dans l’année et dont une séance au moins a"
            f" été émargée. Unité : la session {kind.of}, puis la convocation d’une personne à une"
            " session. Est venue qui a été présente à une séance au moins ; le taux rapporte les"
            " venues aux convocations. Les heures sont celles des séances tenues dans l’année.",
        )

    def _sessions(self, kind: Kind, meetings: list[tuple], participants: int) -> Table:
        together = [line for line in meetings if not line[1]]
        present = [line[3] for line in together]
        expected = sum(line[2] for line in together)
        told: list[Measure] = [
            ("participants", "Participants", participants, 0),
            ("sessions", "Séances collectives tenues", len(together), 0),
            ("reviews", "Bilans individuels tenus", len(meetings) - len(together), 0),
            ("hours", "Heures de séances collectives", _tenths_of_hours(together), 1),
            ("presences", "Participations", sum(present), 0),
        ]
        if expected:
            told.append(("rate", "Taux de présence (%)", _rate(sum(present), expected), 1))
        if together:
            told += _spread("par séance", present)
        return self._measures(
            f"{kind.code}-sessions",
            f"{kind.runs}\u00a0: séances et participations",
            "sessions",
            "activité",
            told,
            "Population : les séances émargées de l’année. Unité : la séance, puis la participation"
            " d’une personne à une séance. Participants : personnes qui ont commencé au plus tard"
            " en fin d’année et n’avaient pas fini avant elle. Le taux rapporte les participations"
            " aux présences attendues.",
        )

    def _modules(self, kind: Kind, rows: list[tuple]) -> Table:
        places: dict[str, int] = {}
        found: dict[str, list[int]] = {}
        for title, place, expected, present in rows:
            places[title] = min(place, places.get(title, place))
            known = found.setdefault(title, [0, 0])
            known[0] += present
            known[1] += expected - present
        titles = sorted(found, key=lambda title: (places[title], title))
        total = sum(line[2] for line in rows)
        return Table(
            id=f"{kind.code}-attendance-by-module",
            title=f"{kind.runs}\u00a0: présence par module",
            unit="présences attendues",
            base="presences",
            base_label=count(total, "présence attendue", "présences attendues"),
            base_total=total,
            rows=tuple(Category(slugify(title), title) for title in titles),
            columns=(Category("present", "Présences"), Category("absent", "Absences")),
            cells=tuple((found[title][0], found[title][1]) for title in titles),
            definition=typeset(
                "Population : les modules des séances émargées de l’année. Unité : une personne"
                " attendue à un module. Base : "
                f"{count(total, 'présence attendue', 'présences attendues')}. Le taux rapporte les"
                f" présences aux personnes attendues au module. {self.dates}"
            ),
            section=SECTION,
            rate_of="present",
            is_opened=False,
        )

    def _demands(self, kind: Kind, demands: Demands) -> Iterable[Table]:
        total = demands.at_start[kind.code] + demands.asked[kind.code]
        total += demands.reopened(kind.code)
        settled = demands.settled(kind.code)
        if total - settled != demands.at_end[kind.code]:
            raise TotalDoesNotClose(
                f"{kind.code}-waiting : {total} - {settled} ne font pas {demands.at_end[kind.code]}"
            )
        yield self._cohort(kind, demands.outcomes(kind.code), total)
        if not kind.is_open:
            yield self._waiting(kind, demands)

    def _waiting(self, kind: Kind, demands: Demands) -> Table:
        told = [
            demands.at_start[kind.code],
            demands.asked[kind.code],
            demands.reopened(kind.code),
            demands.settled(kind.code),
            demands.at_end[kind.code],
            demands.late_at_start[kind.code],
            demands.late_at_end[kind.code],
            demands.convened[kind.code],
            demands.convened_asked[kind.code],
        ]
        return self._measures(
            f"{kind.code}-waiting",
            f"File d’attente\u00a0: {kind.demand}",
            "waiting",
            "demandes",
            [(code, label, n, 0) for (code, label), n in zip(WAITING_ROWS, told, strict=True)],
            f"Population : les demandes {kind.of}. Unité : la demande (une orientation pour une"
            " nature de groupe). En attente : à convoquer, report demandé, excusée, convoquée, ou"
            " absente tant que l’orientation n’est pas close. Début + demandes + rouvertes -"
            " closes = fin. Six mois de calendrier depuis la demande.",
        )

    def _cohort(self, kind: Kind, found: dict[tuple[str, str], int], total: int) -> Table:
        waited = "en attente ou en cours" if kind.is_open else "en attente"
        columns = (
            Category(CARRIED, f"{waited.capitalize()} au {day(self.before.end)}"),
            Category(ASKED, f"Demandées en {self.period.year}"),
            Category(REOPENED, "Rouvertes"),
        )
        cells = tuple(tuple(found.pop((r.code, c.code), 0) for c in columns) for r in OUTCOMES)
        if found:
            raise TotalDoesNotClose(f"{kind.code}-cohort : sans classe, {sorted(map(str, found))}")
        label = count(
            total,
            f"demande {kind.of} à traiter en {self.period.year}",
            f"demandes {kind.of} à traiter en {self.period.year}",
        )
        return Table(
            id=f"{kind.code}-cohort",
            title=f"Devenir des demandes\u00a0: {kind.demand}",
            unit="demandes",
            base="demands",
            base_label=label,
            base_total=total,
            rows=OUTCOMES,
            columns=columns,
            cells=cells,
            definition=typeset(
                f"Population : les demandes {kind.of} {waited} au {day(self.before.end)}, celles de"
                " l’année, et celles qui étaient closes et furent rouvertes. Unité : la demande."
                f" Base : {label}. Chaque demande compte une fois, par son état au"
                f" {day(self.period.end)}, tiré de ses étapes datées. {self.dates}"
            ),
            section=SECTION,
        )

    def _waits(self) -> Iterable[Table]:
        frame = self.session.table("waits")
        if frame is None:
            return
        known = {what for (what,) in self.session.rows(frame.select("what").unique())}
        found = self.session.rows(
            frame.filter(within(self.period))
            .group_by("what", "days", "is_long")
            .agg(nw.len().alias("people"))
        )
        for what, title, since, until in (
            ("interview", "le premier entretien", "l’orientation", "le premier entretien honoré"),
            ("course", "le stage", "la demande", "le premier jour du premier stage suivi"),
        ):
            if what not in known:
                continue
            waits: dict[int, int] = {}
            for kind, days, _, n in found:
                if kind == what:
                    waits[days] = waits.get(days, 0) + n
            n = sum(waits.values())
            late = sum(line[3] for line in found if line[0] == what and line[2])
            told: list[Measure] = [("people", "Attentes terminées dans l’année", n, 0)]
            if n:
                told += [
                    ("median", "Médiane (jours)", quantile(waits, 1, 2), 0),
                    ("p90", "90\u00a0% ont attendu au plus (jours)", quantile(waits, 9, 10), 0),
                    ("late", "Plus de six mois", late, 0),
                    ("late_rate", "Plus de six mois (%)", _rate(late, n), 1),
                ]
            yield self._measures(
                f"waiting-time-{what}",
                f"Attente jusqu’à {title}".replace("à le ", "au "),
                "waits",
                "attentes",
                told,
                f"Population : les attentes qui ont pris fin dans l’année. Unité : une attente, en"
                f" jours de {since} jusqu’à {until}. La médiane et le neuvième décile sont des"
                " attentes observées. Six mois de calendrier.".replace("à le ", "au "),
            )

    def _interviews(self) -> Iterable[Table]:
        frame = self.session.table("interviews")
        if frame is None:
            return
        rows = self.session.rows(
            frame.filter(within(self.period)).select("purpose", "status", "count")
        )
        found: dict[tuple[str, str], int] = {}
        for purpose, status, n in rows:
            found[purpose, status] = found.get((purpose, status), 0) + n
        total = sum(line[2] for line in rows)
        cells = tuple(tuple(found.pop((r.code, c.code), 0) for c in STATUSES) for r in PURPOSES)
        if found:
            raise TotalDoesNotClose(f"{INTERVIEWS} : sans classe, {sorted(map(str, found))}")
        label = count(total, "entretien fixé", "entretiens fixés")
        yield Table(
            id=INTERVIEWS,
            title="Entretiens fixés selon l’objet et l’issue",
            unit="entretiens",
            base="interviews",
            base_label=label,
            base_total=total,
            rows=PURPOSES,
            columns=STATUSES,
            cells=cells,
            definition=typeset(
                "Population : les entretiens fixés pour un jour de l’année. Unité : l’entretien ;"
                " celui qui est reporté compte, comme celui qui le remplace. Base : "
                f"{label}. Le taux rapporte les entretiens honorés à ceux qui étaient fixés. Est"
                f" autour d’un stage celui d’une orientation en stage. {self.dates}"
            ),
            section=SECTION,
            rate_of="kept",
            is_opened=False,
        )

    def _money(self) -> Iterable[Table]:
        frame = self.session.table("money")
        if frame is None:
            return
        columns = ("kind", "cents")
        of_year: dict[str, int] = {}
        rows = self.session.rows(frame.filter(within(self.period)).select(*columns))
        for kind, cents in rows:
            of_year[kind] = of_year.get(kind, 0) + cents
        until = self.session.rows(frame.filter(nw.col("on") <= self.period.end).select(*columns))
        owed = sum(cents * OWED.get(kind, 0) for kind, cents in until)
        asked = sum(kind == "asked" for kind, _ in rows)
        told: list[Measure] = [("people", "Participations demandées", asked, 0)]
        told += [(code, label, of_year.pop(code, 0), 2) for code, label in MONEY]
        if of_year:
            raise TotalDoesNotClose(f"{FEES} : sans classe, {sorted(of_year)}")
        told.append(("owed", f"Reste dû au {day(self.period.end)} (€)", owed, 2))
        yield self._measures(
            FEES,
            "Participations financières",
            "money",
            "sommes",
            told,
            "Population : les participations demandées et leurs mouvements de l’année. Unité : la"
            " participation, puis l’euro ; une écriture annulée est déduite. Reste dû : tout ce qui"
            " a été demandé jusqu’à la fin de l’année, moins ce qui a été reçu ou remis, plus ce"
            " qui a été rendu.",
        )

    def _measures(
        self, id: str, title: str, base: str, unit: str, told: list[Measure], definition: str
    ) -> Table:
        return Table(
            id=id,
            title=title,
            unit=unit,
            base=base,
            base_label=f"Année {self.period.year}",
            base_total=None,
            rows=tuple(Category(code, label) for code, label, _, _ in told),
            columns=(TOTAL,),
            cells=tuple((value,) for _, _, value, _ in told),
            definition=typeset(f"{definition} {self.dates}"),
            section=SECTION,
            decimals=tuple(places for _, _, _, places in told),
            is_opened=False,
        )


def _of(kind: Kind, rows: list[tuple]) -> list[tuple]:
    return [line[1:] for line in rows if line[0] == kind.code]


def _tenths_of_hours(meetings: list[tuple]) -> int:
    return tenths_of_mean(sum(line[0] for line in meetings), 60)


def _rate(part: int, whole: int) -> int:
    """Tenths of a percent."""
    return (2000 * part + whole) // (2 * whole)


def _spread(of_what: str, sizes: list[int]) -> list[Measure]:
    return [
        ("mean", f"Effectif moyen {of_what}", tenths_of_mean(sum(sizes), len(sizes)), 1),
        ("deviation", "Écart-type de l’effectif", tenths_of_deviation(sizes), 1),
        ("smallest", "Plus petit effectif", min(sizes), 0),
        ("largest", "Plus grand effectif", max(sizes), 0),
    ]
