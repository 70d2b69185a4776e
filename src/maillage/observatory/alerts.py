"""Doubts about the data behind a report, each in a sentence with its n/N (I45, I50, I65)."""

from datetime import date

import narwhals as nw
from dateutil.relativedelta import relativedelta

from maillage.observatory.french import NBSP, count, day, rate, typeset
from maillage.observatory.indicators import Year
from maillage.observatory.tables import Alert, Table

MONTHS_WITHOUT_CONTACT = 4
FEWEST_FOR_A_RATE = 10
_SITUATIONS = {
    "age": "Âge non précisé",
    "employment": "Situation professionnelle non précisée",
    "resources": "Ressource principale non précisée",
    "marital_status": "Situation conjugale non précisée",
}


def alerts(year: Year, flow: Table, computed_on: date) -> tuple[Alert, ...]:
    received = flow.value("received")
    found = [
        *_unfinished(year, computed_on),
        *(_minors(year, received) if received else ()),
        *(_not_known(year, received) if received else ()),
        *_few_exits(year, flow),
        *_without_contact(year, flow.value("followed"), computed_on),
    ]
    return tuple(Alert(alert.code, typeset(alert.text)) for alert in found)


def _unfinished(year: Year, computed_on: date) -> list[Alert]:
    if computed_on > year.period.end:
        return []
    return [
        Alert(
            "unfinished-year",
            f"L’année {year.period.year} n’est pas finie : chiffres provisoires, calculés le"
            f" {day(computed_on)}.",
        )
    ]


def _minors(year: Year, received: int) -> list[Alert]:
    [(minors,)] = year.session.rows(
        year.persons.filter(nw.col("age_at_entry") < 18).select(nw.len())
    )
    if not minors:
        return []
    return [
        Alert(
            "minors",
            f"{count(minors, 'personne reçue était mineure', 'personnes reçues étaient mineures')}"
            f" à l’entrée, soit {rate(minors, received)} : à accompagner selon une procédure"
            " propre aux mineurs.",
        )
    ]


def _not_known(year: Year, received: int) -> list[Alert]:
    found = []
    threshold = year.grid.non_response_threshold
    share = f"{threshold * 100:g}".replace(".", ",")
    for name, words in _SITUATIONS.items():
        code = year.grid.age_unknown if name == "age" else year.grid.not_known(name)
        n = year.count(name)[(code,)]
        if n > threshold * received:
            found.append(
                Alert(
                    f"not-known-{name.replace('_', '-')}",
                    f"{words} pour {rate(n, received)} des personnes reçues, au-delà du seuil de"
                    f" {share} %.",
                )
            )
    return found


def _few_exits(year: Year, flow: Table) -> list[Alert]:
    """Sites whose exit rate is under a third of the branch's: exits are probably not recorded."""
    all_exited, all_received = flow.value("exited"), flow.value("received")
    outcomes = year.count("outcome", "site")
    found = []
    for site in year.classes["site"]:
        exited = outcomes["exited", site.code]
        received = exited + outcomes["followed", site.code]
        if received >= FEWEST_FOR_A_RATE and 3 * exited * all_received < all_exited * received:
            found.append(
                Alert(
                    "few-exits",
                    f"{site.label} : {count(exited, 'sortie', 'sorties')} pour"
                    f" {count(received, 'personne reçue', 'personnes reçues')}, soit"
                    f" {rate(exited, received)}, contre {rate(all_exited, all_received)} pour"
                    " l’ensemble. Des sorties restent peut-être à saisir.",
                )
            )
    return found


def _without_contact(year: Year, followed: int, computed_on: date) -> list[Alert]:
    if not followed:
        return []
    session, until = year.session, min(year.period.end, computed_on)
    contacts = session.facts.filter(~nw.col("last_contact_on").is_null()).select(nw.len())
    if not session.rows(contacts)[0][0]:
        return [
            Alert(
                "no-contacts",
                "Aucun contact n’est enregistré : l’absence de nouvelles des personnes suivies ne"
                " peut pas être vérifiée.",
            )
        ]
    limit = until - relativedelta(months=MONTHS_WITHOUT_CONTACT)
    last_seen = (
        nw.when(nw.col("last_contact_on").is_null())
        .then(nw.col("entered_on"))
        .otherwise(nw.col("last_contact_on"))
    )
    silent = year.persons.filter(nw.col("outcome") == "followed", last_seen < limit)
    [(n,)] = session.rows(silent.select(nw.len()))
    if not n:
        return []
    return [
        Alert(
            "without-contact",
            f"{rate(n, followed)} des personnes suivies sont sans contact enregistré depuis plus"
            f" de {MONTHS_WITHOUT_CONTACT}{NBSP}mois au {day(until)}. Des sorties restent"
            " peut-être à saisir.",
        )
    ]
