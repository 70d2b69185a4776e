"""What a person's year or a referral is sorted by: an expression and the list of its classes."""

from collections.abc import Iterable

import narwhals as nw

from maillage.core.text import fold
from maillage.network.vocabularies import SEXES
from maillage.observatory.grids import ANY_REFERRER, AgeClass, Grid, Group
from maillage.observatory.tables import Category, Period

DURATIONS = (
    Category("lt3", "Moins de 3 mois"),
    Category("3to6", "De 3 à moins de 6 mois"),
    Category("6to12", "De 6 à moins de 12 mois"),
    Category("ge12", "12 mois et plus"),
)
STAGE = "stage"


def choose(cases: Iterable[tuple[nw.Expr, str]], otherwise: nw.Expr) -> nw.Expr:
    """The label of the first condition that holds."""
    for condition, label in reversed(list(cases)):
        otherwise = nw.when(condition).then(nw.lit(label)).otherwise(otherwise)
    return otherwise


def origin(period: Period) -> nw.Expr:
    """New when the person's first episode ever began in the year, whichever episode counts."""
    return choose(
        [
            ((nw.col("first_seq") == 1) & (nw.col("first_entry") >= period.start), "new"),
            (nw.col("entered_on") >= period.start, "resumed"),
        ],
        nw.lit("continuing"),
    )


def outcome(period: Period) -> nw.Expr:
    return choose([(nw.col("exited_on") <= period.end, "exited")], nw.lit("followed"))


def until(period: Period) -> nw.Expr:
    """The day up to which a follow-up has lasted: its exit in the year, or the year's end."""
    out = nw.col("exited_on")
    return nw.when(out <= period.end).then(out).otherwise(nw.lit(period.end))


def duration() -> nw.Expr:
    """[0;3[ [3;6[ [6;12[ [12;…[ months: the bounds that the published classes share (I46)."""
    until = nw.col("until")
    return choose(
        [
            (until < nw.col("after_3_months"), "lt3"),
            (until < nw.col("after_6_months"), "3to6"),
            (until < nw.col("after_12_months"), "6to12"),
        ],
        nw.lit("ge12"),
    )


def age(column: str, classes: tuple[AgeClass, ...]) -> nw.Expr:
    unknown = next(one.code for one in classes if one.unknown)
    known = sorted((one for one in classes if not one.unknown), key=lambda one: one.min or 0)
    return choose(
        [
            (nw.col(column).is_null(), unknown),
            *((nw.col(column) <= one.max, one.code) for one in known[:-1]),
        ],
        nw.lit(known[-1].code),
    )


def grouped(column: str, groups: tuple[Group, ...]) -> nw.Expr:
    """A code that no group names stays itself, so that the table does not close."""
    value, referrer = nw.col(column), nw.col("referrer")
    named, known, rest = [], [], []
    for group in groups:
        ours = value.is_in(group.codes)
        if ANY_REFERRER in group.referrers:
            known.append((ours & ~referrer.is_null(), group.code))
        elif group.referrers:
            named.append((ours & referrer.is_in(group.referrers), group.code))
        elif group.codes != (group.code,):
            rest.append((ours, group.code))
    return choose([*named, *known, *rest], value)


def situation(name: str, grid: Grid) -> nw.Expr:
    """An empty situation counts as not known."""
    return grouped(name, grid.groups[name]).fill_null(grid.not_known(name))


def module_kind() -> nw.Expr:
    return choose([(nw.col("module") == STAGE, STAGE)], nw.lit("autres"))


def common(grid: Grid, age_column: str) -> dict[str, nw.Expr]:
    return {
        "sex": nw.col("sex"),
        "prescriber": grouped("referrer_category", grid.groups["prescribers"]),
        "age": age(age_column, grid.age_classes),
        "employment": situation("employment", grid),
        "marital_status": situation("marital_status", grid),
        "resources": situation("resources", grid),
    }


def of_person(grid: Grid, period: Period) -> dict[str, nw.Expr]:
    return {
        **common(grid, "age_at_entry"),
        "origin": origin(period),
        "outcome": outcome(period),
        "duration": duration(),
        "exit_reason": grouped("exit_reason", grid.groups["exit_reason"]),
        "site": nw.col("site"),
    }


def of_referral(grid: Grid) -> dict[str, nw.Expr]:
    return {**common(grid, "age_at_referral"), "module_kind": module_kind()}


def classes(grid: Grid, sites: Iterable[tuple[str, str]]) -> dict[str, tuple[Category, ...]]:
    """Every class of every dimension, in the order of publication, zeros included."""
    grouped_by = {"prescriber": "prescribers"}
    return {
        "sex": tuple(Category(term.code, term.label) for term in SEXES.terms),
        "age": tuple(Category(one.code, one.label) for one in grid.age_classes),
        **{
            name: tuple(
                Category(group.code, group.label)
                for group in grid.groups[grouped_by.get(name, name)]
            )
            for name in ("prescriber", "employment", "marital_status", "resources", "exit_reason")
        },
        "duration": DURATIONS,
        "outcome": (Category("followed", "Suivies"),),
        "module_kind": (
            Category(STAGE, "Stages de responsabilisation"),
            Category("autres", "Autres modules"),
        ),
        "site": tuple(
            Category(slug, name) for slug, name in sorted(sites, key=lambda site: fold(site[1]))
        ),
    }
