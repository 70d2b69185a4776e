"""Erasing people changes no figure of any year, under any grid, to the last doubt that is told."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.core.calendar import add_months
from maillage.network.models import Organisation
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory
from maillage.observatory import reports
from maillage.observatory.branch_report import branch_report
from maillage.observatory.dimensions import DURATIONS
from maillage.observatory.source import snapshot_of
from maillage.observatory.tests.people import IN_ORDER, caseloads
from maillage.programme.episodes import statistics
from maillage.programme.episodes.models import Episode, EpisodeModule
from maillage.programme.episodes.tests.factories import EpisodeFactory
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory
from maillage.protection.actions import retention
from maillage.protection.programme import FILES
from maillage.protection.retention import forget_snapshots

YEARS = range(2021, 2028)
COMPUTED_ON = date(2031, 1, 15)


def store(organisation: Organisation, rows: list[dict], contacts) -> None:
    """The files that the rows of a spreadsheet say, written straight to the database."""
    sites = {slug: SiteFactory(organisation=organisation, slug=slug) for slug in IN_ORDER}
    people: dict[str, Participant] = {}
    for row in sorted(rows, key=lambda row: (row["dossier"], row["episode"])):
        person = people.get(row["dossier"]) or people.setdefault(
            row["dossier"],
            Participant.objects.create(
                organisation=organisation,
                reference=row["dossier"],
                sex=row["sexe"],
                birth_date=row["date_naissance"],
            ),
        )
        entered, received = row["date_entree"], row["date_orientation"]
        ended = None if entered or row["episode"] % 2 else received
        referral = Referral.objects.create(
            organisation=organisation,
            participant=person,
            number=row["episode"],
            status="accepted" if entered else "closed" if ended else "received",
            return_reason="injoignable" if ended else "",
            received_on=received,
            ended_on=ended,
            referrer_category=row["prescripteur"],
            legal_framework="postsentenciel",
            marital_status=row["situation_conjugale"] or "non_precise",
            employment=row["situation_professionnelle"] or "non_precise",
            resources=row["ressources"] or "non_precise",
        )
        if not entered:
            continue
        last = entered + (
            contacts() if row["date_sortie"] is None else row["date_sortie"] - entered
        )
        episode = Episode.objects.create(
            referral=referral,
            participant=person,
            organisation=organisation,
            site=sites[row["lieu"]],
            entered_on=entered,
            exited_on=row["date_sortie"],
            exit_reason=row["motif_sortie"] or "",
            last_contact_on=last,
        )
        if row["module"]:
            EpisodeModule.objects.create(episode=episode, code=row["module"], starts_on=entered)


def figures(organisation: Organisation) -> dict:
    """Every report of every year under every grid, but the fingerprint of the facts."""
    snapshot, found = snapshot_of(organisation), {}
    for grid_id, _ in reports.grid_choices():
        grid = reports.grid_named(grid_id)
        for year in YEARS:
            if grid.holds_for(year):
                report = branch_report(
                    snapshot=snapshot,
                    organisation=organisation.slug,
                    organisation_name=organisation.name,
                    sites=reports.sites_of(organisation),
                    year=year,
                    grid=grid,
                    computed_on=COMPUTED_ON,
                )
                found[grid_id, year] = replace(report, snapshot_sha256="")
    return found


def erase(organisation: Organisation, people) -> None:
    for person in people:
        FILES.erase(person)
    forget_snapshots(organisation.slug)


@pytest.mark.slow
@pytest.mark.django_db
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=caseloads(most=8), data=st.data())
def test_every_report_of_every_year_is_the_same_after_an_erasure(rows, data):
    days = st.integers(0, 700).map(timedelta)
    with transaction.atomic():
        organisation = OrganisationFactory(branch=True)
        store(organisation, rows, lambda: data.draw(days))
        before = figures(organisation)
        everybody = list(Participant.objects.filter(organisation=organisation))
        gone = data.draw(
            st.lists(st.sampled_from(everybody), unique=True) if everybody else st.just([])
        )

        erase(organisation, gone)

        after = figures(organisation)
        assert len(before) > len(YEARS)
        for key, report in before.items():
            assert after[key] == report, key
        left = Participant.objects.filter(organisation=organisation).count()
        assert left == len(everybody) - len(gone)
        transaction.set_rollback(True)


def duration_class(entered: date, day: date) -> str:
    for bound, category in zip((3, 6, 12), DURATIONS, strict=False):
        if day < add_months(entered, bound):
            return category.code
    return DURATIONS[-1].code


dates = st.dates(date(2020, 1, 1), date(2026, 12, 31))


@settings(max_examples=400)
@given(entered=dates, after=st.integers(0, 800))
def test_a_month_keeps_the_class_of_duration_at_the_exit_and_at_each_years_end(entered, after):
    exited = entered + timedelta(after)

    kept_entry = statistics.contact_month(entered)
    kept_exit = statistics.exit_month(entered, exited)

    assert (kept_entry.year, kept_entry.month) == (entered.year, entered.month)
    assert (kept_exit.year, kept_exit.month) == (exited.year, exited.month)
    assert kept_exit >= kept_entry
    assert duration_class(kept_entry, kept_exit) == duration_class(entered, exited)
    for year in range(entered.year, entered.year + 3):
        end = date(year, 12, 31)
        assert duration_class(kept_entry, end) == duration_class(entered, end)
        silent = date(year, 8, 31)
        assert (kept_entry < silent) == (entered < silent)


@pytest.mark.parametrize(
    ("entered", "exited", "kept_entry", "kept_exit"),
    [
        (date(2024, 10, 1), date(2025, 1, 2), date(2024, 10, 31), date(2025, 1, 31)),
        (date(2024, 10, 30), date(2025, 1, 2), date(2024, 10, 31), date(2025, 1, 30)),
        (date(2024, 8, 7), date(2024, 8, 20), date(2024, 8, 30), date(2024, 8, 31)),
        (date(2024, 8, 31), date(2025, 9, 3), date(2024, 8, 31), date(2025, 9, 30)),
    ],
)
def test_what_is_kept_of_two_days(entered, exited, kept_entry, kept_exit):
    assert statistics.contact_month(entered) == kept_entry
    assert statistics.exit_month(entered, exited) == kept_exit


class TestBehindACell:
    @pytest.fixture
    def branch(self, db):
        branch = OrganisationFactory(branch=True)
        for _ in range(3):
            person = ParticipantFactory(organisation=branch)
            referral = ReferralFactory(
                participant=person, accepted=True, received_on=date(2023, 1, 9)
            )
            EpisodeFactory(
                referral=referral,
                entered_on=date(2023, 2, 1),
                exited_on=date(2023, 12, 19),
                exit_reason="concertee",
            )
        return branch

    def test_there_are_fewer_files_and_a_count_of_the_erased_ones(self, branch):
        erase(branch, [Participant.objects.order_by("pk")[0]])

        cell = reports.cell_of(branch, 2023, "default", "flow", "received", "total")

        assert (len(cell.keys), cell.erased) == (2, 1)
        assert reports.branch_report_of(branch, 2023).table("flow").value("received") == 3

    def test_there_is_nobody_of_the_frozen_facts(self, branch, django_capture_on_commit_callbacks):
        before = snapshot_of(branch).path
        manager = MembershipFactory(organisation=branch, manager=True)
        gone = Participant.objects.order_by("pk")[0]
        Referral.objects.filter(participant=gone).update(received_on=date(2021, 1, 4))
        Episode.objects.filter(participant=gone).update(
            entered_on=date(2021, 2, 1),
            exited_on=date(2021, 3, 1),
            last_contact_on=date(2021, 3, 1),
        )
        assert before.exists()

        with django_capture_on_commit_callbacks(execute=True):
            retention.erase(by=manager, files=[gone.uid])

        assert not before.exists()

    def test_the_first_year_to_report_stays_that_of_the_erased(self, branch):
        erase(branch, Participant.objects.all())

        assert reports.years_of([branch])[-1] == 2023
