"""The same rows, whatever the format they were sent in."""

from dataclasses import asdict
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.core.calendar import short_date
from maillage.core.tables import write_csv, write_xlsx
from maillage.core.tests.spreadsheets import ods_row, write_ods
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
from maillage.programme.episodes.followups.parse import Row, parse

TODAY = date(2026, 2, 3)
COLUMNS = [name for name in Row.__dataclass_fields__ if name != "number"]
SITES = {"agde": "agde", "Sète (espace)": "sete"}

days = st.dates(date(2015, 1, 1), date(2025, 12, 31))
names = st.text(
    st.characters(codec="utf-8", categories=["L", "M", "N", "P", "Zs"]), max_size=12
).map(lambda text: " ".join(text.lstrip("=+-@'").split()))


def codes(vocabulary):
    return st.sampled_from(vocabulary.codes)


@st.composite
def persons(draw):
    """The episodes of one person, one after the other, the last perhaps open or waited for."""
    birth = draw(st.none() | st.dates(date(1930, 1, 1), date(2014, 12, 31)))
    sex = draw(codes(SEXES))
    day, episodes = draw(days), []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        state = draw(st.sampled_from(["waiting", "followed", "out"] if number == 1 else ["out"]))
        referred = day + timedelta(days=draw(st.integers(0, 90)))
        entered = None if state == "waiting" else referred + timedelta(draw(st.integers(0, 90)))
        left = entered + timedelta(draw(st.integers(0, 400))) if state == "out" else None
        episodes.append(
            {
                "episode": number,
                "nom": draw(names),
                "prenom": draw(names),
                "sexe": sex,
                "date_naissance": birth,
                "commune": draw(names),
                "situation_conjugale": draw(codes(MARITAL_STATUSES)),
                "situation_professionnelle": draw(codes(EMPLOYMENTS)),
                "ressources": draw(codes(RESOURCES)),
                "prescripteur": draw(codes(REFERRER_CATEGORIES)),
                "cadre": draw(codes(LEGAL_FRAMEWORKS)),
                "obligation_soins": draw(st.sampled_from([True, False, None])),
                "date_orientation": referred,
                "date_entree": entered,
                "lieu": draw(st.sampled_from(["agde", "sete"])) if entered else "",
                "module": draw(st.just("") | codes(MODULES)),
                "date_sortie": left,
                "motif_sortie": draw(codes(EXIT_REASONS)) if left else "",
            }
        )
        if left is None:
            break
        day = left
    return episodes


@st.composite
def caseloads(draw):
    people = draw(st.lists(persons(), min_size=1, max_size=5))
    rows = [
        {"dossier": f"D-{n}", **episode}
        for n, episodes in enumerate(people)
        for episode in episodes
    ]
    return draw(st.permutations(rows))


def spelt(row, draw_label, write_day):
    """A row as typed: codes by code or label, answers by words, dates as given."""
    vocabularies = {
        "sexe": SEXES,
        "situation_conjugale": MARITAL_STATUSES,
        "prescripteur": REFERRER_CATEGORIES,
        "cadre": LEGAL_FRAMEWORKS,
        "motif_sortie": EXIT_REASONS,
    }
    cells = []
    for name in COLUMNS:
        value = row[name]
        if name in vocabularies and value and draw_label:
            value = vocabularies[name].label(value)
        elif name == "obligation_soins":
            value = {True: "Oui", False: "non", None: ""}[value]
        elif name == "lieu" and value == "sete" and draw_label:
            value = "SETE espace"
        elif isinstance(value, date):
            value = write_day(value)
        cells.append(value)
    return cells


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
    deadline=None,
)
@given(caseload=caseloads(), labels=st.booleans())
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "ods"])
def test_rows_come_back_as_they_were_from_every_format(tmp_path, suffix, caseload, labels):
    path = tmp_path / f"suivi.{suffix}"
    if suffix == "csv":
        write_day = short_date if labels else date.isoformat
        with path.open("wb") as file:
            write_csv(file, COLUMNS, [spelt(row, labels, write_day) for row in caseload])
    else:
        rows = [spelt(row, labels, lambda day: day) for row in caseload]
        if suffix == "xlsx":
            write_xlsx(path, [("Suivi", COLUMNS, rows)])
        else:
            write_ods(path, {"Suivi": [ods_row(cells) for cells in [COLUMNS, *rows]]})

    parsed = parse(path, sites=SITES, today=TODAY)

    assert parsed.errors == []
    assert parsed.unknown_columns == []
    assert [asdict(row) for row in parsed.rows] == [
        {"number": number, **row} for number, row in enumerate(caseload, start=2)
    ]
