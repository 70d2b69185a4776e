"""What the observatory knows of a referral: dates, codes and ages, never a name or a birth date."""

from dataclasses import astuple, dataclass, fields
from datetime import date


@dataclass(slots=True)
class Fact:
    """One referral and the episode it may have opened, in one organisation.

    `seq` counts a person's entered episodes, by entry then number, from 1; it is None for a
    referral never entered. `closed_on` is the day a referral ended without entry.
    `after_n_months` is the entry plus n calendar months, or that month's last day. `referrer` is
    the slug of the referring organisation.
    """

    referral: int
    participant: int
    seq: int | None
    referred_on: date
    closed_on: date | None
    entered_on: date | None
    exited_on: date | None
    after_3_months: date | None
    after_6_months: date | None
    after_12_months: date | None
    exit_reason: str | None
    site: str | None
    sex: str
    age_at_entry: int | None
    age_at_referral: int | None
    referrer_category: str
    referrer: str | None
    framework: str
    module: str | None
    marital_status: str
    employment: str
    resources: str
    last_contact_on: date | None

    def as_row(self) -> tuple:
        return astuple(self)


FACT_COLUMNS = tuple(field.name for field in fields(Fact))
