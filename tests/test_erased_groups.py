"""Erasing people changes no figure of groups, waits and interviews, of any year."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.test_erased_figures import COMPUTED_ON, erase

from maillage.network.models import Organisation
from maillage.network.tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    SiteFactory,
    UserFactory,
)
from maillage.observatory import reports
from maillage.observatory.branch_report import branch_report
from maillage.observatory.source import snapshot_of
from maillage.observatory.tests.groups import STATES
from maillage.programme.episodes.models import Appointment
from maillage.programme.groups.models import Convocation, Enrolment, EnrolmentStep, Group
from maillage.programme.groups.tests import factories as groups
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.tests.factories import (
    ParticipantFactory,
    ReferralFactory,
)

YEARS = range(2022, 2028)
EDGES = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 1)]
days = st.dates(date(2023, 1, 1), date(2025, 6, 30)) | st.sampled_from(EDGES)
after = st.integers(0, 230).map(timedelta)

lives = st.fixed_dictionaries(
    {
        "asked": days,
        "closed": st.none() | after,
        "kind": st.sampled_from(["course", "course", "talk_group"]),
        "steps": st.lists(st.tuples(after, st.sampled_from(STATES[1:])), max_size=5),
        "runs": st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=3),
        "meetings": st.lists(
            st.tuples(
                after,
                st.sampled_from(["assessment", "follow_up", "review", "phone"]),
                st.sampled_from(["kept", "missed", "excused", "cancelled"]),
            ),
            max_size=3,
        ),
    }
)


def store(organisation: Organisation, some: list[dict]) -> None:
    site, user = SiteFactory(organisation=organisation), UserFactory()
    MembershipFactory(user=user, organisation=organisation)
    offer = groups.offer(organisation, kind="course")
    template = groups.template(organisation, offer=offer)
    talk = groups.template(
        organisation, offer=groups.offer(organisation, kind="talk_group", entry="open"), sessions=3
    )
    runs = [
        groups.group(organisation, site, starts_on=day, template=made, number=f"n{number}")
        for number, (day, made) in enumerate(
            [(date(2024, 3, 4), template), (date(2024, 12, 30), template), (date(2024, 5, 6), talk)]
        )
    ]
    for run in runs:
        run.sessions.update(held_at=timezone.now())
    for one in some:
        live(organisation, one, runs, user)


def live(organisation: Organisation, one: dict, runs: list[Group], user) -> None:
    asked = one["asked"]
    ended = {"closed": True, "ended": asked + one["closed"]} if one["closed"] is not None else {}
    referral = ReferralFactory(
        participant=ParticipantFactory(organisation=organisation), received_on=asked, **ended
    )
    way, day = [(asked, "to_convene")], asked
    for later, state in one["steps"]:
        day += later
        way.append((day, state))
    enrolment = Enrolment.objects.create(
        organisation=organisation,
        participant=referral.participant,
        referral=referral,
        kind=one["kind"],
        status="cancelled",
        asked_on=asked,
        ended_on=day,
    )
    for on, state in way:
        EnrolmentStep.objects.create(enrolment=enrolment, status=state, on=on, by=user)
    for place, is_present in dict(one["runs"]).items():
        Convocation.objects.create(
            enrolment=enrolment, group=runs[place], origin="hand", rank=1, by=user
        )
        for session in runs[place].sessions.all():
            groups.attendance(session, enrolment, user=user, is_present=is_present)
    for later, kind, status in one["meetings"]:
        Appointment.objects.create(
            organisation=organisation,
            participant=referral.participant,
            referral=referral,
            practitioner=user,
            kind=kind,
            status=status,
            starts_at=timezone.make_aware(datetime.combine(asked + later, time(23, 30))),
        )


def figures(organisation: Organisation) -> dict:
    snapshot, found = snapshot_of(organisation), {}
    for year in YEARS:
        report = branch_report(
            snapshot=snapshot,
            organisation=organisation.slug,
            organisation_name=organisation.name,
            sites=reports.sites_of(organisation),
            year=year,
            grid=reports.grid_named("default"),
            computed_on=COMPUTED_ON,
        )
        found[year] = replace(report, snapshot_sha256="")
    return found


@pytest.mark.slow
@pytest.mark.django_db
@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes here
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(some=st.lists(lives, min_size=1, max_size=6), data=st.data())
def test_every_figure_of_every_year_is_the_same_after_an_erasure(some, data):
    with transaction.atomic():
        organisation = OrganisationFactory(branch=True)
        store(organisation, some)
        before = figures(organisation)
        everybody = list(Participant.objects.filter(organisation=organisation))
        gone = data.draw(st.lists(st.sampled_from(everybody), unique=True, min_size=1))

        erase(organisation, gone)

        after_it = figures(organisation)
        assert any(table.section for table in before[2024].tables)
        for year, report in before.items():
            for table in report.tables:
                assert after_it[year].table(table.id) == table, (year, table.id)
            assert after_it[year] == report, year
        transaction.set_rollback(True)


class TestBehindACohort:
    def test_there_are_fewer_files_and_a_count_of_the_erased_ones(self, db):
        organisation = OrganisationFactory(branch=True)
        user = UserFactory()
        for _ in range(3):
            referral = ReferralFactory(
                participant=ParticipantFactory(organisation=organisation),
                received_on=date(2024, 3, 4),
            )
            groups.enrolment(referral, user=user)
        erase(organisation, [Participant.objects.order_by("pk")[0]])

        cell = reports.cell_of(organisation, 2024, "default", "course-cohort", "waiting", "asked")

        assert (len(cell.keys), cell.erased) == (2, 1)
        assert Referral.objects.count() == 2

    def test_an_absent_person_whose_referral_ended_is_carried_over_no_more(self, db):
        organisation, user = OrganisationFactory(branch=True), UserFactory()
        referral = ReferralFactory(
            participant=ParticipantFactory(organisation=organisation),
            received_on=date(2023, 3, 6),
            closed=True,
            ended=date(2023, 9, 4),
        )
        enrolment = groups.enrolment(referral, user=user)
        enrolment.steps.create(status="absent", on=date(2023, 8, 1), by=user)
        before = figures(organisation)[2024].table("course-cohort")

        erase(organisation, [referral.participant])

        assert figures(organisation)[2024].table("course-cohort") == before
        assert before.total == 0
