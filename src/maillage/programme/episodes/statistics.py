"""What remains of an erased file for the yearly figures: rows that tell a month, never a day.

Every table of every year comes out the same (decision 0013): a year counts by the years of its
dates, and sorts a duration at its 31 December, which the month of the entry decides. Only a
duration at the exit needs care, and the doubt about silent files, which looks at 31 August.
"""

import secrets
from collections.abc import Iterable
from datetime import date, timedelta

from maillage.core.calendar import add_months, full_years
from maillage.programme.episodes.models import Episode, StatisticalRow
from maillage.programme.intake.models import Participant, Referral

DURATION_BOUNDS = (3, 6, 12)  # months, as the published classes have them
LAST_SILENT_DAY = (8, 30)  # four months before 31 December is 31 August


def month_of(day: date) -> date:
    """The last day of the month."""
    return add_months(day.replace(day=1), 1) - timedelta(days=1)


def contact_month(day: date) -> date:
    """The last day of the month that is silent or not at the year's end as the day itself is."""
    if (day.month, day.day) <= LAST_SILENT_DAY and day.month == LAST_SILENT_DAY[0]:
        return day.replace(day=LAST_SILENT_DAY[1])
    return month_of(day)


def exit_month(entered_on: date, exited_on: date) -> date:
    """A day of the month of the exit, in the same class of duration from the month of the entry."""
    kept = contact_month(entered_on)
    for months in DURATION_BOUNDS:
        if exited_on < add_months(entered_on, months):
            return min(month_of(exited_on), add_months(kept, months) - timedelta(days=1))
    return month_of(exited_on)


def reduce(participant: Participant) -> list[StatisticalRow]:
    """Writes and gives the rows that stand for a file; the caller erases it in the same breath."""
    referrals = list(
        participant.referrals.select_related("episode__site", "referrer").prefetch_related(
            "requested_modules", "episode__modules"
        )
    )
    seqs = _seqs(referrals)
    person = secrets.randbelow(2**62)
    rows = [_row(participant, referral, person, seqs.get(referral.pk)) for referral in referrals]
    secrets.SystemRandom().shuffle(rows)  # the order tells nothing either
    return StatisticalRow.objects.bulk_create(rows)


def _episode(referral: Referral) -> Episode | None:
    return getattr(referral, "episode", None)


def _seqs(referrals: Iterable[Referral]) -> dict[int, int]:
    """The rank of each entered referral of a person, by entry then number, from 1."""
    entered = sorted(
        (episode.entered_on, referral.number, referral.pk)
        for referral in referrals
        if (episode := _episode(referral))
    )
    return {pk: seq for seq, (_, _, pk) in enumerate(entered, start=1)}


def _first_module(referral: Referral, episode: Episode | None) -> str:
    followed = sorted(episode.modules.all(), key=lambda m: (m.starts_on, m.pk)) if episode else []
    requested = sorted(referral.requested_modules.all(), key=lambda m: m.pk)
    codes = [*(m.code for m in followed), *(m.code for m in requested)]
    return codes[0] if codes else ""


def _row(participant: Participant, referral: Referral, person: int, seq: int | None):
    episode, birth = _episode(referral), participant.birth_date
    row = StatisticalRow(
        organisation_id=referral.organisation_id,
        person=person,
        seq=seq,
        referred_on=month_of(referral.received_on),
        closed_on=month_of(referral.ended_on) if referral.ended_on else None,
        sex=participant.sex,
        age_at_referral=full_years(birth, referral.received_on) if birth else None,
        referrer_category=referral.referrer_category,
        referrer_id=referral.referrer_id,
        legal_framework=referral.legal_framework,
        module=_first_module(referral, episode),
        marital_status=referral.marital_status,
        employment=referral.employment,
        resources=referral.resources,
    )
    if episode:
        row.entered_on, row.site = contact_month(episode.entered_on), episode.site
        row.age_at_entry = full_years(birth, episode.entered_on) if birth else None
        if episode.exited_on:
            row.exited_on = exit_month(episode.entered_on, episode.exited_on)
            row.exit_reason = episode.exit_reason
        if episode.last_contact_on > episode.entered_on:
            row.last_contact_on = contact_month(episode.last_contact_on)
    return row
