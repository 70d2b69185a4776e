"""Who is counted: the persons received in a year, those who wait at its end, its referrals."""

import narwhals as nw

from maillage.observatory import dimensions
from maillage.observatory.grids import Grid
from maillage.observatory.tables import Period


def active(facts: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    """Episodes entered by the year's end and not out before its first day."""
    return facts.filter(
        nw.col("entered_on") <= period.end,
        nw.col("exited_on").is_null() | (nw.col("exited_on") >= period.start),
    )


def person_year(facts: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    """One row a person received in the year: the latest of the active episodes."""
    return (
        active(facts, period)
        .with_columns(
            last_seq=nw.col("seq").max().over("participant"),
            first_seq=nw.col("seq").min().over("participant"),
            first_entry=nw.col("entered_on").min().over("participant"),
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


def waiting(facts: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    """Referred by the year's end, neither entered nor closed by then."""
    return facts.filter(
        nw.col("referred_on") <= period.end,
        nw.col("entered_on").is_null() | (nw.col("entered_on") > period.end),
        nw.col("closed_on").is_null() | (nw.col("closed_on") > period.end),
    )


def referrals_of_the_year(facts: nw.LazyFrame, period: Period) -> nw.LazyFrame:
    return facts.filter(nw.col("referred_on") >= period.start, nw.col("referred_on") <= period.end)


def referrals(facts: nw.LazyFrame, grid: Grid, period: Period) -> nw.LazyFrame:
    return referrals_of_the_year(facts, period).select("referral", **dimensions.of_referral(grid))
