"""Which demands a year's cohort counts, what became of each, and which still wait on a day."""

from datetime import date, timedelta

import narwhals as nw

from maillage.observatory.dimensions import choose
from maillage.observatory.tables import Category, Period

OUTCOMES = (
    Category("done", "Effectué"),
    Category("postponed", "Report demandé ou excusé"),
    Category("absent", "Absent"),
    Category("cancelled", "Annulé"),
    Category("moved", "Parti sur un autre département"),
    Category("returned", "Retourné par la justice"),
    Category("convened", "Convoqué ou en cours"),
    Category("waiting", "En attente, jamais convoqué ou à convoquer"),
)
_OUTCOME_OF = {
    "completed": "done",
    "postponed": "postponed",
    "excused": "postponed",
    "absent": "absent",
    "cancelled": "cancelled",
    "moved": "moved",
    "returned": "returned",
    "convened": "convened",
    "confirmed": "convened",
    "attending": "convened",
    "to_convene": "waiting",
}
CARRIED, ASKED, REOPENED = "carried", "asked", "reopened"
COHORT_COLUMNS = (CARRIED, ASKED, REOPENED)
_OWED = ("to_convene", "postponed", "excused", "convened", "confirmed", "attending")


def _owed(state: nw.Expr, day_after: date) -> nw.Expr:
    """A place is owed to whoever waits, put it off or is convened, and to an absent person whose
    referral has not ended."""
    open_still = nw.col("closed_on").is_null() | (nw.col("closed_on") >= day_after)
    return state.is_in(_OWED) | ((state == "absent") & open_still)


def _day_after(period: Period) -> date:
    return period.end + timedelta(days=1)


def standing(turns: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    """One row a demand made by the year's end: its state before the year and at its end."""
    before = nw.when(nw.col("on") < period.start).then(nw.col("rank"))
    wants_again = (nw.col("on") >= period.start) & _owed(nw.col("state"), _day_after(period))
    return (
        turns.filter(nw.col("on") <= period.end)
        .with_columns(rank_before=before, again=nw.when(wants_again).then(nw.lit(1)))
        .with_columns(
            last=nw.col("rank").max().over("enrolment"),
            last_before=nw.col("rank_before").max().over("enrolment"),
            was_again=nw.col("again").max().over("enrolment"),
        )
        .with_columns(
            known_before=nw.when(nw.col("rank") == nw.col("last_before")).then(nw.col("state"))
        )
        .with_columns(state_before=nw.col("known_before").max().over("enrolment"))
        .filter(nw.col("rank") == nw.col("last"))
    )


def cohort_of(period: Period) -> nw.Expr:
    """Demanded in the year, carried over from before, or settled before it and reopened in it."""
    return choose(
        [
            (nw.col("asked_on") >= period.start, ASKED),
            (_owed(nw.col("state_before"), period.start), CARRIED),
            (nw.col("was_again") == 1, REOPENED),
        ],
        nw.lit("settled"),
    )


def outcome() -> nw.Expr:
    """A state that no outcome names stays itself, so that the table does not close."""
    state = nw.col("state")
    return choose([(state == known, told) for known, told in _OUTCOME_OF.items()], state)


def cohort(turns: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    """The demands that the year had to answer, carried over, new or reopened."""
    return (
        standing(turns, period)
        .with_columns(
            cohort=cohort_of(period),
            outcome=outcome(),
            is_owed=_owed(nw.col("state"), _day_after(period)),
        )
        .filter(nw.col("cohort") != "settled")
    )


def owed_at_end(turns: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    """Those who wait at the year's end, told from their last state alone."""
    known = turns.filter(nw.col("on") <= period.end)
    last = known.with_columns(last=nw.col("rank").max().over("enrolment"))
    return last.filter(nw.col("rank") == nw.col("last"), _owed(nw.col("state"), _day_after(period)))


def within(period: Period, column: str = "on") -> nw.Expr:
    return (nw.col(column) >= period.start) & (nw.col(column) <= period.end)
