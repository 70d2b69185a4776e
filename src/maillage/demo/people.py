"""Invented identities and situations, drawn from lists of names that nobody well known bears."""

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from maillage.core.calendar import add_months

_DATA = Path(__file__).parent / "data"

AGE_RANGES = {
    "lt18": (16, 17),
    "18to25": (18, 25),
    "26to34": (26, 34),
    "35to44": (35, 44),
    "45to54": (45, 54),
    "ge55": (55, 78),
}
AGE_WEIGHTS = {"18to25": 7, "26to34": 31, "35to44": 37, "45to54": 17, "ge55": 8}
MARITAL_WEIGHTS = {
    "celibataire": 211,
    "divorce_separe": 152,
    "union_libre": 111,
    "marie": 52,
    "pacse": 3,
    "non_precise": 16,
}
LIVELIHOOD_WEIGHTS = {
    ("en_emploi", "salaires"): 332,
    ("sans_activite", "indemnites_chomage"): 51,
    ("sans_activite", "rsa"): 78,
    ("sans_activite", "aah_invalidite"): 22,
    ("sans_activite", "sans_ressources"): 28,
    ("sans_activite", "arret_maladie"): 7,
    ("formation", "autres"): 6,
}
OUT_OF_WORK_FROM = 64


@cache
def data(name: str):
    """One of the data files of this room, read once."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))


def weighted(rng: Random, weights: dict):
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def deck(rng: Random, counts: dict) -> list:
    """Each code as many times as told, shuffled: what is dealt adds up to the margin."""
    cards = [code for code, n in counts.items() for _ in range(n)]
    rng.shuffle(cards)
    return cards


def identity(rng: Random, organisation: str, site: str, sex: str) -> dict:
    names = data("names")
    return {
        "nom": rng.choice(names["last_names"]),
        "prenom": rng.choice(names["women" if sex == "F" else "men"]),
        "sexe": sex,
        "commune": rng.choice(data("communes")[organisation][site]),
    }


def birth_date(rng: Random, ages: tuple[int, int], on: date) -> date:
    """A day of birth by which the age in full years on that day lies between the two."""
    birthday = add_months(on, -12 * rng.randint(*ages))
    return birthday - timedelta(days=rng.randint(0, 360))


def some_birth_date(rng: Random, on: date) -> date:
    return birth_date(rng, AGE_RANGES[weighted(rng, AGE_WEIGHTS)], on)


def some_situation(rng: Random, birth: date, on: date) -> dict:
    """Marital status, employment and resources that agree with each other and with the age."""
    livelihood = weighted(rng, LIVELIHOOD_WEIGHTS)
    if on >= add_months(birth, 12 * OUT_OF_WORK_FROM):
        livelihood = ("retraite", "retraite")
    return {
        "situation_conjugale": weighted(rng, MARITAL_WEIGHTS),
        "situation_professionnelle": livelihood[0],
        "ressources": livelihood[1],
    }
