"""The files that the invented people stand on."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import maillage.network
from maillage.demo.people import data
from maillage.demo.population import apex, small_branch, via_voltaire
from maillage.demo.published import margin, published_table

TODAY = date(2026, 11, 23)
# Their parts do not add up, or their total is of something else; the note says which.
DO_NOT_CLOSE = {"vv-flux-par-lieu", "apex-groupe-devenir"}


@pytest.fixture(scope="module")
def everyone():
    rows = via_voltaire(TODAY) + apex(TODAY)
    for slug in ("aers", "la-clede", "la-traverse", "udaf-11"):
        rows += small_branch(slug, TODAY)
    return rows


@pytest.fixture(scope="module")
def directory():
    path = Path(maillage.network.__file__).parent / "data" / "directory.json"
    organisations = json.loads(path.read_text(encoding="utf-8"))["organisations"]
    return {organisation["slug"]: organisation for organisation in organisations}


class TestThePublishedTables:
    def test_stand_once_each(self):
        ids = [table["id"] for table in data("published")["tables"]]

        assert [i for i, n in Counter(ids).items() if n > 1] == []

    def test_have_a_cell_for_each_row_and_column(self):
        for table in data("published")["tables"]:
            assert len(table["cells"]) == len(table["rows"]), table["id"]
            assert {len(line) for line in table["cells"]} == {len(table["columns"])}, table["id"]

    def test_add_up_to_the_printed_total_unless_a_note_says_why_not(self):
        for table in data("published")["tables"]:
            sums = [sum(column) for column in zip(*table["cells"], strict=True)]
            if table["id"] in DO_NOT_CLOSE:
                assert table["note"]
            elif isinstance(table["total"], list):
                assert sums == table["total"], table["id"]
            elif table["total"] is not None:
                assert sum(sums) == table["total"], table["id"]

    def test_are_found_by_their_id_alone(self):
        assert margin("vv-nouveaux-sexe") == {"H": 252, "F": 6}
        with pytest.raises(KeyError):
            published_table("vv-rien")

    def test_have_notes_in_french_typography(self):
        for table in data("published")["tables"]:
            note = table.get("note", "")
            for sign in (" :", " ;", " !", " ?", " %", "« ", " »", "'"):
                assert sign not in note + table["title"], (table["id"], sign)


class TestTheNames:
    def test_are_many_and_stand_once(self):
        names = data("names")

        assert len(names["last_names"]) >= 250
        assert len(names["men"]) + len(names["women"]) >= 150
        for key, entries in names.items():
            assert len(entries) == len(set(entries)), key

    def test_hold_what_makes_names_hard(self):
        names = [name for entries in data("names").values() for name in entries]

        for hard in ("-", "’", " ", "é", "ñ", "ï", "ã"):
            assert any(hard in name for name in names), hard

    def test_are_borne_by_people_whose_full_name_is_rarely_the_same(self, everyone):
        people = {(row.lieu, row.dossier): (row.nom, row.prenom) for row in everyone}
        repeated = len(people) - len(set(people.values()))

        assert repeated < len(people) / 20


class TestTheReferrers:
    def test_stand_in_the_directory_under_the_category_of_the_row(self, everyone, directory):
        said = {(row.referrer, row.prescripteur) for row in everyone if row.referrer}

        assert {(slug, directory[slug]["referrer_category"]) for slug, _ in said} == said


class TestTheSites:
    def test_stand_in_the_directory_of_their_organisation(self, directory):
        for organisation, sites in data("communes").items():
            known = {site["slug"] for site in directory[organisation]["sites"]}
            assert set(sites) <= known, organisation
