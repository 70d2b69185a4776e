"""APEX: the referrals of 2023 and 2024 as published, and what became of them.

The report does not say whether its 67 stages done include the 34 of persons referred in 2023: here
both figures are kept, and 101 persons did a stage in 2024. Of the 13 convened persons without a
published outcome one waits again, so that 87 wait at the end of 2024 as printed (I6–I8).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from maillage.demo.days import opening_days, working_days
from maillage.demo.people import birth_date, deck, identity, some_birth_date, weighted
from maillage.demo.published import margin
from maillage.demo.referrals import under
from maillage.demo.rows import DemoRow, known

ORGANISATION, SITE = "apex", "perpignan"
AGE_RANGES = {"18to25": (18, 25), "26to39": (26, 39), "40to64": (40, 64), "ge65": (65, 76)}
RESOURCES = {
    "en_emploi": {"salaires": 1},
    "sans_activite": {"indemnites_chomage": 4, "rsa": 5, "sans_ressources": 2},
    "formation": {"autres": 1},
    "retraite": {"retraite": 1},
    "non_precise": {"non_precise": 1},
}
PACSED = 4

SESSIONS_2023 = (
    *(date(2023, 1, 26), date(2023, 2, 23), date(2023, 3, 23), date(2023, 4, 20)),
    *(date(2023, 6, 15), date(2023, 9, 14), date(2023, 10, 19), date(2023, 11, 16)),
    date(2023, 12, 14),
)
SESSIONS_2024 = (
    *(date(2024, 1, 25), date(2024, 2, 22), date(2024, 3, 21), date(2024, 4, 18)),
    *(date(2024, 5, 23), date(2024, 6, 20), date(2024, 7, 11), date(2024, 9, 12)),
    *(date(2024, 10, 17), date(2024, 11, 14), date(2024, 12, 12)),
)
# How many of each year's referrals attended these sessions.
_FROM_2022 = tuple(zip(SESSIONS_2023[:4], (4, 4, 4, 4), strict=True))
_FROM_2023 = (
    *zip(SESSIONS_2023[2:], (2, 6, 9, 8, 8, 8, 7), strict=True),
    *zip(SESSIONS_2024[:5], (4, 8, 9, 9, 4), strict=True),
)
_FROM_2024 = tuple(zip(SESSIONS_2024[4:], (6, 9, 10, 11, 10, 10, 11), strict=True))

_REFERRERS = {
    "spip": ("spip", "spip-perpignan", {"postsentenciel": 1}),
    "tj-perpignan": ("tribunal", "tj-perpignan", {"composition_penale": 3, "presentenciel": 2}),
    "tj-exterieur": ("tribunal", "tj-exterieur", {"postsentenciel": 3, "composition_penale": 2}),
    "delegue_procureur": (
        "delegue_procureur",
        "delegues-perpignan",
        {"alternative_poursuites": 7, "composition_penale": 3},
    ),
    "jap": ("jap", "jap-perpignan", {"postsentenciel": 1}),
    "departement": ("departement", "departement-66", {"volontaire": 1}),
    "ase": ("ase", "ase-66", {"volontaire": 1}),
    "pjj": ("pjj", "pjj-66", {"presentenciel": 1}),
    "psychologue": ("psychologue", None, {"volontaire": 1}),
    "medecin": ("medecin", None, {"volontaire": 1}),
    "spontane": ("spontane", None, {"volontaire": 1}),
    "avocat": ("avocat", None, {"volontaire": 1, "presentenciel": 1}),
    "plateforme_ecoute": ("plateforme_ecoute", "fnacav", {"volontaire": 1}),
}
# The 27 that are not for a stage; their count by referrer is not published, their kinds are.
OTHER_REFERRERS = {
    "departement": 8,
    "ase": 4,
    "spip": 4,
    "psychologue": 3,
    "pjj": 2,
    "medecin": 2,
    "tj-exterieur": 1,
    "spontane": 1,
    "avocat": 1,
    "plateforme_ecoute": 1,
}
CONVENED_IN_2024 = {"done": 67, "waits": 14, "absent": 12, "moved": 5}
NOT_ENTERED = {
    "absent": {"injoignable": 3, "refus_personne": 1},
    "moved": {"hors_territoire": 1},
    "cancelled": {"hors_criteres": 1},
    "no_demand": {"pas_de_demande": 5, "injoignable": 3, "hors_criteres": 1},
}

Window = tuple[date, date]
# Module, when referred, when out, and the reasons; who has no reason is still followed.
_Plan = tuple[str, Window, Window, Sequence[str | None]]
_IN_2023 = (date(2023, 6, 1), date(2023, 12, 20))
_IN_2024 = (date(2024, 2, 5), date(2024, 12, 20))
_OTHERS_2023: list[_Plan] = [
    (
        "groupe_parole",
        (date(2023, 1, 9), date(2023, 4, 28)),
        _IN_2023,
        ["concertee"] * 4 + ["abandon"] * 3,
    ),
    (
        "groupe_parole",
        (date(2023, 6, 1), date(2023, 10, 13)),
        _IN_2024,
        ["concertee"] * 4 + ["recidive"],
    ),
    (
        "suivi_socio_educatif",
        (date(2023, 1, 9), date(2023, 6, 30)),
        _IN_2023,
        ["concertee", "abandon"],
    ),
    (
        "suivi_socio_educatif",
        (date(2023, 7, 3), date(2023, 10, 13)),
        _IN_2024,
        ["concertee", "concertee"],
    ),
]
_OTHERS_2024: list[_Plan] = [
    (
        "groupe_parole",
        (date(2024, 1, 8), date(2024, 7, 31)),
        _IN_2024,
        ["concertee", "abandon", "abandon", "abandon", "recidive", "changement_situation"],
    ),
    ("groupe_parole", (date(2024, 8, 26), date(2024, 10, 11)), _IN_2024, [None, None]),
    (
        "suivi_socio_educatif",
        (date(2024, 1, 8), date(2024, 8, 30)),
        _IN_2024,
        ["reorientation", "reorientation", "concertee", "concertee"],
    ),
    ("suivi_socio_educatif", (date(2024, 7, 1), date(2024, 10, 31)), _IN_2024, [None] * 3),
]


def referred_until_2024(rng: Random) -> list[DemoRow]:
    """The referrals of late 2022, of 2023 and of 2024, as they stood on 31 December 2024."""
    rows_2022 = _stages(
        rng,
        _dates(rng, 16, date(2022, 9, 5), date(2022, 12, 16)),
        [("delegue_procureur", "H")] * 16,
        ["done"] * 16,
        _seats(_FROM_2022),
    )
    rows_2023 = _stages_of_2023(rng)
    came_in_2024 = [r for r in rows_2023 if r.date_entree and r.entry.year == 2024]
    others = [row for row in rows_2023 if row not in came_in_2024]
    others += _others(rng, 2023, _OTHERS_2023, 37)
    rows_2024 = _stages_of_2024(rng)
    rows_2024 += _others(rng, 2024, _OTHERS_2024, len(deck(rng, OTHER_REFERRERS)))
    return [
        *(some_facts(rng, row) for row in rows_2022 + others),
        *_published_facts(rng, came_in_2024, "2023"),
        *_published_facts(rng, rows_2024, "2024"),
    ]


def referred(rng: Random, day: date, source: str, module: str | None, sex: str = "H") -> DemoRow:
    prescriber, referrer, frames = _REFERRERS[source]
    return DemoRow(
        **identity(rng, ORGANISATION, SITE, sex),
        **under(rng, weighted(rng, frames)),
        date_naissance=None,
        prescripteur=prescriber,
        referrer=referrer,
        date_orientation=day,
        lieu=SITE,
        module=module,
    )


def stage_done(row: DemoRow, session: date) -> DemoRow:
    """A stage lasts two days in a row (12 h, R86)."""
    return replace(row, date_entree=session).left(session + timedelta(days=1), "concertee")


def entered(rng: Random, row: DemoRow, module: str) -> DemoRow:
    """On a Monday or a Tuesday, two to eight weeks after the referral (R35)."""
    openings = opening_days(ORGANISATION, SITE, row.date_orientation.year + 1)
    day = row.date_orientation + timedelta(days=rng.randint(14, 56))
    return replace(row, date_entree=openings.on_or_after(day), module=module)


def not_entered(rng: Random, row: DemoRow, why: str, after: date) -> DemoRow:
    days = working_days(after.year + 1)
    day = days.on_or_after(after + timedelta(days=rng.randint(5, 12)))
    return row.closed(day, weighted(rng, NOT_ENTERED[why]))


def some_facts(rng: Random, row: DemoRow) -> DemoRow:
    """Age, employment and family as unevenly known as in the published year."""
    if row.date_naissance is None and rng.random() < 0.8:
        row = replace(row, date_naissance=some_birth_date(rng, row.date_orientation))
    if row.date_entree is None or rng.random() < 0.2:
        return row
    employment = weighted(rng, margin("apex-situation-professionnelle", "2023"))
    family = weighted(rng, margin("apex-situation-familiale", "2023"))
    return replace(
        row,
        situation_professionnelle=employment,
        ressources=weighted(rng, RESOURCES[employment]),
        situation_conjugale="marie" if family == "marie_pacse" else family,
    )


def _dates(rng: Random, n: int, start: date, end: date) -> list[date]:
    return sorted(rng.choices(working_days(end.year).between(start, end), k=n))


def _seats(attended: tuple[tuple[date, int], ...]) -> Iterator[date]:
    """The session of each person who attends, in order of time."""
    return (session for session, n in attended for _ in range(n))


def _stages(
    rng: Random,
    days: list[date],
    sources: list[tuple[str, str]],
    outcomes: list[str],
    seats: Iterator[date],
) -> list[DemoRow]:
    """Convened in the order of the referrals (R88); who does not come is closed after the stage."""
    rows, session = [], next(seats)
    upcoming: date | None = session
    for day, (source, sex), outcome in zip(days, sources, outcomes, strict=True):
        row = referred(rng, day, source, "stage", sex)
        if outcome == "done":
            session = known(upcoming)
            row = stage_done(row, session)
            upcoming = next(seats, None)
        elif outcome != "waits":
            row = not_entered(rng, row, outcome, session)
        rows.append(row)
    return rows


def _stages_of_2023(rng: Random) -> list[DemoRow]:
    """109 referrals, of which 54 wait at the end of the year; the two cancelled are women."""
    total = margin("apex-orientations-evolution", "2023")["stage_referrals"]
    fate = margin("apex-attente-fin-2023")
    waiting = sum(fate.values())
    done = sum(n for session, n in _FROM_2023 if session.year == 2023)
    outcomes = deck(rng, {"done": done, "absent": total - waiting - done})
    outcomes += deck(
        rng,
        {
            "done": fate["stage_effectue"],
            "cancelled": fate["annule"],
            "absent": fate["non_presente"] - 2,
            "moved": 2,
        },
    )
    referrers = margin("apex-orientations-stage-prescripteur")
    women = {"cancelled": "F", "done": "H"}
    sources = [
        (weighted(rng, referrers), women.get(outcome) or weighted(rng, {"H": 9, "F": 1}))
        for outcome in outcomes
    ]
    days = _dates(rng, total, date(2023, 1, 2), date(2023, 12, 20))
    return _stages(rng, days, sources, outcomes, _seats(_FROM_2023))


def _stages_of_2024(rng: Random) -> list[DemoRow]:
    """171 referrals: 98 are convened in the year; the 20 women come from delegates."""
    by_sex = margin("focus-femmes-apex")
    referrers = margin("apex-orientations-stage-prescripteur")
    sources = deck(
        rng,
        {("delegue_procureur", sex): n for sex, n in by_sex.items()}
        | {(code, "H"): n for code, n in referrers.items() if code != "delegue_procureur"},
    )
    outcomes = deck(rng, CONVENED_IN_2024)
    outcomes += ["waits"] * (len(sources) - len(outcomes))
    days = _dates(rng, len(sources), date(2024, 1, 2), date(2024, 12, 20))
    return _stages(rng, days, sources, outcomes, _seats(_FROM_2024))


def _others(rng: Random, year: int, plans: list[_Plan], total: int) -> list[DemoRow]:
    """Men of the talk group (R96), individual follow-ups, and those who asked for nothing (R47)."""
    sources = deck(rng, OTHER_REFERRERS)
    sources += rng.choices(sources, k=total - len(sources))
    rng.shuffle(sources)
    rows = []
    for module, when, exits, reasons in plans:
        for reason in reasons:
            day = working_days(year).draw(rng, *when)
            row = entered(rng, referred(rng, day, sources.pop(), None), module)
            if reason is not None:
                earliest = max(exits[0], row.entry + timedelta(days=21))
                row = row.left(working_days(year).draw(rng, earliest, exits[1]), reason)
            rows.append(row)
    for source in sources:
        day = working_days(year).draw(rng, date(year, 1, 8), date(year, 11, 15))
        row = referred(rng, day, source, None)
        rows.append(not_entered(rng, row, "no_demand", day + timedelta(days=14)))
    return rows


def _published_facts(rng: Random, rows: list[DemoRow], column: str) -> list[DemoRow]:
    """What is known is known first of those who were met; the oldest of them are retired."""
    dealt = []
    for row, age in zip(rows, deck(rng, margin("apex-age", column)), strict=True):
        if age != "non_precise":
            birth = birth_date(rng, AGE_RANGES[age], row.date_orientation)
            row = replace(row, date_naissance=birth)
        dealt.append(row)

    dealt = _met_first(rng, dealt)
    families = margin("apex-situation-familiale", column)
    statuses = deck(
        rng, {code: n for code, n in families.items() if code not in ("marie_pacse", "non_precise")}
    )
    pacsed = min(PACSED, families["marie_pacse"] // 8)
    statuses += ["pacse"] * pacsed + ["marie"] * (families["marie_pacse"] - pacsed)
    rng.shuffle(statuses)
    statuses += ["non_precise"] * families["non_precise"]
    dealt = [
        replace(row, situation_conjugale=status)
        for row, status in zip(dealt, statuses, strict=True)
    ]

    dealt = _met_first(rng, dealt)
    employments = margin("apex-situation-professionnelle", column)
    told = len(dealt) - employments["non_precise"]
    asked = sorted(dealt[:told], key=lambda row: row.date_naissance or date.max)
    working = {c: n for c, n in employments.items() if c not in ("retraite", "non_precise")}
    codes = ["retraite"] * employments["retraite"] + deck(rng, working)
    codes += ["non_precise"] * employments["non_precise"]
    return [
        replace(row, situation_professionnelle=code, ressources=weighted(rng, RESOURCES[code]))
        for row, code in zip(asked + dealt[told:], codes, strict=True)
    ]


def _met_first(rng: Random, rows: list[DemoRow]) -> list[DemoRow]:
    shuffled = rng.sample(rows, k=len(rows))
    return sorted(shuffled, key=lambda row: row.date_entree is None)
