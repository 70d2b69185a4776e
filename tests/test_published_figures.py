"""The demonstration gives the published figures of 2024, every cell, from recorded files alone."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from maillage.demo.accounts import create_accounts
from maillage.demo.load import branches, load_branch
from maillage.demo.people import data
from maillage.network.models import Organisation
from maillage.observatory.reports import branch_report_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TODAY = date(2026, 3, 16)
PUBLISHED = {table["id"]: table for table in data("published")["tables"]}
AS_COUNTED = sorted(
    table_id
    for table_id, table in PUBLISHED.items()
    if table["organisation"] == "via-voltaire" and table["counted_as"]
)
APEX_TABLES = {
    "apex-orientations-type": "referrals-by-module",
    "apex-orientations-stage-prescripteur": "stage-referrals-by-prescriber",
    "apex-orientations-sexe": "referrals-by-sex",
    "apex-age": "referrals-by-age",
    "apex-situation-professionnelle": "referrals-by-employment",
    "apex-situation-familiale": "referrals-by-marital-status",
}

APEX_CODES = {
    "autre": "autres",
    "en_emploi": "avec_emploi",
    "sans_activite": "sans_emploi",
    "tj-perpignan": "tj_perpignan",
    "tj-exterieur": "tj_exterieurs",
    "delegue_procureur": "delegues_procureur",
}


@pytest.fixture(scope="module")
def reports(django_db_setup, django_db_blocker, tmp_path_factory):
    """The reports of Via Voltaire and APEX on the loaded demonstration, which is undone after."""
    with (
        override_settings(DATA_DIR=tmp_path_factory.mktemp("figures")),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        call_command("network", "load", verbosity=0)
        practitioners = create_accounts()
        made = {}
        for slug, grid in (("via-voltaire", "default"), ("apex", "apex")):
            organisation = Organisation.objects.get(slug=slug)
            load_branch(organisation, branches(TODAY)[slug](), practitioners[slug], TODAY)
            made[slug] = branch_report_of(organisation, 2024, grid)
        transaction.set_rollback(True)
    return made


def test_the_published_tables_of_via_voltaire_are_all_there():
    assert {PUBLISHED[table_id]["counted_as"] for table_id in AS_COUNTED} == {
        "received-by-prescriber-and-site",
        "new-by-prescriber-and-site",
        "new-by-age-and-site",
        "received-by-resources",
        "received-by-employment",
        "received-by-sex",
        "received-by-marital-status",
        "exited-by-reason-and-site",
        "exited-by-duration",
        "followed-by-site",
        "followed-by-duration",
    }


@pytest.mark.parametrize("table_id", AS_COUNTED)
def test_via_voltaire_gives_every_published_cell(reports, table_id):
    published = PUBLISHED[table_id]
    table = reports["via-voltaire"].table(published["counted_as"])

    for row, cells in zip(published["rows"], published["cells"], strict=True):
        for column, value in zip(published["columns"], cells, strict=True):
            assert table.value(row, column) == value, (row, column)
    assert table.total == published["total"]


def test_via_voltaire_gives_the_published_flow(reports):
    flow = reports["via-voltaire"].table("flow")

    assert {row.code: total for row, total in zip(flow.rows, flow.row_totals, strict=True)} == {
        "received": 546,
        "new": 258,
        "resumed": 27,
        "continuing": 261,
        "exited": 209,
        "followed": 337,
        "waiting_at_end": 15,
    }


@pytest.mark.parametrize(("published_id", "table_id"), sorted(APEX_TABLES.items()))
def test_apex_gives_every_published_cell_of_its_198_referrals(reports, published_id, table_id):
    published = PUBLISHED[published_id]
    table = reports["apex"].table(table_id)
    column = published["columns"].index("2024" if "2024" in published["columns"] else "total")

    printed = {
        APEX_CODES.get(row, row): cells[column]
        for row, cells in zip(published["rows"], published["cells"], strict=True)
    }
    counted = {row.code: n for row, n in zip(table.rows, table.row_totals, strict=True)}
    assert {code: n for code, n in counted.items() if n} == {c: n for c, n in printed.items() if n}
    assert table.total == sum(printed.values())
