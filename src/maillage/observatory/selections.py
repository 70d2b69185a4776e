"""Who is counted: the persons received in a year, those who wait at its end, its referrals."""

import narwhals as nw

from maillage.observatory import dimensions
from maillage.observatory.grids import Grid
from maillage.observatory.tables import Period


def is_active(period: Period) -> nw.Expr:
    """Entered by the year's end and not out before its first day."""
    out = nw.col("exited_on")
    return (nw.col("entered_on") <= period.end) & (out.is_null() | (out >= period.start))


def is_waiting(period: Period) -> nw.Expr:
    """Referred by the year's end, neither entered nor closed by then; never active too."""
    entered, closed = nw.col("entered_on"), nw.col("closed_on")
    return (
        (nw.col("referred_on") <= period.end)
        & (entered.is_null() | (entered > period.end))
        & (closed.is_null() | (closed > period.end))
    )


def person_year(facts: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    """One row a person received in the year: the latest of the active episodes."""
    return (
        facts.filter(is_active(period))
        .with_columns(
            last_seq=nw.col("seq").max().over("participant"),
            first_seq=nw.col("seq").min().over("participant"),
            first_entry=nw.col("entered_on").min().over("participant"),
            until=dimensions.until(period),
        )
        .filter(nw.col("seq") == nw.col("last_seq"))
    )


def persons(facts: nw.LazyFrame, grid: Grid, period: Period) -> nw.LazyFrame:
    return person_year(facts, period).select(
        "participant",
        "entered_on",
        "age_at_entry",
        "last_contact_on",
        **dimensions.of_person(grid, period),
    )


def referrals_of_the_year(facts: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    return facts.filter(nw.col("referred_on") >= period.start, nw.col("referred_on") <= period.end)


def referrals(facts: nw.LazyFrame, grid: Grid, period: Period) -> nw.LazyFrame:
    return referrals_of_the_year(facts, period).select("referral", **dimensions.of_referral(grid))
