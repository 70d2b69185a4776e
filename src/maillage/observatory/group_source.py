"""From the groups of a branch to what is told of them: the one place where they are read."""

from collections.abc import Iterator
from datetime import date

from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.network.models import Organisation
from maillage.observatory.group_facts import (
    GroupFact,
    Interviews,
    Meeting,
    Module,
    Money,
    Run,
    Turn,
    Wait,
)
from maillage.programme.fees.models import AccountingLine, Entry, Fee
from maillage.programme.groups import statistics
from maillage.programme.groups.models import (
    EnrolmentStep,
    Group,
    InterviewTally,
    RunTally,
    Session,
    SessionModule,
    SessionTally,
    StatisticalTurn,
    StatisticalWait,
)

A_SESSION_HAS_MODULES = 100  # at most: orders modules by session, then inside it


def group_facts_of(organisation: Organisation) -> Iterator[GroupFact]:
    """Everything, erased files included."""
    yield from _turns(organisation)
    yield from _turns_of_erased_files(organisation)
    yield from _held(organisation)
    yield from _waits(organisation)
    yield from _interviews(organisation)
    yield from _money(organisation)


def _turns(organisation: Organisation) -> Iterator[Turn]:
    rows = (
        EnrolmentStep.objects.filter(enrolment__organisation=organisation)
        .standing()
        .order_by("enrolment_id", "on", "recorded_at", "pk")
        .values_list(
            "pk",
            "enrolment_id",
            "enrolment__participant_id",
            "enrolment__kind",
            "enrolment__asked_on",
            "enrolment__referral__ended_on",
            "status",
            "on",
        )
    )
    before, rank = 0, 0
    for pk, enrolment, participant, kind, asked_on, closed_on, state, on in rows.iterator():
        rank = rank + 1 if enrolment == before else 1
        before = enrolment
        on = asked_on if rank == 1 else on  # a demand stands from its day, whenever it was entered
        yield Turn(
            turn=pk,
            enrolment=enrolment,
            participant=participant,
            kind=kind,
            asked_on=asked_on,
            six_months_on=add_months(asked_on, statistics.LONG_WAIT),
            closed_on=closed_on,
            rank=rank,
            state=state,
            on=on,
        )


def _turns_of_erased_files(organisation: Organisation) -> Iterator[Turn]:
    rows = StatisticalTurn.objects.filter(demand__organisation=organisation)
    for row in rows.select_related("demand"):
        demand = row.demand
        yield Turn(
            turn=-row.pk,
            enrolment=-demand.pk,
            participant=-demand.pk,
            kind=demand.kind,
            asked_on=demand.asked_on,
            six_months_on=add_months(demand.asked_on, statistics.LONG_WAIT),
            closed_on=demand.closed_on,
            rank=row.rank,
            state=row.state,
            on=demand.asked_on if row.rank == 1 else row.on,
        )


def _held(organisation: Organisation) -> Iterator[Run | Meeting | Module]:
    """Runs, sessions and modules that were held, with the counts of whom was erased."""
    of = {"organisation": organisation}
    presences = statistics.presences_by_session(**of)
    for session, expected, present in SessionTally.objects.filter(
        session__group__organisation=organisation
    ).values_list("session_id", "expected", "present"):
        known = presences.get(session, (0, 0))
        presences[session] = (known[0] + expected, known[1] + present)
    held = Session.objects.filter(
        group__organisation=organisation, is_cancelled=False, held_at__isnull=False
    ).order_by("pk")
    groups = set()
    columns = ("pk", "group_id", "group__template__offer__kind", "starts_at", "minutes")
    for pk, group, kind, starts_at, minutes, is_individual in held.values_list(
        *columns, "is_individual"
    ).iterator():
        groups.add(group)
        expected, present = presences.get(pk, (0, 0))
        on = timezone.localdate(starts_at)
        yield Meeting(pk, kind, on, minutes, is_individual, expected, present)
    yield from _runs(organisation, groups)
    yield from _modules(held, presences)


def _runs(organisation: Organisation, held: set[int]) -> Iterator[Run]:
    of = {"organisation": organisation}
    convened, attended = statistics.convened_by_run(**of), statistics.attended_by_run(**of)
    erased = {
        group: (of_convened, of_attended)
        for group, of_convened, of_attended in RunTally.objects.filter(
            group__organisation=organisation
        ).values_list("group_id", "convened", "attended")
    }
    rows = Group.objects.filter(organisation=organisation).order_by("pk")
    for pk, kind, starts_on in rows.values_list("pk", "template__offer__kind", "starts_on"):
        if pk in held:
            more = erased.get(pk, (0, 0))
            yield Run(
                pk,
                kind,
                starts_on,
                convened.get(pk, 0) + more[0],
                attended.get(pk, 0) + more[1],
            )


def _modules(held, presences: dict[int, tuple[int, int]]) -> Iterator[Module]:
    rows = SessionModule.objects.filter(session__in=held.order_by()).order_by("pk")
    for pk, session, place, number, kind, starts_at, title in rows.values_list(
        "pk",
        "session_id",
        "session__number",
        "number",
        "session__group__template__offer__kind",
        "session__starts_at",
        "title",
    ).iterator():
        expected, present = presences.get(session, (0, 0))
        yield Module(
            pk,
            kind,
            timezone.localdate(starts_at),
            place * A_SESSION_HAS_MODULES + number,
            title,
            expected,
            present,
        )


def _waits(organisation: Organisation) -> Iterator[Wait]:
    of = {"organisation": organisation}
    ended = [*statistics.course_waits(**of), *statistics.interview_waits(**of)]
    ended.sort(key=lambda one: (one.what, one.on, one.days))
    for number, one in enumerate(ended, 1):
        yield Wait(number, str(one.what), one.on, one.days, one.is_long)
    for row in StatisticalWait.objects.filter(organisation=organisation):
        yield Wait(-row.pk, row.what, date(row.year, 12, 31), row.days, row.is_long)


def _interviews(organisation: Organisation) -> Iterator[Interviews]:
    counted = {
        (on, purpose, status): count
        for on, purpose, status, count in statistics.interviews(organisation=organisation)
    }
    for row in InterviewTally.objects.filter(organisation=organisation):
        key = (row.on, row.purpose, row.status)
        counted[key] = counted.get(key, 0) + row.count
    for number, ((on, purpose, status), count) in enumerate(sorted(counted.items()), 1):
        yield Interviews(number, on, purpose, status, count)


def _money(organisation: Organisation) -> Iterator[Money]:
    """What was asked and every movement; keys are told apart by a digit, those of erased files are
    below zero."""
    asked = Fee.objects.filter(organisation=organisation).order_by("pk")
    for pk, on, cents in asked.values_list("pk", "asked_on", "cents"):
        yield Money(10 * pk, on, AccountingLine.ASKED, cents)
    entries = Entry.objects.filter(fee__organisation=organisation).order_by("pk")
    for pk, on, kind, cents, undoes in entries.values_list(
        "pk", "on", "kind", "cents", "cancels_id"
    ):
        yield Money(10 * pk + 1, on, kind, -cents if undoes else cents)
    lines = AccountingLine.objects.filter(organisation=organisation).order_by("pk")
    for pk, on, kind, cents in lines.values_list("pk", "on", "kind", "cents"):
        yield Money(-pk, on, kind, cents)
