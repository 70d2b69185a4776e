"""Those whom the small branches receive for a course: three runs of La Traverse in 2024 as
published, the others ours.

La Traverse convened 30 persons in 2024 and 28 came, six women among them, whose situations are the
published ones (four in work, of whom one on her own account; two without). Two women came before.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from maillage.core.calendar import add_months, is_working_day
from maillage.demo.days import working_days
from maillage.demo.people import deck, identity, some_birth_date, some_situation, weighted
from maillage.demo.referrals import under
from maillage.demo.rows import DemoRow

_ONE_DAY = timedelta(days=1)
_CLOSED = {"injoignable": 3, "refus_personne": 1}
AHEAD = timedelta(days=200)  # the longest wait, so that whoever is referred today is drawn today


@dataclass(frozen=True, slots=True)
class Run:
    """`women` of those who come, with their employment; the others are men."""

    first_day: date
    site: str
    come: int
    absent: int
    women: tuple[str, ...] = ()


_WORKS, _OUT_OF_WORK = "en_emploi", "sans_activite"
# La Traverse: the runs of 2024 (R76, R81); those of 2023 are ours but for the two women.
LOZERE = (
    Run(date(2023, 5, 30), "mende", 8, 1, (_WORKS,)),
    Run(date(2023, 11, 14), "mende", 7, 2, (_OUT_OF_WORK,)),
    Run(date(2024, 3, 26), "mende", 10, 0, (_WORKS, _OUT_OF_WORK)),
    Run(date(2024, 6, 18), "mende", 9, 1, (_WORKS, _OUT_OF_WORK)),
    Run(date(2024, 10, 15), "mende", 9, 1, (_WORKS, _WORKS)),
)
# Month of the first run, months between runs, sites in turn, how many are convened.
SINCE_2025: dict[str, tuple[date, int, tuple[str, ...], int]] = {
    "la-traverse": (date(2025, 2, 1), 2, ("mende",), 10),
    "aers": (date(2025, 1, 1), 2, ("montpellier", "montpellier", "beziers"), 10),
    "la-clede": (date(2025, 3, 1), 3, ("ales", "nimes"), 9),
}


def runs_of(slug: str, until: date) -> list[Run]:
    """Every run that begins by that day; none where the branch holds no course."""
    if slug not in SINCE_2025:
        return []
    first, months, sites, convened = SINCE_2025[slug]
    found, number = list(LOZERE) if slug == "la-traverse" else [], 0
    while (month := add_months(first, months * number)) <= until:
        rng = Random(f"{slug} course {month}")
        absent = rng.choice((1, 1, 2, 2, 3))
        women = tuple(
            weighted(rng, {_WORKS: 2, _OUT_OF_WORK: 1}) for _ in range(rng.choice((0, 1, 1, 2)))
        )
        day = _two_days_from(month.replace(day=8))
        found.append(Run(day, sites[number % len(sites)], convened - absent, absent, women))
        number += 1
    return [run for run in found if run.first_day <= until]


def _two_days_from(day: date) -> date:
    """The first Tuesday from that day on that is worked, as its Wednesday is."""
    while day.weekday() != 1 or not (is_working_day(day) and is_working_day(day + _ONE_DAY)):
        day += _ONE_DAY
    return day


def course_rows(slug: str, referrals: dict, today: date) -> list[DemoRow]:
    """All of them, drawn ahead, run by run; `referrals` are those the branch receives."""
    rows = []
    for run in runs_of(slug, today + AHEAD):
        rng = Random(f"{slug} {run.first_day}")
        comers = deck(rng, {True: run.come, False: run.absent})
        women = list(run.women)
        for comes in comers:
            employment = women.pop() if comes and women else None
            row = _referred(rng, slug, run, referrals, employment)
            rows.append(_comes(row, run) if comes else _does_not_come(rng, row, run))
    return rows


def _referred(rng: Random, slug: str, run: Run, referrals: dict, employment: str | None) -> DemoRow:
    day = working_days(run.first_day.year).on_or_before(
        run.first_day - timedelta(days=rng.randint(28, 190))
    )
    prescriber, referrer, frame = weighted(rng, referrals)
    birth = some_birth_date(rng, day)
    situation = some_situation(rng, birth, day)
    if employment:
        situation |= {
            "situation_professionnelle": employment,
            "ressources": "salaires" if employment == _WORKS else "rsa",
        }
    return DemoRow(
        **identity(rng, slug, run.site, "F" if employment else "H"),
        **situation,
        **under(rng, frame),
        date_naissance=birth,
        prescripteur=prescriber,
        referrer=referrer,
        date_orientation=day,
        lieu=run.site,
        module="stage",
    )


def _comes(row: DemoRow, run: Run) -> DemoRow:
    return replace(row, date_entree=run.first_day).left(run.first_day + _ONE_DAY, "concertee")


def _does_not_come(rng: Random, row: DemoRow, run: Run) -> DemoRow:
    days = working_days(run.first_day.year + 1)
    end = days.on_or_after(run.first_day + timedelta(days=rng.randint(5, 12)))
    return row.closed(end, weighted(rng, _CLOSED))
