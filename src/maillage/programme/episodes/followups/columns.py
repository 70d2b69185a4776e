"""The columns of the follow-up spreadsheet, and how one cell of each is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from maillage.core.calendar import add_months, short_date
from maillage.core.tables import Cell, cell_text
from maillage.core.text import squash
from maillage.core.vocabulary import Vocabulary
from maillage.network.vocabularies import (
    EMPLOYMENTS,
    EXIT_REASONS,
    LEGAL_FRAMEWORKS,
    MARITAL_STATUSES,
    MODULES,
    REFERRER_CATEGORIES,
    RESOURCES,
    SEXES,
)

NOT_RECORDED = "non_precise"
REQUIRED = ("dossier", "sexe", "prescripteur", "cadre", "date_orientation")
LONGEST_REFERENCE = 60
GREATEST_EPISODE = 2_147_483_647
_OLDEST_DAY = date(1900, 1, 1)
_MONTHS_AHEAD = 120  # a later day is a slip of the keyboard: 2204 for 2024

_FRENCH_DAY = re.compile(r"(\d\d)/(\d\d)/(\d{4})", re.A)
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.A)
_WHOLE = re.compile(r"(\d{1,10})(?:[.,]0+)?", re.A)

Sites = Mapping[str, str] | Callable[[str], str | None]
Read = Callable[[Cell], Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a cell has no value: what was expected instead, and what it is not."""

    expected: str
    problem: str = ""


NOT_A_DATE = Refused("JJ/MM/AAAA", "n’est pas une date")


def readers(sites: Sites, today: date) -> dict[str, Read]:
    """For each column of the contract, what turns a cell that is not blank into its value."""
    read_day = _day_reader(today)
    return {
        "dossier": _read_reference,
        "episode": _read_number,
        "nom": cell_text,
        "prenom": cell_text,
        "sexe": _code_reader(SEXES),
        "date_naissance": read_day,
        "commune": _read_town,
        "situation_conjugale": _code_reader(MARITAL_STATUSES),
        "situation_professionnelle": _code_reader(EMPLOYMENTS),
        "ressources": _code_reader(RESOURCES),
        "prescripteur": _code_reader(REFERRER_CATEGORIES),
        "cadre": _code_reader(LEGAL_FRAMEWORKS),
        "obligation_soins": _read_yes_or_no,
        "date_orientation": read_day,
        "date_entree": read_day,
        "lieu": _site_reader(sites),
        "module": _code_reader(MODULES),
        "date_sortie": read_day,
        "motif_sortie": _code_reader(EXIT_REASONS),
    }


BLANKS: dict[str, Any] = {
    **dict.fromkeys(("nom", "prenom", "commune", "lieu", "module", "motif_sortie"), ""),
    **dict.fromkeys(("date_naissance", "date_entree", "date_sortie", "obligation_soins")),
    **dict.fromkeys(
        ("situation_conjugale", "situation_professionnelle", "ressources"), NOT_RECORDED
    ),
    **dict.fromkeys(REQUIRED, Refused("une valeur, cette colonne est obligatoire")),
    "episode": 1,
}


def shown(cell: Any) -> str:
    """A cell as the person typed it, dates as JJ/MM/AAAA."""
    if isinstance(cell, datetime) and cell.time() != time.min:
        return f"{short_date(cell)} {cell:%H:%M}"
    return short_date(cell) if isinstance(cell, date) else cell_text(cell)


def _read_reference(cell: Cell) -> str | Refused:
    if not isinstance(cell, str | int | float) or isinstance(cell, bool):
        return Refused("une référence en texte ou en nombre", "est une date ou une case à cocher")
    reference = " ".join(cell_text(cell).split())
    if len(reference) > LONGEST_REFERENCE:
        return Refused(f"{LONGEST_REFERENCE} caractères au plus", "est trop long")
    return reference


def _read_number(cell: Cell) -> int | Refused:
    whole = None if isinstance(cell, bool) else _WHOLE.fullmatch(cell_text(cell))
    if whole is None or not 1 <= int(whole[1]) <= GREATEST_EPISODE:
        return Refused("un nombre entier à partir de 1", "n’est pas un numéro d’épisode")
    return int(whole[1])


def _read_town(cell: Cell) -> str:
    """A name or an INSEE code, whose first zero is lost in a numeric cell."""
    text = cell_text(cell)
    return text.zfill(5) if isinstance(cell, int | float) and text.isdigit() else text


def _read_yes_or_no(cell: Cell) -> bool | Refused:
    if isinstance(cell, bool):
        return cell
    answer = {"oui": True, "non": False}.get(squash(cell_text(cell)))
    return Refused("oui ou non") if answer is None else answer


def _code_reader(vocabulary: Vocabulary) -> Read:
    refused = Refused(f"un de ces codes\u00a0: {', '.join(vocabulary.codes)}", "n’est pas un code")

    def read(cell: Cell) -> str | Refused:
        return vocabulary.find(cell_text(cell)) or refused

    return read


def _site_reader(sites: Sites) -> Read:
    if callable(sites):
        find, known = sites, ""
    else:
        slugs = sorted(set(sites.values()))
        spellings = [*zip(slugs, slugs, strict=True), *sites.items()]
        find = {squash(spelling): slug for spelling, slug in spellings}.get
        known = f"\u00a0: {', '.join(slugs)}"
    refused = Refused(f"le code ou le nom d’un site de l’organisation{known}", "est inconnu")

    def read(cell: Cell) -> str | Refused:
        text = cell_text(cell)
        return find(text if callable(sites) else squash(text)) or refused

    return read


def _day_reader(today: date) -> Read:
    latest = add_months(today, _MONTHS_AHEAD)
    out_of_reach = Refused(
        f"une date du {short_date(_OLDEST_DAY)} au {short_date(latest)}", "est hors d’atteinte"
    )

    def read(cell: Cell) -> date | Refused:
        day = _day(cell)
        if day is None:
            return NOT_A_DATE
        return day if _OLDEST_DAY <= day <= latest else out_of_reach

    return read


def _day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time.min else None
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str):
        return None
    try:
        if french := _FRENCH_DAY.fullmatch(cell.strip()):
            day, month, year = map(int, french.groups())
            return date(year, month, day)
        if iso := _ISO_DAY.fullmatch(cell.strip()):
            return date(*map(int, iso.groups()))
    except ValueError:
        return None
    return None
