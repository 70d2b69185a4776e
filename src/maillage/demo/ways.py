"""What became of each demand for a group, told from the rows: pure, nothing saved yet.

The choices where the sources disagree (I5–I8) follow from `apex_until_2024`: of APEX's 98 convened
referrals of 2024, 67 came, 5 moved, 13 asked for later and 13 were absent, of whom one is to be
convened again: 171 = 67 + 5 + 13 + 13 + 73 never convened, and 87 = 73 + 13 + 1 wait. The runs of
2024 count 101 persons, 9.2 each, those referred in 2023 included; 13 men took part in the talk
group. What the report says of « after 11 sessions » has no room in his dates, and is left out.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from maillage.demo.days import working_days
from maillage.demo.offers import Meeting, Offering
from maillage.demo.rows import DemoRow

CONVENED_AHEAD = timedelta(days=14)
ABSENCES = {"unknown": 5, "unjustified": 4, "work": 2, "illness": 2, "transport": 1}
EXCUSES = {"illness": 3, "work": 3, "family": 1, "hearing": 1}


@dataclass(eq=False)
class Run:
    """One group: when each of its sessions is held. `is_left` is for the visitor to finish."""

    offering: Offering
    site: str
    meetings: list[tuple[date, Meeting]]
    is_ticked: bool = True
    is_left: bool = False
    is_over: bool = True

    @property
    def first_day(self) -> date:
        return self.meetings[0][0]

    @property
    def last_day(self) -> date:
        return max(day for day, _ in self.meetings)


@dataclass(frozen=True, slots=True)
class Step:
    status: str
    on: date
    run: Run | None = None
    until: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One person at one session: no reason means present."""

    run: Run
    meeting: int
    reason: str = ""
    late: int = 0


@dataclass
class Way:
    """One enrolment from its demand on."""

    row: DemoRow
    kind: str
    steps: list[Step]
    marks: list[Mark] = field(default_factory=list)
    convened: list[tuple[Run, date]] = field(default_factory=list)
    certificate: tuple[str, date] | None = None
    is_returned_by_court: bool = False

    @property
    def status(self) -> str:
        return self.steps[-1].status

    def convene(self, run: Run, on: date) -> None:
        self.convened.append((run, on))
        self.steps.append(Step("convened", on, run))

    def step(self, status: str, on: date, run: Run | None = None, **more) -> None:
        self.steps.append(Step(status, on, run, **more))


def asked(row: DemoRow, kind: str) -> Way:
    return Way(row, kind, [Step("to_convene", row.date_orientation)])


def convening_day(run: Run, row: DemoRow) -> date:
    """Two weeks before, or as soon as the person is known."""
    day = working_days(run.first_day.year).on_or_after(run.first_day - CONVENED_AHEAD)
    return min(max(day, row.date_orientation), run.first_day)


def course_run(offering: Offering, site: str, first_day: date, **more) -> Run:
    days, day = working_days(first_day.year + 1), first_day
    meetings = []
    for meeting in offering.meetings:
        for _ in range(meeting.gap):
            day = days.on_or_after(day + timedelta(days=1))
        meetings.append((day, meeting))
    return Run(offering, site, meetings, **more)


def comes(rng: Random, way: Way, run: Run) -> None:
    """Did it all, perhaps a little late; of a run that began today, the first session so far."""
    way.convene(run, convening_day(run, way.row))
    if rng.random() < 0.4:
        way.step("confirmed", max(way.steps[-1].on, run.first_day - timedelta(days=3)), run)
    way.step("attending", run.first_day, run)
    if not run.is_over:
        way.marks.append(Mark(run, 0))
        return
    late = rng.choice((0, 0, 0, 0, 5, 10)) if len(run.meetings) > 1 else 0
    way.marks += [
        Mark(run, number, late=late if number == 0 else 0) for number in range(len(run.meetings))
    ]
    way.step("completed", run.last_day, run)
    if not run.is_left:
        way.certificate = ("completion", run.last_day)


def does_not_come(rng: Random, way: Way, run: Run) -> None:
    way.convene(run, convening_day(run, way.row))
    reason = rng.choices(list(ABSENCES), weights=list(ABSENCES.values()))[0]
    seen = range(len(run.meetings) if run.is_over else 1)
    way.marks += [Mark(run, number, reason) for number in seen]
    way.step("absent", run.first_day, run)


def asks_for_later(rng: Random, way: Way, run: Run, until: date) -> None:
    """A few days before the run; who was excused says why."""
    on = convening_day(run, way.row)
    way.convene(run, on)
    day = max(on, working_days(run.first_day.year).on_or_before(run.first_day - timedelta(days=3)))
    reason = rng.choice(
        ("Déplacement pour son travail.", "Garde de ses enfants.", "Hospitalisation.")
    )
    way.step("postponed", day, run, until=until, reason=reason)
