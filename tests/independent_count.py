"""A second counter of the branch report, written from the contract alone.

It shares no code with `src/maillage`, calendar included: what both find is then found twice.
A row is one line of the follow-up spreadsheet: a dict by column name, with dates, codes and None.
"""

import unicodedata
from calendar import monthrange
from datetime import date

SEXES = ["F", "H", "X"]
PRESCRIBER_GROUPS = ["spip", "spontanee", "autres_partenaires"]
AGES = ["lt18", "18to25", "26to34", "35to44", "45to54", "ge55", "non_precise"]
DURATIONS = ["lt3", "3to6", "6to12", "ge12"]
RESOURCES = [
    "salaires",
    "indemnites_chomage",
    "rsa",
    "aah_invalidite",
    "retraite",
    "sans_ressources",
    "arret_maladie",
    "autres",
    "non_precise",
]
EMPLOYMENTS = ["en_emploi", "formation", "retraite", "sans_activite", "non_precise"]
MARITAL_STATUSES = [
    "celibataire",
    "divorce_separe",
    "union_libre",
    "marie",
    "pacse",
    "veuf",
    "non_precise",
]
EXIT_REASONS = [
    "concertee",
    "relais_sante",
    "changement_situation",
    "abandon",
    "incarceration",
    "exclusion",
    "recidive",
    "deces",
    "reorientation",
    "autre",
]
FLOW = ["received", "new", "resumed", "continuing", "exited", "followed", "waiting_at_end"]


def count(rows: list[dict], sites: list[tuple[str, str]], year: int) -> dict[str, dict]:
    """The twelve tables of the contract for one organisation, whose rows and sites these are."""
    first_day, last_day = date(year, 1, 1), date(year, 12, 31)

    episodes_of = {}
    waiting = set()
    for row in rows:
        entered = row["date_entree"]
        if row["date_orientation"] <= last_day and (entered is None or entered > last_day):
            waiting.add(row["dossier"])
        if entered is not None:
            episodes_of.setdefault(row["dossier"], []).append(row)

    received, new, resumed, continuing, exited, followed = [], [], [], [], [], []
    for episodes in episodes_of.values():
        active = []
        for row in episodes:
            still_in = row["date_sortie"] is None or row["date_sortie"] >= first_day
            if row["date_entree"] <= last_day and still_in:
                active.append(row)
        if not active:
            continue
        counted = max(active, key=_place_in_time)
        first = min(episodes, key=_place_in_time)
        received.append(counted)
        if first_day <= first["date_entree"] <= last_day:
            new.append(counted)
        elif counted["date_entree"] >= first_day:
            resumed.append(counted)
        else:
            continuing.append(counted)
        if counted["date_sortie"] is not None and counted["date_sortie"] <= last_day:
            exited.append(counted)
        else:
            followed.append(counted)

    site_slugs = [slug for slug, name in sorted(sites, key=_name_in_order)]
    flow = _one_way(FLOW, [])
    flow["cells"] = [
        [len(received)],
        [len(new)],
        [len(resumed)],
        [len(continuing)],
        [len(exited)],
        [len(followed)],
        [len(waiting)],
    ]
    flow["row_totals"] = [cells[0] for cells in flow["cells"]]
    flow["column_totals"] = None
    flow["total"] = None

    def by_site(codes, people, code_of):
        return _table(codes, site_slugs, [(code_of(row), row["lieu"]) for row in people])

    return {
        "flow": flow,
        "received-by-sex": _one_way(SEXES, [row["sexe"] for row in received]),
        "received-by-prescriber-and-site": by_site(PRESCRIBER_GROUPS, received, prescriber_group),
        "new-by-prescriber-and-site": by_site(PRESCRIBER_GROUPS, new, prescriber_group),
        "new-by-age-and-site": by_site(AGES, new, age_class),
        "received-by-resources": _one_way(
            RESOURCES, [row["ressources"] or "non_precise" for row in received]
        ),
        "received-by-employment": _one_way(
            EMPLOYMENTS, [row["situation_professionnelle"] or "non_precise" for row in received]
        ),
        "received-by-marital-status": _one_way(
            MARITAL_STATUSES, [row["situation_conjugale"] or "non_precise" for row in received]
        ),
        "exited-by-reason-and-site": by_site(EXIT_REASONS, exited, lambda row: row["motif_sortie"]),
        "exited-by-duration": _one_way(
            DURATIONS, [duration_class(row["date_entree"], row["date_sortie"]) for row in exited]
        ),
        "followed-by-site": by_site(["followed"], followed, lambda row: "followed"),
        "followed-by-duration": _one_way(
            DURATIONS, [duration_class(row["date_entree"], last_day) for row in followed]
        ),
    }


def prescriber_group(row: dict) -> str:
    if row["prescripteur"] == "spip":
        return "spip"
    if row["prescripteur"] in ("spontane", "proche"):
        return "spontanee"
    return "autres_partenaires"


def age_class(row: dict) -> str:
    if row["date_naissance"] is None:
        return "non_precise"
    age = full_years(row["date_naissance"], row["date_entree"])
    if age < 18:
        return "lt18"
    if age < 26:
        return "18to25"
    if age < 35:
        return "26to34"
    if age < 45:
        return "35to44"
    if age < 55:
        return "45to54"
    return "ge55"


def full_years(birth: date, day: date) -> int:
    """Somebody born on 29 February has his birthday on 1 March of a common year."""
    years = day.year - birth.year
    if (day.month, day.day) < (birth.month, birth.day):
        years -= 1
    return years


def duration_class(entry: date, end: date) -> str:
    if end < months_after(entry, 3):
        return "lt3"
    if end < months_after(entry, 6):
        return "3to6"
    if end < months_after(entry, 12):
        return "6to12"
    return "ge12"


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day where there is none."""
    year, month = day.year, day.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _place_in_time(row):
    """By entry; an episode that lasted no day stands before the one begun on its last day."""
    return (row["date_entree"], row["date_sortie"] or date.max, int(row["episode"] or 1))


def _name_in_order(site):
    decomposed = unicodedata.normalize("NFD", site[1].casefold())
    return "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn")


def _one_way(codes, values):
    return _table(codes, ["total"], [(value, "total") for value in values])


def _table(row_codes, column_codes, pairs):
    """A pair whose code is unknown raises: a person left out would go unseen."""
    cells = [[0 for _ in column_codes] for _ in row_codes]
    for row_code, column_code in pairs:
        cells[row_codes.index(row_code)][column_codes.index(column_code)] += 1
    return {
        "rows": list(row_codes),
        "columns": list(column_codes),
        "cells": cells,
        "row_totals": [sum(line) for line in cells],
        "column_totals": [sum(line[i] for line in cells) for i in range(len(column_codes))],
        "total": len(pairs),
    }
