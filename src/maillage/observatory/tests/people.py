"""Invented people, as rows of the follow-up spreadsheet and as the facts these rows say."""

from datetime import date, timedelta

from hypothesis import strategies as st
from tests.independent_count import full_years, months_after

from maillage.network.vocabularies import (
    EMPLOYMENTS,
    EXIT_REASONS,
    MARITAL_STATUSES,
    MODULES,
    REFERRER_CATEGORIES,
    RESOURCES,
    SEXES,
)
from maillage.observatory.facts import Fact

SITES = [("sete", "Sète"), ("agde", "Agde"), ("pezenas", "Pézenas"), ("ecole", "École")]
IN_ORDER = ["agde", "ecole", "pezenas", "sete"]
YEAR = 2024


def fact(referral: int = 1, participant: int = 1, **known) -> Fact:
    """A man of 30 sent by the SPIP, entered at Agde on 1 February 2024, still followed."""
    entered = known.pop("entered_on", date(2024, 2, 1))
    defaults = {
        "seq": None if entered is None else 1,
        "referred_on": entered or date(2024, 1, 15),
        "closed_on": None,
        "exited_on": None,
        "exit_reason": "concertee" if known.get("exited_on") else None,
        "site": None if entered is None else "agde",
        "sex": "H",
        "age_at_entry": None if entered is None else 30,
        "age_at_referral": 30,
        "referrer_category": "spip",
        "referrer": None,
        "framework": "postsentenciel",
        "module": None,
        "marital_status": "celibataire",
        "employment": "en_emploi",
        "resources": "salaires",
        "last_contact_on": None,
    }
    after = {
        f"after_{n}_months": None if entered is None else months_after(entered, n)
        for n in (3, 6, 12)
    }
    return Fact(
        referral=referral,
        participant=participant,
        entered_on=entered,
        **{**defaults, **after, **known},
    )


def codes(vocabulary):
    return st.sampled_from(vocabulary.codes)


@st.composite
def person(draw, dossier: str):
    """One person's episodes one after the other, around the year and on its edges."""
    birth = draw(st.none() | st.dates(date(1940, 1, 1), date(2010, 12, 31)))
    sex = draw(codes(SEXES))
    steps = st.integers(0, 400) | st.sampled_from([0, 1, 89, 90, 91, 182, 365, 366])
    edges = [date(2024, 1, 1), date(2024, 12, 31), date(2023, 12, 31), date(2024, 2, 29)]
    day = draw(st.dates(date(2021, 1, 1), date(2025, 6, 30)) | st.sampled_from(edges))
    rows = []
    for episode in range(1, draw(st.integers(1, 4)) + 1):
        referred = day
        entered = referred + timedelta(draw(steps)) if draw(st.integers(0, 4)) else None
        exited = None
        if entered and draw(st.integers(0, 3)):
            exited = entered + timedelta(draw(steps))
        rows.append(
            {
                "dossier": dossier,
                "episode": episode,
                "sexe": sex,
                "date_naissance": birth,
                "situation_conjugale": draw(st.none() | codes(MARITAL_STATUSES)),
                "situation_professionnelle": draw(st.none() | codes(EMPLOYMENTS)),
                "ressources": draw(st.none() | codes(RESOURCES)),
                "prescripteur": draw(codes(REFERRER_CATEGORIES)),
                "module": draw(st.none() | codes(MODULES)),
                "date_orientation": referred,
                "date_entree": entered,
                "lieu": draw(st.sampled_from(IN_ORDER)) if entered else None,
                "date_sortie": exited,
                "motif_sortie": draw(codes(EXIT_REASONS)) if exited else None,
            }
        )
        if entered and not exited:
            break
        day = (exited or referred) + timedelta(draw(st.integers(1, 300)))
    return rows


@st.composite
def caseloads(draw, most: int = 12):
    """Rows of several people, shuffled as a spreadsheet is."""
    people = [draw(person(f"D{n}")) for n in range(draw(st.integers(0, most)))]
    return draw(st.permutations([row for rows in people for row in rows]))


def facts_of(rows: list[dict]) -> list[Fact]:
    """What the rows say, told as the programme tells it to the observatory."""
    place = {id(row): n for n, row in enumerate(rows, start=1)}
    facts = []
    for dossier in sorted({row["dossier"] for row in rows}):
        own = [row for row in rows if row["dossier"] == dossier]
        entered = sorted(
            (row for row in own if row["date_entree"]),
            key=lambda row: (row["date_entree"], row["episode"]),
        )
        for row in own:
            birth, entry = row["date_naissance"], row["date_entree"]
            facts.append(
                fact(
                    referral=place[id(row)],
                    participant=int(dossier[1:]),
                    seq=entered.index(row) + 1 if entry else None,
                    referred_on=row["date_orientation"],
                    entered_on=entry,
                    exited_on=row["date_sortie"],
                    exit_reason=row["motif_sortie"],
                    site=row["lieu"],
                    sex=row["sexe"],
                    age_at_entry=full_years(birth, entry) if birth and entry else None,
                    age_at_referral=full_years(birth, row["date_orientation"]) if birth else None,
                    referrer_category=row["prescripteur"],
                    module=row["module"],
                    marital_status=row["situation_conjugale"] or "",
                    employment=row["situation_professionnelle"] or "",
                    resources=row["ressources"] or "",
                )
            )
    return facts
