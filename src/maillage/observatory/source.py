"""From the files of a branch to its facts: the one place where the observatory reads them."""

from collections.abc import Iterator
from datetime import date
from operator import attrgetter
from pathlib import Path

from django.conf import settings
from django.db import transaction

from maillage.core import rowlock, trail
from maillage.core.calendar import add_months, full_years
from maillage.network.models import Organisation
from maillage.network.roles import Side
from maillage.observatory.facts import FACT_COLUMNS, Fact
from maillage.observatory.group_source import group_facts_of
from maillage.observatory.snapshot import Snapshot, open_snapshot, write_snapshot
from maillage.programme.episodes.models import EpisodeModule, StatisticalRow
from maillage.programme.intake.models import Referral, RequestedModule

as_row = attrgetter(*FACT_COLUMNS)
FORMAT = 2  # grows with the meaning of a column, so that no older file is taken for a new one


def _first_codes(rows) -> dict[int, str]:
    first: dict[int, str] = {}
    for referral, code in rows:
        first.setdefault(referral, code)
    return first


def facts_of(organisation: Organisation) -> Iterator[tuple]:
    """One row a referral, those of erased files included, in `FACT_COLUMNS` order."""
    yield from _facts_of_files(organisation)
    yield from _facts_of_erased_files(organisation)


def is_of_an_erased_file(key: int) -> bool:
    """Whether a key of the facts, of a referral or a participant, stands for an erased file."""
    return key < 0


def _facts_of_erased_files(organisation: Organisation) -> Iterator[tuple]:
    """The statistical rows, under keys that no file has."""
    rows = StatisticalRow.objects.filter(organisation=organisation)
    for row in rows.select_related("site", "referrer").iterator(chunk_size=5000):
        yield as_row(
            Fact(
                referral=-row.pk,
                participant=-row.person - 1,
                seq=row.seq,
                referred_on=row.referred_on,
                closed_on=row.closed_on,
                entered_on=row.entered_on,
                exited_on=row.exited_on,
                after_3_months=_after(row.entered_on, 3),
                after_6_months=_after(row.entered_on, 6),
                after_12_months=_after(row.entered_on, 12),
                exit_reason=row.exit_reason or None,
                site=row.site.slug if row.site else None,
                sex=row.sex,
                age_at_entry=row.age_at_entry,
                age_at_referral=row.age_at_referral,
                referrer_category=row.referrer_category,
                referrer=row.referrer.slug if row.referrer else None,
                framework=row.legal_framework,
                module=row.module or None,
                marital_status=row.marital_status,
                employment=row.employment,
                resources=row.resources,
                last_contact_on=row.last_contact_on,
            )
        )


def _facts_of_files(organisation: Organisation) -> Iterator[tuple]:
    """Ages are counted here, birth dates stay."""
    followed = _first_codes(
        EpisodeModule.objects.filter(episode__organisation=organisation)
        .order_by("starts_on", "pk")
        .values_list("episode__referral_id", "code")
    )
    requested = _first_codes(
        RequestedModule.objects.filter(referral__organisation=organisation)
        .order_by("pk")
        .values_list("referral_id", "code")
    )
    rows = (
        Referral.objects.filter(organisation=organisation)
        .order_by("participant_id", "episode__entered_on", "number")
        .values_list(
            "pk",
            "participant_id",
            "received_on",
            "ended_on",
            "episode__entered_on",
            "episode__exited_on",
            "episode__exit_reason",
            "episode__site__slug",
            "participant__sex",
            "participant__birth_date",
            "referrer_category",
            "referrer__slug",
            "legal_framework",
            "marital_status",
            "employment",
            "resources",
            "episode__last_contact_on",
        )
        .iterator(chunk_size=5000)
    )
    person, seq = 0, 0
    for (
        referral, participant, referred_on, closed_on, entered_on, exited_on, exit_reason, site,
        sex, birth_date, category, referrer, framework, marital, employment, resources,
        contact_on,
    ) in rows:  # fmt: skip
        if participant != person:
            person, seq = participant, 0
        if entered_on:
            seq += 1
        yield as_row(
            Fact(
                referral=referral,
                participant=participant,
                seq=seq if entered_on else None,
                referred_on=referred_on,
                closed_on=closed_on,
                entered_on=entered_on,
                exited_on=exited_on,
                after_3_months=_after(entered_on, 3),
                after_6_months=_after(entered_on, 6),
                after_12_months=_after(entered_on, 12),
                exit_reason=exit_reason or None,
                site=site,
                sex=sex,
                age_at_entry=full_years(birth_date, entered_on)
                if birth_date and entered_on
                else None,
                age_at_referral=full_years(birth_date, referred_on) if birth_date else None,
                referrer_category=category,
                referrer=referrer,
                framework=framework,
                module=followed.get(referral) or requested.get(referral),
                marital_status=marital,
                employment=employment,
                resources=resources,
                last_contact_on=contact_on if contact_on and contact_on > entered_on else None,
            )
        )


def _after(day: date | None, months: int) -> date | None:
    return add_months(day, months) if day else None


def snapshot_of(organisation: Organisation) -> Snapshot:
    """The facts as of now: computed once for each version of an organisation's records."""
    folder = Path(settings.DATA_DIR) / "snapshots" / organisation.slug
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with transaction.atomic(), rowlock.figures([organisation]):
        version = trail.version(organisation.slug, Side.PROGRAMME)
        path = folder / f"{FORMAT}-{version}.parquet"
        if path.exists():
            return open_snapshot(path)
        groups = group_facts_of(organisation)
        snapshot = write_snapshot(facts_of(organisation), path, groups)
    for older in folder.glob("*.parquet"):
        if older.name.split(".")[0] != path.stem:
            older.unlink(missing_ok=True)
    return snapshot
