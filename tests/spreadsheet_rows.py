"""Rows of the follow-up spreadsheet, by hand, and their count read back."""

from datetime import date
from itertools import count as counter

from tests.independent_count import count

SITES = [("sete", "Sète"), ("agde", "Agde"), ("beziers", "Béziers"), ("zone-ecluse", "Écluse")]
_numbers = counter(1)


def row(**given_values):
    """One valid row: a man sent by the SPIP, waiting since 8 January 2024."""
    values = {
        "dossier": f"D{next(_numbers)}",
        "episode": 1,
        "nom": None,
        "prenom": None,
        "sexe": "H",
        "date_naissance": None,
        "commune": None,
        "situation_conjugale": None,
        "situation_professionnelle": None,
        "ressources": None,
        "prescripteur": "spip",
        "cadre": "postsentenciel",
        "obligation_soins": None,
        "date_orientation": date(2024, 1, 8),
        "date_entree": None,
        "lieu": None,
        "module": None,
        "date_sortie": None,
        "motif_sortie": None,
    }
    return values | given_values


def stay(entry, exit=None, **others):
    """One episode at Béziers, referred on the day of entry unless told."""
    reason = None if exit is None else "concertee"
    given_values = {"date_orientation": entry, "lieu": "beziers", "motif_sortie": reason} | others
    return row(date_entree=entry, date_sortie=exit, **given_values)


def flow(rows, year=2024):
    table = count(rows, SITES, year)["flow"]
    return {code: cells[0] for code, cells in zip(table["rows"], table["cells"], strict=True)}


def filled(rows, table, year=2024):
    """The cells that are not zero, by row and column."""
    found = count(rows, SITES, year)[table]
    return {
        (code, column): n
        for code, cells in zip(found["rows"], found["cells"], strict=True)
        for column, n in zip(found["columns"], cells, strict=True)
        if n
    }
