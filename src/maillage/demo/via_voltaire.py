"""Via Voltaire: the published year 2024, plausible years before it, an invented life since."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from maillage.demo.days import NETWORK_STARTS, opening_days, working_days
from maillage.demo.people import deck, identity, some_birth_date, some_situation, weighted
from maillage.demo.referrals import herault_referral
from maillage.demo.rows import DemoRow, File, check_today, known, numbered
from maillage.demo.via_voltaire_2024 import (
    ORGANISATION,
    received_in_2024,
    referral_before,
    span,
)

WAITING_AT_END_OF_2024 = {
    "montpellier": 7,
    "beziers": 3,
    "sete": 2,
    "lunel": 1,
    "agde": 1,
    "pezenas": 1,
}
NEVER_ENTERED = ("injoignable", "refus_personne", "hors_territoire")
LAST_REFERRAL = date(2024, 12, 20)
GONE_BEFORE_2024 = {2022: 110, 2023: 190}
STILL_FOLLOWED = 70
NEWCOMERS = 60
RETURNS = 6
DAYS_WAITED = (9, 13, 17, 22, 27, 33, 40, 48, 57, 67, 78, 90, 104, 118, 130, 148, 189, 226)
WAITING_TODAY = {
    "montpellier": 7,
    "beziers": 4,
    "sete": 2,
    "lunel": 2,
    "agde": 1,
    "clermont-l-herault": 1,
    "pezenas": 1,
}
RECEIVED_THIS_WEEK = 10
CLOSED_SINCE = (
    "pas_de_demande",
    "injoignable",
    "hors_territoire",
    "refus_personne",
    "injoignable",
    "mesure_levee",
    "hors_criteres",
    "saturation",
)

_SITES = {
    "montpellier": 52,
    "beziers": 16,
    "sete": 10,
    "agde": 7,
    "lunel": 7,
    "clermont-l-herault": 4,
    "pezenas": 4,
}
_GROUPS = {"spip": 63, "autres_partenaires": 33, "spontanee": 4}
_GROUPS_UNTIL_2023 = {"spip": 79, "autres_partenaires": 16, "spontanee": 5}
_EXIT_REASONS_UNTIL_2023 = {
    "concertee": 42,
    "relais_sante": 12,
    "changement_situation": 14,
    "abandon": 30,
    "incarceration": 2,
}
_EXIT_REASONS = {
    "concertee": 40,
    "relais_sante": 12,
    "changement_situation": 13,
    "abandon": 24,
    "incarceration": 3,
    "exclusion": 2,
    "recidive": 2,
    "deces": 1,
    "reorientation": 2,
    "autre": 1,
}
_RETURNING = ("concertee", "changement_situation", "abandon")
_FIRST_REFERRAL_SINCE = date(2025, 1, 2)


def via_voltaire(today: date) -> list[DemoRow]:
    """All rows as known on that day, from 1 June 2025 on; those of 2024 are the same for all."""
    check_today(today)
    past = Random("via-voltaire until 2024")
    files = _files_of_2024(past) + _gone_before_2024(past)
    files += [[row] for row in _waiting_at_end_of_2024(past)]

    since = Random("via-voltaire since 2025")
    files = _life_since(since, files, today)
    files += [[_newcomer(since, today)] for _ in range(NEWCOMERS)]
    files += [[row] for row in _waiting_today(since, today) + _closed_since(since, today)]
    return numbered(files, "VV")


def _files_of_2024(rng: Random) -> list[File]:
    """The 546; who resumed in 2024, and some who continue, had been followed once before."""
    files = []
    for arrival, row in received_in_2024(rng):
        known_long = row.date_orientation >= date(2022, 9, 1) and rng.random() < 0.1
        if arrival == "resumed" or (arrival == "continuing" and known_long):
            files.append([_earlier_episode(rng, row), row])
        else:
            files.append([row])
    return files


def _earlier_episode(rng: Random, row: DemoRow) -> DemoRow:
    openings = opening_days(ORGANISATION, row.lieu, 2024)
    last_exit = min(row.date_orientation - timedelta(days=40), date(2023, 12, 22))
    duration = weighted(rng, {"lt3": 2, "3to6": 4, "6to12": 4})
    entry, exit = span(
        rng, openings, duration, (date(2021, 10, 4), last_exit), (NETWORK_STARTS, last_exit)
    )
    who = {
        name: getattr(row, name) for name in ("nom", "prenom", "sexe", "date_naissance", "commune")
    }
    return _former(rng, who, row.lieu, _GROUPS_UNTIL_2023, entry, exit)


def _gone_before_2024(rng: Random) -> list[File]:
    """Who left for good in 2022 and 2023; how many is not published."""
    files = []
    for year, leavers in GONE_BEFORE_2024.items():
        for _ in range(leavers):
            site = weighted(rng, _SITES)
            duration = weighted(rng, {"lt3": 7, "3to6": 17, "6to12": 31, "ge12": 45})
            year_end = date(year, 12, 31)
            openings = opening_days(ORGANISATION, site, 2024)
            exits = (date(year, 1, 3), year_end)
            entry, exit = span(rng, openings, duration, exits, (NETWORK_STARTS, year_end))
            who = _somebody(rng, site, entry)
            files.append([_former(rng, who, site, _GROUPS_UNTIL_2023, entry, exit)])
    return files


def _somebody(rng: Random, site: str, on: date) -> dict:
    sex = "F" if rng.random() < 0.02 else "H"
    birth = some_birth_date(rng, on)
    return identity(rng, ORGANISATION, site, sex) | {"date_naissance": birth}


def _former(
    rng: Random, who: dict, site: str, groups: dict[str, int], entry: date, exit: date
) -> DemoRow:
    return DemoRow(
        **who,
        **some_situation(rng, who["date_naissance"], entry),
        **herault_referral(rng, weighted(rng, groups), site),
        date_orientation=referral_before(rng, entry, NETWORK_STARTS),
        date_entree=entry,
        lieu=site,
        module="suivi_psychologique",
        date_sortie=exit,
        motif_sortie=weighted(rng, _EXIT_REASONS_UNTIL_2023),
    )


def _referred(rng: Random, site: str, day: date) -> DemoRow:
    """Somebody referred on that day, of whose situation the referral says little."""
    who = _somebody(rng, site, day)
    situation = some_situation(rng, who["date_naissance"], day) if rng.random() < 0.5 else {}
    return DemoRow(
        **who,
        **situation,
        **herault_referral(rng, weighted(rng, _GROUPS), site),
        date_orientation=day,
        lieu=site,
        module="suivi_psychologique",
    )


def _entered(rng: Random, row: DemoRow, entry: date) -> DemoRow:
    """The same person, whose situation is asked on the day of entry."""
    situation = some_situation(rng, known(row.date_naissance), entry)
    return replace(row, **situation, date_entree=entry)


def _waiting_at_end_of_2024(rng: Random) -> list[DemoRow]:
    rows: list[DemoRow] = []
    for site in deck(rng, WAITING_AT_END_OF_2024):
        if len(rows) < len(NEVER_ENTERED):
            day = working_days(2024).draw(rng, date(2024, 10, 7), date(2024, 11, 22))
            end = working_days(2025).draw(rng, date(2025, 1, 20), date(2025, 2, 28))
            rows.append(_referred(rng, site, day).closed(end, NEVER_ENTERED[len(rows)]))
            continue
        openings = opening_days(ORGANISATION, site, 2025)
        entry = openings.draw(rng, date(2025, 1, 6), date(2025, 3, 28))
        latest = working_days(2025).on_or_before(min(entry - timedelta(days=7), LAST_REFERRAL))
        day = working_days(2025).draw(rng, entry - timedelta(days=133), latest)
        rows.append(_entered(rng, _referred(rng, site, day), entry))
    return rows


def _life_since(rng: Random, files: list[File], today: date) -> list[File]:
    """Most leave, the oldest follow-ups more often; a few of them come back."""
    alive = [file for file in files if file[-1].is_open]
    alive.sort(key=lambda file: file[-1].entry.toordinal() + rng.uniform(0, 500))
    leaving = alive[:-STILL_FOLLOWED]
    weights = list(_EXIT_REASONS.values())
    reasons = list(_EXIT_REASONS)
    reasons += rng.choices(reasons, weights=weights, k=len(leaving) - len(reasons))
    rng.shuffle(reasons)
    for file, reason in zip(leaving, reasons, strict=True):
        file[-1] = file[-1].left(_some_exit(rng, file[-1], today), reason)

    enough = today - timedelta(days=100)
    may_return = [
        file for file in leaving if file[-1].exit <= enough and file[-1].motif_sortie in _RETURNING
    ]
    for file in rng.sample(may_return, min(RETURNS, len(may_return))):
        file.append(_return(rng, file[-1], today))
    return files


def _some_exit(rng: Random, row: DemoRow, today: date) -> date:
    earliest = max(date(2025, 1, 6), row.entry + timedelta(days=21))
    return working_days(today.year).draw(rng, earliest, today - timedelta(days=1))


def _return(rng: Random, last: DemoRow, today: date) -> DemoRow:
    openings = opening_days(ORGANISATION, last.lieu, today.year)
    known_again = last.exit + timedelta(days=30)
    entry = openings.draw(rng, known_again + timedelta(days=7), today - timedelta(days=1))
    return replace(
        last,
        **herault_referral(rng, weighted(rng, _GROUPS), last.lieu),
        date_orientation=referral_before(rng, entry, known_again),
        date_entree=entry,
        date_sortie=None,
        motif_sortie=None,
    )


def _newcomer(rng: Random, today: date) -> DemoRow:
    site = weighted(rng, _SITES)
    openings = opening_days(ORGANISATION, site, today.year)
    entry = openings.draw(rng, date(2025, 1, 20), today - timedelta(days=1))
    row = _referred(rng, site, referral_before(rng, entry, _FIRST_REFERRAL_SINCE))
    row = _entered(rng, row, entry)
    if entry < today - timedelta(days=75) and rng.random() < 0.35:
        return row.left(_some_exit(rng, row, today), weighted(rng, _EXIT_REASONS))
    return row


def _waiting_today(rng: Random, today: date) -> list[DemoRow]:
    """Those who have waited for long, and those whose referral arrived within seven days."""
    days = working_days(today.year)
    sites = deck(rng, WAITING_TODAY)
    rows = []
    for site, waited in zip(sites, DAYS_WAITED, strict=True):
        day = max(today - timedelta(days=waited), _FIRST_REFERRAL_SINCE)
        rows.append(_referred(rng, site, days.on_or_before(day)))
    for _ in range(RECEIVED_THIS_WEEK):
        day = days.draw(rng, today - timedelta(days=6), today)
        rows.append(_referred(rng, weighted(rng, _SITES), day))
    return rows


def _closed_since(rng: Random, today: date) -> list[DemoRow]:
    days = working_days(today.year)
    rows = []
    for reason in CLOSED_SINCE:
        day = days.draw(rng, _FIRST_REFERRAL_SINCE, today - timedelta(days=45))
        end = days.on_or_after(day + timedelta(days=rng.randint(10, 38)))
        rows.append(_referred(rng, weighted(rng, _SITES), day).closed(end, reason))
    return rows
