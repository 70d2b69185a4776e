"""The 546 persons whom Via Voltaire received in 2024, whose tables are the published ones.

What the report crosses (prescriber, age, reason by site) is dealt inside each site; what it gives
for the whole branch is dealt over all. How newcomers, resumed and continuing persons share sites
and durations is not published: the splits below are ours, their sums are the report's.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from maillage.core.calendar import add_months
from maillage.demo.days import NETWORK_STARTS, Days, opening_days, working_days
from maillage.demo.people import (
    AGE_RANGES,
    birth_date,
    deck,
    identity,
    some_birth_date,
)
from maillage.demo.published import margin, published_table
from maillage.demo.referrals import herault_referral, referral_by
from maillage.demo.rows import DemoRow, known

ORGANISATION = "via-voltaire"
YEAR_START, YEAR_END = date(2024, 1, 1), date(2024, 12, 31)

NEW_EXITED = {"agde": 3, "beziers": 13, "clermont-l-herault": 3, "lunel": 5, "montpellier": 36}
RESUMED = {
    "agde": 2,
    "beziers": 7,
    "clermont-l-herault": 1,
    "lunel": 2,
    "montpellier": 13,
    "pezenas": 1,
    "sete": 1,
}
RESUMED_EXITED = {"agde": 1, "beziers": 3, "lunel": 1, "montpellier": 6}
EXITED_DURATIONS = {
    "new": {"lt3": 12, "3to6": 26, "6to12": 22},
    "resumed": {"lt3": 1, "3to6": 4, "6to12": 6},
    "continuing": {"lt3": 1, "3to6": 5, "6to12": 37, "ge12": 95},
}
LIVELIHOODS_OF_STUDENTS = ["sans_ressources"] * 6 + ["indemnites_chomage"] * 3 + ["autres"] * 3

_LENGTHS = {"lt3": (14, 85), "3to6": (95, 178), "6to12": (187, 360), "ge12": (370, 1100)}
_MONTHS = {"lt3": (0, 3), "3to6": (3, 6), "6to12": (6, 12), "ge12": (12, 1200)}
_STARTED_IN_2024_AND_FOLLOWED = {
    "lt3": (date(2024, 10, 1), YEAR_END),
    "3to6": (date(2024, 7, 1), date(2024, 9, 30)),
    "6to12": (YEAR_START, date(2024, 6, 30)),
}
_LEAVING_EARLY = ("incarceration", "abandon", "changement_situation", "relais_sante", "concertee")


@dataclass(slots=True)
class Seat:
    """A place in the published tables, to be filled by a person."""

    site: str
    group: str
    arrival: str
    exited: bool
    duration: str = "ge12"
    entry: date = YEAR_START
    exit: date | None = None
    birth: date = YEAR_START
    facts: dict = field(default_factory=dict)


def received_in_2024(rng: Random) -> list[tuple[str, DemoRow]]:
    """How each of the 546 arrived (new, resumed, continuing), and the episode that counts."""
    seats = _seats(rng)
    _deal_durations(rng, seats)
    for seat in seats:
        _set_dates(rng, seat)
    _deal_ages(rng, seats)
    _deal_situations(rng, seats)
    _deal_exit_reasons(rng, seats)
    _deal_sexes_and_group(rng, seats)
    return [(seat.arrival, _person(rng, seat)) for seat in seats]


def referral_before(rng: Random, entry: date, not_before: date = date.min) -> date:
    """A working day one to twenty weeks before the entry, most often five (R152)."""
    longest = min(136, (entry - not_before).days)
    wait = rng.triangular(min(10, longest), longest, min(36, longest))
    days = working_days(entry.year)
    day = days.on_or_before(entry - timedelta(days=int(wait)))
    return day if day >= not_before else days.on_or_after(not_before)


def span(
    rng: Random, openings: Days, duration: str, exits: tuple[date, date], entries: tuple[date, date]
) -> tuple[date, date]:
    """Entry and exit within these bounds, so far apart as the class of duration says."""
    lower, upper = _MONTHS[duration]
    while True:
        exit = working_days(exits[1].year).draw(rng, *exits)
        longest = min(_LENGTHS[duration][1], (exit - entries[0]).days)
        length = rng.triangular(_LENGTHS[duration][0], max(longest, _LENGTHS[duration][0]))
        entry = openings.on_or_after(exit - timedelta(days=int(length)))
        in_class = add_months(entry, lower) <= exit < add_months(entry, upper)
        if in_class and entries[0] <= entry <= entries[1]:
            return entry, exit


def _seats(rng: Random) -> list[Seat]:
    received = published_table("vv-accueils-prescripteur-lieu")
    exits = published_table("vv-motifs-sortie-lieu")
    seats = []
    for place, site in enumerate(received["columns"]):
        everyone = margin("vv-accueils-prescripteur-lieu", site)
        newcomers = margin("vv-nouveaux-prescripteur-lieu", site)
        known_before = {group: n - newcomers[group] for group, n in everyone.items()}
        new_out, back, back_out = (
            split.get(site, 0) for split in (NEW_EXITED, RESUMED, RESUMED_EXITED)
        )
        out = sum(cells[place] for cells in exits["cells"])
        for n, group in enumerate(deck(rng, newcomers)):
            seats.append(Seat(site, group, "new", exited=n < new_out))
        for n, group in enumerate(deck(rng, known_before)):
            if n < back:
                seats.append(Seat(site, group, "resumed", exited=n < back_out))
            else:
                leaves = n - back < out - new_out - back_out
                seats.append(Seat(site, group, "continuing", exited=leaves))
    return seats


def _deal_durations(rng: Random, seats: list[Seat]) -> None:
    """Who is followed since before 2024 has been so for twelve months by its end."""
    for arrival, counts in EXITED_DURATIONS.items():
        leaving = [seat for seat in seats if seat.exited and seat.arrival == arrival]
        for seat, duration in zip(leaving, deck(rng, counts), strict=True):
            seat.duration = duration
    counts = margin("vv-duree-en-cours")
    arrived = [seat for seat in seats if not seat.exited and seat.arrival != "continuing"]
    recent = {duration: counts[duration] for duration in _STARTED_IN_2024_AND_FOLLOWED}
    for seat, duration in zip(arrived, deck(rng, recent), strict=True):
        seat.duration = duration


def _set_dates(rng: Random, seat: Seat) -> None:
    openings = opening_days(ORGANISATION, seat.site, YEAR_END.year)
    before = (NETWORK_STARTS, YEAR_START - timedelta(days=1))
    if seat.exited:
        entries = before if seat.arrival == "continuing" else (YEAR_START, YEAR_END)
        exits = (YEAR_START, YEAR_END)
        seat.entry, seat.exit = span(rng, openings, seat.duration, exits, entries)
    elif seat.arrival == "continuing":
        days_ago = int(rng.triangular(0, 1000, 0))
        seat.entry = openings.on_or_before(before[1] - timedelta(days=days_ago))
    else:
        seat.entry = openings.draw(rng, *_STARTED_IN_2024_AND_FOLLOWED[seat.duration])


def _deal_ages(rng: Random, seats: list[Seat]) -> None:
    """The minors come from the justice of minors.

    Ages of who came before are not published: all were adults when the network began.
    """
    for site in published_table("vv-nouveaux-age-lieu")["columns"]:
        newcomers = [seat for seat in seats if seat.site == site and seat.arrival == "new"]
        newcomers.sort(key=lambda seat: seat.group != "autres_partenaires")
        ages = deck(rng, margin("vv-nouveaux-age-lieu", site))
        minors = [age for age in ages if age == "lt18"]
        adults = [age for age in ages if age != "lt18"]
        rng.shuffle(adults)
        for seat, age in zip(newcomers, minors + adults, strict=True):
            seat.birth = birth_date(rng, AGE_RANGES[age], seat.entry)
            if age == "lt18":
                seat.facts = referral_by(rng, "pjj", site)
    for seat in seats:
        if seat.arrival != "new":
            seat.birth = some_birth_date(rng, NETWORK_STARTS)


def _deal_situations(rng: Random, seats: list[Seat]) -> None:
    """The oldest are retired, the youngest study, wages go with a job and with nothing else."""
    employments = margin("vv-situation-professionnelle")
    resources = margin("vv-ressources")
    by_age = sorted(seats, key=lambda seat: seat.birth)
    students = by_age[-employments["formation"] :]
    retired = by_age[: employments["retraite"]]
    rest = by_age[employments["retraite"] : -employments["formation"]]
    livelihoods = deck(
        rng,
        {("en_emploi", "salaires"): employments["en_emploi"]}
        | {
            ("sans_activite", code): n - LIVELIHOODS_OF_STUDENTS.count(code)
            for code, n in resources.items()
            if code not in ("salaires", "retraite")
        },
    )
    dealt = [
        *zip(retired, [("retraite", "retraite")] * len(retired), strict=True),
        *zip(rest, livelihoods, strict=True),
        *zip(reversed(students), [("formation", r) for r in LIVELIHOODS_OF_STUDENTS], strict=True),
    ]
    for seat, (employment, resource) in dealt:
        seat.facts |= {"situation_professionnelle": employment, "ressources": resource}

    statuses = margin("vv-situation-conjugale")
    widowed, single = ["veuf"] * statuses["veuf"], ["celibataire"] * 2
    between = statuses | {"veuf": 0, "celibataire": statuses["celibataire"] - len(single)}
    for seat, status in zip(by_age, widowed + deck(rng, between) + single, strict=True):
        seat.facts["situation_conjugale"] = status


def _deal_exit_reasons(rng: Random, seats: list[Seat]) -> None:
    """Inside a site, who leaves early abandons more often, who stays long leaves by agreement."""
    for site in published_table("vv-motifs-sortie-lieu")["columns"]:
        leaving = [seat for seat in seats if seat.site == site and seat.exit]
        leaving.sort(key=lambda seat: (known(seat.exit) - seat.entry).days + rng.uniform(0, 400))
        counts = margin("vv-motifs-sortie-lieu", site)
        reasons = [reason for reason in _LEAVING_EARLY for _ in range(counts[reason])]
        for seat, reason in zip(leaving, reasons, strict=True):
            seat.facts["motif_sortie"] = reason


def _deal_sexes_and_group(rng: Random, seats: list[Seat]) -> None:
    """8 women, 6 of them new; 21 of Montpellier take part in the talk group (R31)."""
    women = margin("focus-femmes-via-voltaire")["F"]
    new_women = margin("vv-nouveaux-sexe")["F"]
    newcomers = [seat for seat in seats if seat.arrival == "new"]
    others = [seat for seat in seats if seat.arrival != "new"]
    chosen = rng.sample(newcomers, new_women) + rng.sample(others, women - new_women)
    for seat in seats:
        seat.facts |= {"sexe": "H", "module": "suivi_psychologique"}
    for seat in chosen:
        seat.facts["sexe"] = "F"
    montpellier = [seat for seat in others if seat.site == "montpellier" and seat not in chosen]
    for seat in rng.sample(montpellier, margin("vv-groupe-parole")["participants"]):
        seat.facts["module"] = "groupe_parole"


def _person(rng: Random, seat: Seat) -> DemoRow:
    facts = herault_referral(rng, seat.group, seat.site) | seat.facts
    referred_in_2024 = seat.entry >= date(2024, 1, 15) and rng.random() < 0.8
    return DemoRow(
        **identity(rng, ORGANISATION, seat.site, facts.pop("sexe")),
        **facts,
        date_naissance=seat.birth,
        date_orientation=referral_before(
            rng, seat.entry, YEAR_START if referred_in_2024 else NETWORK_STARTS
        ),
        date_entree=seat.entry,
        lieu=seat.site,
        date_sortie=seat.exit,
    )
