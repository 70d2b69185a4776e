"""Saves the groups of a branch and the ways of its people, many rows at a time."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from maillage.core.calendar import is_working_day
from maillage.core.models import Seal, User
from maillage.core.seals import digest_of, make_code
from maillage.demo.courses import courses_of
from maillage.demo.interviews import ORGANISATION as INTERVIEWED
from maillage.demo.interviews import Interview, interviews_of_2024
from maillage.demo.life import SLOTS
from maillage.demo.offers import JUDICIAL_PRICE, OFFERS, Offering
from maillage.demo.rows import DemoRow
from maillage.demo.talk_groups import talk_group_of
from maillage.demo.ways import Run, Step, Way
from maillage.network.models import Organisation
from maillage.network.vocabularies import LEGAL_FRAMEWORKS
from maillage.programme.episodes.models import Appointment
from maillage.programme.groups.models import (
    Attendance,
    Certificate,
    Convocation,
    Enrolment,
    EnrolmentStep,
    Group,
    KeptApart,
    Offer,
    Price,
    Room,
    Session,
    SessionModule,
    Speaker,
    Template,
    TemplateModule,
    TemplateSession,
)
from maillage.programme.intake.models import Referral

BATCH = 500
OTHER_KINDS = {"groupe_socio_judiciaire": "socio_judicial", "atelier_emotions": "workshop"}
VOLUNTEER = "volontaire"


def at(day: date, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, hour))


class Branch:
    """One branch while its groups are saved: who works there, and what was made so far."""

    def __init__(self, organisation: Organisation, workers: list[User], today: date):
        self.organisation, self.workers, self.today = organisation, workers, today
        self.rng = random.Random(f"groups {organisation.slug}")
        self.sites = {site.slug: site for site in organisation.sites.all()}
        self.partners = {o.slug: o for o in Organisation.objects.exclude(pk=organisation.pk)}
        self.templates: dict[Offering, Template] = {}
        self.rooms: dict[str, Room] = {}
        self.groups: dict[Run, Group] = {}
        self.sessions: dict[tuple[Run, int], Session] = {}
        self.enrolments: list[tuple[Way, Enrolment]] = []


def load_groups(
    organisation: Organisation,
    rows: Iterable[DemoRow],
    referrals: Iterable[Referral],
    practitioners: list[User],
    today: date,
) -> None:
    """Offers, runs, and one enrolment a demand, each with its dated steps."""
    slug, rows = organisation.slug, list(rows)
    known = {(r.participant.reference, r.number): r for r in referrals}
    branch = Branch(organisation, practitioners, today)
    runs, ways = courses_of(slug, rows, today)
    more_runs, more_ways = talk_group_of(slug, rows, today)
    for offering in OFFERS[slug]:
        _describe(branch, offering)
    ways += more_ways + _waiting_for_others(slug, rows)
    convened = Counter(run for way in ways if way.kind == "course" for run, _ in way.convened)
    _plan(branch, runs + more_runs, convened)
    _enrol(branch, ways, known)
    _mark(branch)
    _certify(branch)
    if slug == INTERVIEWED:
        _keep_apart(branch)
        _meet(branch, interviews_of_2024(rows), known)


def _waiting_for_others(slug: str, rows: list[DemoRow]) -> list[Way]:
    """Those who asked for a group of which no run is planned yet."""
    offered = {offering.kind for offering in OFFERS[slug]}
    return [
        Way(row, kind, [Step("to_convene", row.date_orientation)])
        for row in rows
        if row.is_waiting and (kind := OTHER_KINDS.get(row.module or "")) in offered
    ]


def _describe(branch: Branch, offering: Offering) -> None:
    offer = Offer.objects.create(
        organisation=branch.organisation,
        kind=offering.kind,
        entry=offering.entry,
        audience=offering.audience,
        name=offering.name,
    )
    all_of_it = offering.kind == Offer.Kind.COURSE
    template = Template.objects.create(
        offer=offer,
        number=1,
        capacity=offering.capacity,
        smallest=offering.smallest,
        required_minutes=offering.minutes - 60 if all_of_it else offering.minutes * 3 // 4,
        instalments=4 if offering.is_priced else 1,
        by=branch.workers[0],
    )
    branch.templates[offering] = template
    sessions = TemplateSession.objects.bulk_create(
        TemplateSession(
            template=template,
            number=number,
            gap=meeting.gap,
            starts_at=meeting.at,
            minutes=meeting.minutes,
            is_individual=meeting.is_individual,
        )
        for number, meeting in enumerate(offering.meetings, 1)
    )
    TemplateModule.objects.bulk_create(
        TemplateModule(
            session=session,
            number=number,
            title=title,
            minutes=meeting.minutes // len(meeting.modules),
            speaker=speaker,
        )
        for session, meeting in zip(sessions, offering.meetings, strict=True)
        for number, (title, speaker) in enumerate(meeting.modules, 1)
    )
    if offering.is_priced:
        Price.objects.bulk_create(
            Price(
                template=template,
                legal_framework=code,
                cents=0 if code == VOLUNTEER else JUDICIAL_PRICE,
            )
            for code in LEGAL_FRAMEWORKS.codes
        )


def _room(branch: Branch, site: str) -> Room:
    if site not in branch.rooms:
        branch.rooms[site] = Room.objects.create(
            organisation=branch.organisation,
            site=branch.sites[site],
            name="Grande salle",
            seats=20,
        )
    return branch.rooms[site]


def _plan(branch: Branch, runs: list[Run], convened: Counter[Run]) -> None:
    """A run to which more were convened than it has places had that many."""
    numbers: dict[int, int] = {}
    for run in sorted(runs, key=lambda run: run.first_day):
        year = run.first_day.year
        numbers[year] = numbers.get(year, 0) + 1
        branch.groups[run] = Group(
            organisation=branch.organisation,
            template=branch.templates[run.offering],
            site=branch.sites[run.site],
            number=f"{year}-{numbers[year]:02}",
            audience=run.offering.audience,
            capacity=max(run.offering.capacity, convened[run]),
            starts_on=run.first_day,
            ends_on=run.last_day,
            status=Group.Status.FINISHED
            if run.is_over and not run.is_left
            else Group.Status.PLANNED,
        )
    Group.objects.bulk_create(branch.groups.values(), batch_size=BATCH)
    modules, speakers = [], []
    for run, group in branch.groups.items():
        room = _room(branch, run.site)
        ticked = _ticked(run, branch.today)
        for number, place in enumerate(_in_order(run), 1):
            day, meeting = run.meetings[place]
            starts = at(day, meeting.at)
            session = Session(
                group=group,
                number=number,
                starts_at=starts,
                minutes=meeting.minutes,
                room=room,
                is_individual=meeting.is_individual,
                held_at=starts + timedelta(minutes=meeting.minutes) if place in ticked else None,
            )
            branch.sessions[run, place] = session
            modules += [
                SessionModule(
                    session=session,
                    number=n,
                    title=title,
                    minutes=meeting.minutes // len(meeting.modules),
                )
                for n, (title, _) in enumerate(meeting.modules, 1)
            ]
            speakers += _speakers(branch, run.offering, session, number)
    Session.objects.bulk_create(branch.sessions.values(), batch_size=BATCH)
    SessionModule.objects.bulk_create(modules, batch_size=BATCH)
    Speaker.objects.bulk_create(speakers, batch_size=BATCH)


def _in_order(run: Run) -> list[int]:
    places = range(len(run.meetings))
    return sorted(places, key=lambda place: (run.meetings[place][0], run.meetings[place][1].at))


def _ticked(run: Run, today: date) -> set[int]:
    """The sessions whose attendance was taken: what is of today is still to be."""
    if not run.is_ticked:
        return set()
    if run.is_over:
        return set(range(len(run.meetings)))
    return {place for place, (day, _) in enumerate(run.meetings) if day < today or place == 0}


def _speakers(branch: Branch, offering: Offering, session: Session, number: int) -> list[Speaker]:
    worker = branch.workers[number % len(branch.workers)]
    found = [Speaker(session=session, user=worker, function=offering.worker)]
    if offering.partner and number % 2 == 0:
        slug, function = offering.partner
        found.append(Speaker(session=session, partner=branch.partners[slug], function=function))
    return found


def _enrol(branch: Branch, ways: list[Way], known: dict[tuple[str, int], Referral]) -> None:
    steps, convocations = [], []
    ranks: Counter[Run] = Counter()
    for way in ways:
        referral = known[way.row.dossier, way.row.episode]
        last = way.steps[-1]
        keeps_group = way.status not in Enrolment.WAITING
        enrolment = Enrolment(
            organisation=branch.organisation,
            participant=referral.participant,
            referral=referral,
            kind=way.kind,
            status=way.status,
            asked_on=referral.received_on,
            group=_group_of(branch, way) if keeps_group else None,
            not_before=last.until,
            is_returned_by_court=way.is_returned_by_court,
            ended_on=last.on if way.status in Enrolment.ENDED else None,
            version=len(way.steps),
        )
        branch.enrolments.append((way, enrolment))
        for order, step in enumerate(way.steps):
            steps.append(
                EnrolmentStep(
                    enrolment=enrolment,
                    status=step.status,
                    group=branch.groups[step.run] if step.run else None,
                    on=step.on,
                    until=step.until,
                    by=branch.workers[0],
                    recorded_at=at(step.on, time(8)) + timedelta(minutes=order),
                    reason=step.reason,
                )
            )
        for run, on in way.convened:
            ranks[run] += 1
            convocations.append(
                Convocation(
                    enrolment=enrolment,
                    group=branch.groups[run],
                    origin=Convocation.Origin.HAND,
                    rank=ranks[run],
                    convened_on=on,
                    by=branch.workers[0],
                )
            )
    Enrolment.objects.bulk_create([e for _, e in branch.enrolments], batch_size=BATCH)
    EnrolmentStep.objects.bulk_create(steps, batch_size=BATCH)
    Convocation.objects.bulk_create(convocations, batch_size=BATCH)


def _group_of(branch: Branch, way: Way) -> Group | None:
    """The last group of which a step speaks."""
    runs = [step.run for step in way.steps if step.run]
    return branch.groups[runs[-1]] if runs else None


def _mark(branch: Branch) -> None:
    worker = branch.workers[0]
    rows = []
    for way, enrolment in branch.enrolments:
        for mark in way.marks:
            session = branch.sessions[mark.run, mark.meeting]
            ticked_at = session.starts_at + timedelta(minutes=10)
            rows.append(
                Attendance(
                    session=session,
                    enrolment=enrolment,
                    is_present=not mark.reason,
                    minutes_late=mark.late,
                    complied=None if mark.reason else True,
                    reason=mark.reason,
                    tick=UUID(int=branch.rng.getrandbits(128)),
                    ticked_at=ticked_at,
                    by=worker,
                    recorded_at=ticked_at,
                )
            )
    Attendance.objects.bulk_create(rows, batch_size=BATCH)


def _certify(branch: Branch) -> None:
    """In the order of the days, numbered by year; one who missed too much of it gets none."""
    earned = []
    for way, enrolment in branch.enrolments:
        if way.certificate is None:
            continue
        kind, on = way.certificate
        last_run = way.convened[-1][0]
        minutes = sum(
            mark.run.meetings[mark.meeting][1].minutes - mark.late
            for mark in way.marks
            if not mark.reason and mark.run is last_run
        )
        required = branch.templates[last_run.offering].required_minutes
        if kind == Certificate.Kind.NON_ATTENDANCE or minutes >= required:
            earned.append((on, kind, minutes, enrolment))
    numbers: dict[int, int] = {}
    rows = []
    for on, kind, minutes, enrolment in sorted(earned, key=lambda one: one[0]):
        numbers[on.year] = numbers.get(on.year, 0) + 1
        rows.append(
            Certificate(
                organisation=branch.organisation,
                enrolment=enrolment,
                kind=kind,
                number=f"{on.year}-{numbers[on.year]:04}",
                code=make_code(),
                minutes=minutes,
                issued_on=on,
                by=branch.workers[0],
            )
        )
    Certificate.objects.bulk_create(rows, batch_size=BATCH)
    Seal.objects.bulk_create((Seal(digest=digest_of(row.code)) for row in rows), batch_size=BATCH)


def _keep_apart(branch: Branch) -> None:
    """A man and a woman of the waiting list who are never convened together."""
    waiting = [e.participant for way, e in branch.enrolments if way.status == "to_convene"]
    man = next((person for person in waiting if person.sex == "H"), None)
    woman = next((person for person in waiting if person.sex == "F"), None)
    if man and woman:
        one, other = sorted((man, woman), key=lambda person: person.pk)
        KeptApart.objects.create(
            organisation=branch.organisation, one=one, other=other, by=branch.workers[0]
        )


def _meet(branch: Branch, interviews: list[Interview], known: dict) -> None:
    """Interviews at free times, the nearest worked day before where a day is full."""
    taken: set[tuple[int, datetime]] = set()

    def book(user: User, day: date) -> datetime:
        while True:
            for slot in SLOTS if is_working_day(day) else ():
                moment = at(day, slot)
                if (user.pk, moment) not in taken:
                    taken.add((user.pk, moment))
                    return moment
            day -= timedelta(days=1)

    first, later = [], []
    for number, one in enumerate(interviews):
        referral = known[one.row.dossier, one.row.episode]
        user = branch.workers[number % len(branch.workers)]

        def fixed(day: date, status: str, referral=referral, user=user, one=one) -> Appointment:
            return Appointment(
                organisation=branch.organisation,
                participant=referral.participant,
                referral=referral,
                practitioner=user,
                site=branch.sites[one.row.lieu],
                kind=one.kind,
                starts_at=book(user, day),
                status=status,
            )

        kept = fixed(one.day, one.status)
        if one.put_off_from:
            kept.supersedes = fixed(one.put_off_from, Appointment.Status.POSTPONED)
            first.append(kept.supersedes)
            later.append(kept)
        else:
            first.append(kept)
    Appointment.objects.bulk_create(first, batch_size=BATCH)
    for appointment in later:
        appointment.supersedes = appointment.supersedes  # its key is known now
    Appointment.objects.bulk_create(later, batch_size=BATCH)
