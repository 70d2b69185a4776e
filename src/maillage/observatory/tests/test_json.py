"""The published contract, to the order of its keys."""

import json
from datetime import date

from maillage.observatory.render.json_ import render_json
from maillage.observatory.tests.people import IN_ORDER, fact

TABLES = [
    ("flow", None),
    ("received-by-sex", "received"),
    ("received-by-prescriber-and-site", "received"),
    ("new-by-prescriber-and-site", "new"),
    ("new-by-age-and-site", "new"),
    ("received-by-resources", "received"),
    ("received-by-employment", "received"),
    ("received-by-marital-status", "received"),
    ("exited-by-reason-and-site", "exited"),
    ("exited-by-duration", "exited"),
    ("followed-by-site", "followed"),
    ("followed-by-duration", "followed"),
]


def told(report):
    return json.loads(render_json(report))


def test_the_keys_come_in_the_order_of_the_contract(report_on):
    contract = told(report_on([fact()]))

    assert list(contract) == ["report", "organisation", "period", "tables"]
    assert contract["report"] == "branch"
    assert contract["organisation"] == "haven"
    assert contract["period"] == {"start": "2024-01-01", "end": "2024-12-31"}
    for table in contract["tables"]:
        assert list(table) == [
            "id",
            "title",
            "unit",
            "base",
            "rows",
            "columns",
            "cells",
            "row_totals",
            "column_totals",
            "total",
        ]
        assert all(list(one) == ["code", "label"] for one in table["rows"] + table["columns"])


def test_the_twelve_tables_come_in_order_with_their_bases(report_on):
    contract = told(report_on([fact()]))

    assert [(table["id"], table["base"]) for table in contract["tables"]] == TABLES
    assert {table["unit"] for table in contract["tables"]} == {"personnes"}


def test_a_cross_table_holds_every_class_and_site_zeros_included(report_on):
    table = told(report_on([fact(site="pezenas")]))["tables"][3]

    assert [row["code"] for row in table["rows"]] == ["spip", "spontanee", "autres_partenaires"]
    assert [column["code"] for column in table["columns"]] == IN_ORDER
    assert [column["label"] for column in table["columns"]] == ["Agde", "École", "Pézenas", "Sète"]
    assert table["cells"] == [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert table["row_totals"] == [1, 0, 0]
    assert table["column_totals"] == [0, 0, 1, 0]
    assert table["total"] == 1


def test_a_one_way_table_has_one_column_coded_total(report_on):
    table = told(report_on([fact(sex="F")]))["tables"][1]

    assert [column["code"] for column in table["columns"]] == ["total"]
    assert table["cells"] == [[1], [0], [0]]
    assert table["column_totals"] == [1]


def test_the_flow_is_not_added_up(report_on):
    flow = told(report_on([fact(exited_on=date(2024, 5, 1))]))["tables"][0]

    assert [row["code"] for row in flow["rows"]] == [
        "received",
        "new",
        "resumed",
        "continuing",
        "exited",
        "followed",
        "waiting_at_end",
    ]
    assert flow["cells"] == [[1], [1], [0], [0], [1], [0], [0]]
    assert flow["row_totals"] == [1, 1, 0, 0, 1, 0, 0]
    assert flow["column_totals"] is None
    assert flow["total"] is None


def test_accents_are_written_as_they_are(report_on):
    assert "Pézenas" in render_json(report_on([fact()]))
