"""A report is computed once for what is recorded, and again as soon as something changes."""

from datetime import date

import pytest

from maillage.core import trail
from maillage.network.actors import CommandLine
from maillage.network.tests.factories import OrganisationFactory, SiteFactory
from maillage.observatory import reports
from maillage.programme.episodes.tests.factories import EpisodeFactory
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory

pytestmark = pytest.mark.django_db
YEAR = 2023


@pytest.fixture
def branch(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    organisation = OrganisationFactory()
    enter(organisation)
    return organisation


def enter(organisation):
    """One more person received in the year, written as an action writes it."""
    person = ParticipantFactory(organisation=organisation)
    EpisodeFactory(
        referral=ReferralFactory(participant=person, accepted=True),
        site=organisation.sites.first() or SiteFactory(organisation=organisation),
        entered_on=date(YEAR, 3, 1),
    )
    trail.record("referral_accepted", by=CommandLine(organisation))


def received(report):
    return report.table("flow").value("received")


def test_the_same_records_give_the_very_same_report(branch):
    first = reports.branch_report_of(branch, YEAR)

    assert reports.branch_report_of(branch, YEAR) is first
    assert received(first) == 1


def test_a_new_entry_is_counted_at_once(branch):
    before = reports.branch_report_of(branch, YEAR)
    enter(branch)

    assert received(reports.branch_report_of(branch, YEAR)) == received(before) + 1 == 2


def test_another_year_or_name_of_a_site_is_another_report(branch):
    first = reports.branch_report_of(branch, YEAR)
    branch.sites.update(name="Autre nom")

    assert reports.branch_report_of(branch, YEAR) is not first
    assert received(reports.branch_report_of(branch, YEAR - 1)) == 0


def test_only_the_latest_are_kept(branch, monkeypatch):
    monkeypatch.setattr(reports, "MOST_KEPT", 2)
    monkeypatch.setattr(reports, "_KEPT", {})
    for year in (YEAR - 2, YEAR - 1, YEAR):
        reports.branch_report_of(branch, year)

    assert [report.period.year for report in reports._KEPT.values()] == [YEAR - 1, YEAR]
