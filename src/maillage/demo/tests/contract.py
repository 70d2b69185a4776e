"""What the contract of the follow-up spreadsheet asks of a row, and of the rows of one person."""

from datetime import date
from itertools import pairwise

from maillage.demo.rows import DemoRow
from maillage.network.vocabularies import (
    EMPLOYMENTS,
    EXIT_REASONS,
    LEGAL_FRAMEWORKS,
    MARITAL_STATUSES,
    MODULES,
    MOTIVATIONS,
    REFERRER_CATEGORIES,
    RESOURCES,
    RETURN_REASONS,
    SEXES,
)

VIA_VOLTAIRE = [
    ("agde", "Agde"),
    ("beziers", "Béziers"),
    ("clermont-l-herault", "Clermont-l’Hérault"),
    ("lunel", "Lunel"),
    ("montpellier", "Montpellier"),
    ("pezenas", "Pézenas"),
    ("sete", "Sète"),
]
MUST = {"sexe": SEXES, "prescripteur": REFERRER_CATEGORIES, "cadre": LEGAL_FRAMEWORKS}
MAY = {
    "situation_conjugale": MARITAL_STATUSES,
    "situation_professionnelle": EMPLOYMENTS,
    "ressources": RESOURCES,
    "module": MODULES,
    "motif_sortie": EXIT_REASONS,
    "motivation": MOTIVATIONS,
    "return_reason": RETURN_REASONS,
}


def faults(rows: list[DemoRow], sites: set[str], today: date) -> list[str]:
    """Every breach found, with the row's reference; nothing is dated after today."""
    found = [f"{row.dossier}: {fault}" for row in rows for fault in _of_row(row, sites, today)]
    episodes: dict[str, list[DemoRow]] = {}
    for row in rows:
        episodes.setdefault(row.dossier, []).append(row)
    for dossier, of_person in episodes.items():
        found += [f"{dossier}: {fault}" for fault in _of_person(of_person)]
    return found


def _of_row(row: DemoRow, sites: set[str], today: date):
    for column, codes in MUST.items():
        if getattr(row, column) not in codes:
            yield f"{column} is {getattr(row, column)}"
    for column, codes in MAY.items():
        value = getattr(row, column)
        if value is not None and value not in codes:
            yield f"{column} is {value}"
    if row.lieu not in sites:
        yield f"lieu is {row.lieu}"

    birth, referral = row.date_naissance, row.date_orientation
    if birth is not None and not date(referral.year - 110, 1, 1) < birth <= referral:
        yield f"born on {birth}"
    if row.date_entree is not None and row.date_entree < referral:
        yield "entered before the referral"
    if row.date_sortie is not None and (
        row.date_entree is None or row.date_sortie < row.date_entree
    ):
        yield "out before the entry"
    if (row.date_sortie is None) != (row.motif_sortie is None):
        yield "exit and reason do not stand together"
    if (row.closed_on is None) != (row.return_reason is None):
        yield "closing and reason do not stand together"
    if row.closed_on is not None and (row.date_entree is not None or row.closed_on < referral):
        yield "closed after an entry or before the referral"
    for day in (referral, row.date_entree, row.date_sortie, row.closed_on):
        if day is not None and day > today:
            yield f"dated {day}"


def _of_person(rows: list[DemoRow]):
    if [row.episode for row in rows] != list(range(1, len(rows) + 1)):
        yield "episodes are not numbered 1, 2, 3…"
    for same in ("nom", "prenom", "sexe", "date_naissance"):
        if len({getattr(row, same) for row in rows}) > 1:
            yield f"{same} changes"
    for earlier, later in pairwise(rows):
        end = earlier.closed_on or earlier.date_sortie
        if end is None or later.date_orientation < end:
            yield "referred again before the last episode ended"
