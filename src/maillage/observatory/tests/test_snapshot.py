"""Facts are frozen: the same facts, the same fingerprint; other facts, another one."""

import random
from dataclasses import fields, replace
from datetime import date

import duckdb
import pytest

from maillage.observatory.facts import FACT_COLUMNS, Fact
from maillage.observatory.snapshot import SnapshotChanged, open_snapshot, write_snapshot
from maillage.observatory.tests.people import fact

FACTS = [fact(n, n % 7, last_contact_on=date(2024, 3, 1)) for n in range(1, 30)]


def rows(facts):
    return [one.as_row() for one in facts]


class TestTheFingerprint:
    def test_does_not_depend_on_the_order_in_which_facts_come(self, tmp_path):
        shuffled = random.Random(3).sample(FACTS, len(FACTS))

        one = write_snapshot(rows(FACTS), tmp_path / "one.parquet")
        two = write_snapshot(rows(shuffled), tmp_path / "two.parquet")

        assert one.sha256 == two.sha256
        assert one.row_count == 29

    @pytest.mark.parametrize("column", [c for c in FACT_COLUMNS if c != "referral"])
    def test_changes_with_any_fact(self, tmp_path, column):
        was = getattr(FACTS[3], column)
        other = {int: 99, str: "z", date: date(2020, 2, 2), type(None): None}[type(was)]
        other = "z" if was is None and column in ("referrer", "module") else other
        other = date(2020, 2, 2) if was is None and column.endswith("_on") else other
        other = "z" if was is None and column == "exit_reason" else other
        changed = [*FACTS[:3], replace(FACTS[3], **{column: other}), *FACTS[4:]]

        one = write_snapshot(rows(FACTS), tmp_path / "one.parquet")
        two = write_snapshot(rows(changed), tmp_path / "two.parquet")

        assert one.sha256 != two.sha256

    def test_is_read_back_from_the_file(self, tmp_path):
        written = write_snapshot(rows(FACTS), tmp_path / "one.parquet")

        assert open_snapshot(tmp_path / "one.parquet") == written
        written.verify()

    def test_tells_a_file_whose_rows_were_changed(self, tmp_path):
        path = tmp_path / "one.parquet"
        written = write_snapshot(rows(FACTS), path)
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE t AS FROM '{path}'")
            connection.execute("UPDATE t SET sex = 'F' WHERE referral = 4")
            connection.execute(f"COPY t TO '{path}'")

        with pytest.raises(SnapshotChanged):
            written.verify()
        with pytest.raises(SnapshotChanged):
            open_snapshot(path)


def test_a_snapshot_of_nothing_is_a_snapshot(tmp_path):
    written = write_snapshot([], tmp_path / "none.parquet")

    assert open_snapshot(tmp_path / "none.parquet") == written
    written.verify()


def test_text_comes_back_as_it_was(tmp_path):
    text = 'Sète, « l’été » "et" \n fin'
    write_snapshot(rows([fact(site=text)]), tmp_path / "one.parquet")

    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT site FROM '{tmp_path / 'one.parquet'}'").fetchall()

    assert found == [(text,)]


def test_nothing_stays_beside_the_snapshot(tmp_path):
    write_snapshot(rows(FACTS), tmp_path / "one.parquet")

    assert [path.name for path in tmp_path.iterdir()] == ["one.parquet"]


def test_a_row_with_a_column_too_few_leaves_the_former_snapshot_alone(tmp_path):
    path = tmp_path / "one.parquet"
    written = write_snapshot(rows(FACTS), path)

    with pytest.raises(duckdb.Error):
        write_snapshot([FACTS[0].as_row()[:-1]], path)

    assert open_snapshot(path) == written


def test_no_column_can_hold_a_name_or_a_birth_date():
    assert {field.name for field in fields(Fact)} & {
        "first_name",
        "last_name",
        "name",
        "birth_date",
        "born_on",
        "address",
        "phone",
        "file_reference",
    } == set()
