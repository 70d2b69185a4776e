"""Rows of invented people in the format of the follow-up spreadsheet, the same at every run."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from maillage.core.calendar import add_months
from maillage.demo.people import data, some_birth_date, some_situation
from maillage.network.vocabularies import (
    EXIT_REASONS,
    LEGAL_FRAMEWORKS,
    MODULES,
    REFERRER_CATEGORIES,
)

COLUMNS = (
    *("dossier", "episode", "nom", "prenom", "sexe", "date_naissance", "commune"),
    *("situation_conjugale", "situation_professionnelle", "ressources"),
    *("prescripteur", "cadre", "obligation_soins", "date_orientation"),
    *("date_entree", "lieu", "module", "date_sortie", "motif_sortie"),
)
LAST_DAY = date(2024, 12, 27)
FRAMEWORKS = ("presentenciel", "postsentenciel", "alternative_poursuites", "volontaire")


def last_name(rng: Random) -> str:
    """One name, or two that are hyphenated, so that no name is borne by thousands."""
    names = data("names")["last_names"]
    return rng.choice(names) if rng.random() < 0.5 else f"{rng.choice(names)}-{rng.choice(names)}"


def rows(
    count: int, sites: Sequence[str], *, waiting: int, last_day: date = LAST_DAY, seed: int = 50_000
) -> Iterator[dict]:
    """`count` rows over ten years, of which the last `waiting` have not entered; one person in
    eight comes back."""
    rng = Random(seed)
    first_day = add_months(last_day, -120)
    span = (last_day - first_day).days
    numbers: Counter[int] = Counter()
    made = 0
    while made < count:
        sex = rng.choices("HFX", (88, 11, 1))[0]
        waits = made >= count - waiting
        referred = last_day - timedelta(days=rng.randrange(300 if waits else span))
        numbers[referred.year] += 1
        birth = some_birth_date(rng, referred) if rng.random() < 0.97 else None
        identity = {
            "dossier": f"{referred.year}-{numbers[referred.year]:04}",
            "nom": last_name(rng),
            "prenom": rng.choice(data("names")["women" if sex == "F" else "men"]),
            "sexe": sex,
            "date_naissance": birth or "",
            "commune": rng.choice(("34172", "34032", "34003", "34145", "34199", "34301")),
        }
        times = 1 if waits or rng.random() < 0.875 else rng.randint(2, 3)
        for number in range(1, times + 1):
            if made == count or referred > last_day:
                break
            made += 1
            row = identity | _episode(rng, number, birth, referred, sites, last_day, waits)
            yield row
            if not row["date_sortie"]:
                break
            referred = row["date_sortie"] + timedelta(days=rng.randint(20, 700))


def _episode(
    rng: Random,
    number: int,
    birth: date | None,
    referred: date,
    sites: Sequence[str],
    last_day: date,
    waits: bool,
) -> dict:
    situation = some_situation(rng, birth or date(1985, 1, 1), referred)
    entered = None if waits else min(referred + timedelta(days=rng.randrange(90)), last_day)
    left = entered + timedelta(days=rng.randint(10, 500)) if entered else None
    if left and (left > last_day or rng.random() < 0.02):
        left = None
    return {
        "episode": number,
        **situation,
        "prescripteur": "spip" if rng.random() < 0.45 else rng.choice(REFERRER_CATEGORIES.codes),
        "cadre": rng.choice(FRAMEWORKS if number == 1 else LEGAL_FRAMEWORKS.codes),
        "obligation_soins": rng.choice(("oui", "non", "")),
        "date_orientation": referred,
        "date_entree": entered or "",
        "lieu": rng.choice(sites),
        "module": rng.choice(MODULES.codes),
        "date_sortie": left or "",
        "motif_sortie": rng.choice(EXIT_REASONS.codes) if left else "",
    }


def write_csv(path: Path, lines: Iterator[dict]) -> None:
    """Days as people type them: JJ/MM/AAAA."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        for line in lines:
            writer.writerow(
                f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell
                for cell in (line[column] for column in COLUMNS)
            )
