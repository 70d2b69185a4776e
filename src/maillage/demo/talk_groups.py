"""The talk groups: their weekly or fortnightly sessions, who took part, and who was there.

APEX's 41 sessions and 163 participations of 2024 are the published ones; at Via Voltaire 20
sessions and, since presences are not published, the middle of what 5 to 6 present make (R98).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from maillage.demo.days import working_days
from maillage.demo.offers import Offering, offering
from maillage.demo.published import margin
from maillage.demo.rows import DemoRow
from maillage.demo.ways import ABSENCES, EXCUSES, Mark, Run, Way, asked

MODULE, KIND = "groupe_parole", "talk_group"
PLANNED_AHEAD = timedelta(days=60)
JOIN_LATER, JOIN_SITE = 7, "montpellier"  # Via Voltaire, since none of its rows asks for it


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many sessions a year, on which day of the week, since when, where."""

    sessions: int
    weekday: int
    first_year: int
    site: str
    present: float = 0.82  # of those who are expected


RHYTHMS = {
    "apex": Rhythm(margin("apex-groupe-paroles")["sessions"], 1, 2023, "perpignan"),
    "via-voltaire": Rhythm(margin("vv-groupe-parole")["sessions"], 0, 2022, "montpellier", 0.55),
    "la-clede": Rhythm(20, 3, 2023, "ales"),
    "udaf-11": Rhythm(30, 2, 2023, "carcassonne"),
}
PARTICIPATIONS = {
    ("apex", 2024): margin("apex-groupe-paroles")["participations"],
    ("via-voltaire", 2024): 110,
}


@dataclass(frozen=True, slots=True)
class Stay:
    """From when to when somebody takes part; open where they still do."""

    way: Way
    entry: date
    exit: date | None
    is_done: bool


def talk_group_of(slug: str, rows: Iterable[DemoRow], today: date) -> tuple[list[Run], list[Way]]:
    """One continuous group, where the branch has one."""
    offer = offering(slug, KIND)
    if offer is None:
        return [], []
    rng, rhythm = Random(f"{slug} talk group"), RHYTHMS[slug]
    rows = list(rows)
    ways = [asked(row, KIND) for row in rows if row.module == MODULE]
    stays = [
        Stay(way, way.row.entry, way.row.date_sortie, way.row.motif_sortie == "concertee")
        for way in ways
        if way.row.date_entree
    ]
    if slug == "via-voltaire":
        joined = _join(rng, rows, today)
        ways += [stay.way for stay in joined]
        stays += joined
    run = _run(offer, rhythm, today)
    stays = [stay for stay in stays if stay.exit is None or stay.exit >= run.first_day]
    reviews = _reviews(run, stays)
    for stay in stays:
        _attend(stay, run)
    for way in ways:
        if way.row.closed_on and way.row.module == MODULE:
            way.step("cancelled", way.row.closed_on)
    told = {id(stay.way) for stay in stays}
    ways = [way for way in ways if id(way) in told or way.row.date_entree is None]
    _mark(rng, slug, run, stays, reviews, today)
    return [run], ways


def _join(rng: Random, rows: list[DemoRow], today: date) -> list[Stay]:
    """Men followed in Montpellier who joined the group on the way."""
    known = today - timedelta(days=75)
    may = [
        row
        for row in rows
        if row.is_open
        and row.lieu == JOIN_SITE
        and row.sexe == "H"
        and row.module != MODULE
        and date(2025, 1, 1) <= row.entry <= known
    ]
    days = working_days(today.year + 1)
    return [
        Stay(
            asked(row, KIND),
            days.on_or_after(row.entry + timedelta(days=rng.randint(20, 60))),
            None,
            False,
        )
        for row in rng.sample(may, min(JOIN_LATER, len(may)))
    ]


def session_days(rhythm: Rhythm, year: int) -> list[date]:
    """Evenly over the year, on worked days, none in mid-August nor between the holidays."""
    days = working_days(year).between(date(year, 1, 1), date(year, 12, 23))
    open_days = [
        day
        for day in days
        if day.weekday() == rhythm.weekday and not date(year, 8, 1) <= day <= date(year, 8, 21)
    ]
    count = min(rhythm.sessions, len(open_days))
    return [open_days[n * len(open_days) // count] for n in range(count)]


def _run(offer: Offering, rhythm: Rhythm, today: date) -> Run:
    model = offer.meetings[0]
    last = today + PLANNED_AHEAD
    days = [
        day
        for year in range(rhythm.first_year, last.year + 1)
        for day in session_days(rhythm, year)
        if day <= last
    ]
    return Run(offer, rhythm.site, [(day, model) for day in days], is_over=False)


def _reviews(run: Run, stays: list[Stay]) -> dict[int, Stay]:
    """The individual review of whoever finished, on the day of the exit (R95), by its place."""
    model, found = run.offering.meetings[-1], {}
    for stay in stays if model.is_individual else ():
        if stay.is_done and stay.exit:
            found[len(run.meetings)] = stay
            run.meetings.append((stay.exit, model))
    return found


def _attend(stay: Stay, run: Run) -> None:
    way = stay.way
    invited = max(way.row.date_orientation, stay.entry - timedelta(days=7))
    way.convene(run, invited)
    way.step("attending", stay.entry, run)
    if stay.exit is None:
        return
    if stay.is_done:
        way.step("completed", stay.exit, run)
        way.certificate = ("completion", stay.exit)
    else:
        way.step("cancelled", stay.exit, run, reason="Ne vient plus au groupe.")


def _mark(
    rng: Random, slug: str, run: Run, stays: list[Stay], reviews: dict[int, Stay], today: date
) -> None:
    """Present or not at each session of one's stay; never more than there are places."""
    slots: dict[int, list[tuple[int, Stay]]] = {}
    places = run.offering.capacity
    for number, (day, meeting) in enumerate(run.meetings):
        if day >= today:
            continue
        if meeting.is_individual:
            reviews[number].way.marks.append(Mark(run, number))
            continue
        there = [s for s in stays if s.entry <= day and (s.exit is None or day <= s.exit)]
        slots.setdefault(day.year, []).extend((number, stay) for stay in there)
    for year, of_year in slots.items():
        target = PARTICIPATIONS.get((slug, year), round(RHYTHMS[slug].present * len(of_year)))
        taken: dict[int, int] = {}
        present: set[int] = set()
        for place in rng.sample(range(len(of_year)), len(of_year)):
            number, _ = of_year[place]
            if len(present) < target and taken.get(number, 0) < places:
                present.add(place)
                taken[number] = taken.get(number, 0) + 1
        for place, (number, stay) in enumerate(of_year):
            reasons = ABSENCES | EXCUSES
            reason = (
                "" if place in present else rng.choices(list(reasons), list(reasons.values()))[0]
            )
            stay.way.marks.append(Mark(run, number, reason))
