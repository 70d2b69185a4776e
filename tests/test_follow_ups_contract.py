"""A spreadsheet in the documented format gives the tables of an independent count."""

import csv
import itertools
import json
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.independent_count import count

from maillage.network import vocabularies as v
from maillage.network.tests.factories import OrganisationFactory, SiteFactory

SITES = [("agde", "Agde"), ("beziers", "Béziers"), ("sete", "Sète")]
YEAR = 2024
BRANCH_NUMBERS = itertools.count(1)
COLUMNS = (
    "dossier",
    "episode",
    "sexe",
    "date_naissance",
    "situation_conjugale",
    "situation_professionnelle",
    "ressources",
    "prescripteur",
    "cadre",
    "date_orientation",
    "date_entree",
    "lieu",
    "date_sortie",
    "motif_sortie",
)


def day_between(start: date, end: date):
    return st.dates(min_value=start, max_value=max(start, end))


@st.composite
def person(draw, dossier: int) -> list[dict]:
    """One person's rows: follow-ups one after another, perhaps a last one still waiting."""
    known = {
        "dossier": f"D{dossier}",
        "sexe": draw(st.sampled_from(v.SEXES.codes)),
        "date_naissance": draw(st.none() | st.dates(date(1930, 1, 1), date(2010, 12, 31))),
    }
    rows: list[dict] = []
    earliest = draw(st.dates(date(2021, 6, 1), date(2024, 12, 31)))
    for episode in range(1, draw(st.integers(1, 3)) + 1):
        referred = draw(day_between(earliest, earliest + timedelta(days=400)))
        row = known | {
            "episode": episode,
            "date_orientation": referred,
            "date_entree": None,
            "date_sortie": None,
            "lieu": None,
            "motif_sortie": None,
            "situation_conjugale": draw(st.none() | st.sampled_from(v.MARITAL_STATUSES.codes)),
            "situation_professionnelle": draw(st.none() | st.sampled_from(v.EMPLOYMENTS.codes)),
            "ressources": draw(st.none() | st.sampled_from(v.RESOURCES.codes)),
            "prescripteur": draw(st.sampled_from(v.REFERRER_CATEGORIES.codes)),
            "cadre": draw(st.sampled_from(v.LEGAL_FRAMEWORKS.codes)),
        }
        rows.append(row)
        if draw(st.integers(0, 4)) == 0:
            break
        row["date_entree"] = draw(day_between(referred, referred + timedelta(days=200)))
        row["lieu"] = draw(st.sampled_from([slug for slug, _ in SITES]))
        if draw(st.integers(0, 2)) == 0:
            break
        row["date_sortie"] = draw(
            day_between(row["date_entree"], row["date_entree"] + timedelta(days=600))
        )
        row["motif_sortie"] = draw(st.sampled_from(v.EXIT_REASONS.codes))
        earliest = row["date_sortie"] + timedelta(days=1)
    return rows


@st.composite
def caseloads(draw) -> list[dict]:
    return [row for number in range(draw(st.integers(0, 12))) for row in draw(person(number + 1))]


def write(rows: list[dict], path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=";")
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {
                    column: f"{value:%d/%m/%Y}" if isinstance(value, date) else value
                    for column, value in row.items()
                }
            )


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=caseloads())
def test_any_caseload_gives_the_tables_of_an_independent_count(tmp_path, rows):
    salt = next(BRANCH_NUMBERS)
    organisation = OrganisationFactory(slug=f"branch-{salt}", branch=True)
    for slug, name in SITES:
        SiteFactory(organisation=organisation, slug=slug, name=name)
    source, target = tmp_path / f"{salt}.csv", tmp_path / f"{salt}.json"
    write(rows, source)
    if rows:
        call_command("import", "follow-ups", str(source), organisation=organisation.slug)

    call_command(
        "report", "branch", organisation=organisation.slug, year=YEAR, output=target, format="json"
    )

    tables = {table["id"]: table for table in json.loads(target.read_text())["tables"]}
    expected = count(rows, SITES, YEAR)
    assert list(tables) == list(expected)
    for table_id, wanted in expected.items():
        found = tables[table_id]
        assert [row["code"] for row in found["rows"]] == wanted["rows"], table_id
        assert [column["code"] for column in found["columns"]] == wanted["columns"], table_id
        for part in ("cells", "row_totals", "column_totals", "total"):
            assert found[part] == wanted[part], (table_id, part)
