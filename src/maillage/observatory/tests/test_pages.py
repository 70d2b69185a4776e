"""The report on the site: who reads it, what a cell opens, what an export leaves behind."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.core.models import ReadEntry, TrailEntry
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory
from maillage.observatory import source
from maillage.programme.episodes.actions.follow import record_exit
from maillage.programme.episodes.tests.factories import EpisodeFactory
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory

pytestmark = pytest.mark.django_db
YEAR = 2025
REPORT = {"slug": "branch", "year": YEAR, "grid": "default"}


@pytest.fixture
def branch():
    return OrganisationFactory(slug="branch", name="Antenne d’essai", branch=True)


@pytest.fixture
def manager(branch):
    return MembershipFactory(organisation=branch, manager=True)


@pytest.fixture
def episode(branch):
    person = ParticipantFactory(organisation=branch, last_name="Xylandre", sex="F")
    return EpisodeFactory(
        referral=ReferralFactory(participant=person, accepted=True),
        site=SiteFactory(organisation=branch, slug="site"),
        entered_on=date(YEAR, 10, 1),
    )


def client_of(membership) -> Client:
    client = Client()
    client.force_login(membership.user)
    return client


def cell(row="F", column="total", table="received-by-sex") -> str:
    return reverse("report_cell", kwargs=REPORT | {"table": table, "row": row, "column": column})


def test_a_number_opens_the_files_that_it_counts(manager, episode):
    page = client_of(manager).get(reverse("report", kwargs=REPORT))
    assert cell() in page.text

    opened = client_of(manager).get(cell())

    assert "XYLANDRE" in opened.text
    assert reverse("file", args=[episode.participant.uid]) in opened.text


def test_a_zero_opens_nothing(manager, episode):
    assert cell(row="X") not in client_of(manager).get(reverse("report", kwargs=REPORT)).text


def test_opening_a_cell_leaves_a_read_in_the_trail(manager, episode):
    client_of(manager).get(cell())

    read = ReadEntry.objects.get(what="report_cell")
    assert (read.by, read.count) == (manager.user, 1)


def test_the_coordinator_reads_the_figures_and_opens_none(branch, episode):
    coordinator = MembershipFactory(organisation=OrganisationFactory(lead=True), coordinator=True)
    client = client_of(coordinator)

    page = client.get(reverse("report", kwargs=REPORT))

    assert page.status_code == 200
    assert "/case/" not in page.text
    assert client.get(cell()).status_code == 403


def test_a_manager_does_not_know_that_another_branch_has_a_report(episode):
    stranger = MembershipFactory(organisation=OrganisationFactory(branch=True), manager=True)

    assert client_of(stranger).get(reverse("report", kwargs=REPORT)).status_code == 404
    assert client_of(stranger).get(cell()).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"grid": "nulle"}, {"slug": "nulle-part"}],
)
def test_a_report_that_does_not_exist_is_not_found(manager, wrong):
    page = client_of(manager).get(reverse("report", kwargs=REPORT | wrong))

    assert page.status_code == 404


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [("nulle", "F", "total"), ("received-by-sex", "Z", "total"), ("received-by-sex", "F", "nulle")],
)
def test_a_cell_that_the_report_does_not_have_is_not_found(manager, episode, table, row, column):
    assert client_of(manager).get(cell(row, column, table)).status_code == 404


@pytest.mark.parametrize("kind", ["json", "xlsx", "pdf", "docx", "html"])
def test_an_export_is_recorded_with_who_what_and_from_which_facts(manager, episode, kind):
    answer = client_of(manager).post(reverse("report_file", kwargs=REPORT | {"kind": kind}))

    assert answer.status_code == 200
    assert f'filename="rapport-branch-2025-default.{kind}"' in answer["Content-Disposition"]
    entry = TrailEntry.objects.get(verb="report_exported")
    assert (entry.by, entry.details["format"], entry.details["year"]) == (manager.user, kind, YEAR)
    assert len(entry.details["snapshot"]) == 64


def test_an_export_is_asked_by_a_form_never_by_a_link(manager):
    url = reverse("report_file", kwargs=REPORT | {"kind": "pdf"})

    assert client_of(manager).get(url).status_code == 405


def test_a_report_is_counted_again_after_an_act_and_only_then(manager, episode, monkeypatch):
    counted = []
    original = source.facts_of
    monkeypatch.setattr(
        source, "facts_of", lambda organisation: counted.append(1) or original(organisation)
    )
    client = client_of(manager)
    client.get(reverse("report", kwargs=REPORT))
    client.get(reverse("report", kwargs=REPORT))
    assert len(counted) == 1

    record_exit(
        by=manager,
        episode=episode,
        version=episode.version,
        on=date(YEAR, 12, 1),
        reason="concertee",
    )
    page = client.get(reverse("report", kwargs=REPORT))

    assert len(counted) == 2
    assert cell("exited", "total", "flow") in page.text


def test_the_form_leads_to_the_report_asked_for(manager, episode):
    asked = {"organisation": "branch", "year": YEAR, "grid": "apex"}

    answer = client_of(manager).get(reverse("reports"), asked)

    assert answer.url == reverse("report", kwargs=REPORT | {"grid": "apex"})


def test_the_form_offers_ones_own_branch_only(manager):
    OrganisationFactory(slug="elsewhere", name="Antenne d’ailleurs", branch=True)

    assert "Antenne d’ailleurs" not in client_of(manager).get(reverse("reports")).text


def test_a_page_asks_as_many_queries_for_one_person_as_for_ten(manager, branch, episode):
    client = client_of(manager)
    addresses = reverse("report", kwargs=REPORT), cell("H")
    one = [queries(client, address) for address in addresses]
    for _ in range(9):
        EpisodeFactory(
            referral=ReferralFactory(
                participant=ParticipantFactory(organisation=branch), accepted=True
            ),
            site=episode.site,
        )

    assert [queries(client, address) for address in addresses] == one


def queries(client: Client, address: str) -> int:
    client.get(address)  # warm
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)
