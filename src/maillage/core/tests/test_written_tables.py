"""What the program writes is read back as it went, and computed by nobody."""

import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.core.tables import read_table, write_csv, write_xlsx
from maillage.core.tests.spreadsheets import HEADERS, ods_row, write_ods


class TestWriting:
    def test_typed_cells_come_back_as_they_went(self, tmp_path):
        row = ["é & <", 3, 2.5, Decimal("7.25"), date(2024, 2, 3), datetime(2024, 2, 3, 9, 5)]
        row += [time(18, 15), True, None, ""]
        headers = [f"h{n}" for n in range(len(row))]
        write_xlsx(tmp_path / "t.xlsx", [("Feuille", headers, [row])])

        assert read_table(tmp_path / "t.xlsx").rows == [
            (2, [*row[:2], 2.5, 7.25, *row[4:8], "", ""]),
        ]

    def test_no_cell_of_a_workbook_is_a_formula_or_a_link(self, tmp_path):
        row = ["=1+1", "{=1}", "https://exemple.fr", "mailto:a@exemple.fr", "+33 4"]
        write_xlsx(tmp_path / "t.xlsx", [("S", ["=a", "b", "c", "d", "e"], [row])])

        table = read_table(tmp_path / "t.xlsx")
        with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml")

        assert table.rows == [(2, row)]
        assert table.errors == []
        assert b"<f>" not in sheet
        assert b"hyperlink" not in sheet

    def test_headers_stay_in_view_and_can_be_filtered(self, tmp_path):
        write_xlsx(tmp_path / "t.xlsx", [("S", HEADERS, [["1", "a" * 30], ["2", "b"]])])

        with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert 'ySplit="1"' in sheet
        assert 'state="frozen"' in sheet
        assert '<autoFilter ref="A1:B3"/>' in sheet
        assert 'min="2" max="2" width="31.7' in sheet

    def test_several_sheets_go_into_memory_with_titles_that_are_allowed(self):
        buffer = io.BytesIO()

        write_xlsx(buffer, [("Reçus / sortis [2024]", ["a"], []), ("b" * 40, ["a"], [[1]])])

        with zipfile.ZipFile(buffer) as archive:
            book = archive.read("xl/workbook.xml").decode()
        assert 'name="Reçus   sortis  2024 "' in book
        assert f'name="{"b" * 31}"' in book

    @pytest.mark.parametrize(
        ("row", "error"),
        [
            (["1"], ValueError),
            (["1", "a" * 32_768], ValueError),
            (["1", datetime.fromisoformat("2024-02-03T10:00:00+01:00")], TypeError),
        ],
    )
    def test_what_would_be_lost_or_shifted_is_refused(self, row, error):
        with pytest.raises(error):
            write_xlsx(io.BytesIO(), [("S", HEADERS, [row])])

    def test_a_long_number_keeps_all_its_digits(self, tmp_path):
        write_xlsx(tmp_path / "t.xlsx", [("S", HEADERS, [[123456789012345678, 1]])])

        assert read_table(tmp_path / "t.xlsx").rows == [(2, ["123456789012345678", 1.0])]

    def test_a_csv_opens_in_a_french_spreadsheet(self):
        buffer = io.BytesIO()
        row = ["É;a", 3, 2.5, Decimal("7.25"), date(2024, 2, 3), datetime(2024, 2, 3, 9, 5), True]

        write_csv(buffer, ["a", "b", "c", "d", "e", "f", "g", "h"], [[*row, None]])

        assert buffer.getvalue() == (
            b"\xef\xbb\xbfa;b;c;d;e;f;g;h\r\n"
            + '"É;a";3;2,5;7,25;03/02/2024;03/02/2024 09:05;oui;\r\n'.encode()
        )

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("=1+1", "'=1+1"),
            ("+33 4", "'+33 4"),
            ("@a", "'@a"),
            ("-a", "'-a"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("\ta", "'\ta"),
            ("-5", "-5"),
            ("-12,5", "-12,5"),
            ("a=1", "a=1"),
        ],
    )
    def test_a_csv_cell_that_might_be_computed_gets_an_apostrophe(self, text, written):
        buffer = io.BytesIO()

        write_csv(buffer, ["a"], [[text]])

        assert buffer.getvalue().decode("utf-8-sig") == f"a\r\n{written}\r\n"

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
    @given(
        rows=st.lists(
            st.lists(
                st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
                min_size=2,
                max_size=2,
            ),
            max_size=6,
        )
    )
    def test_what_we_write_is_read_back_and_never_computed(self, tmp_path, rows):
        with (tmp_path / "t.csv").open("wb") as file:
            write_csv(file, HEADERS, rows)
        write_xlsx(tmp_path / "t.xlsx", [("S", HEADERS, rows)])
        kept = [(n, row) for n, row in enumerate(rows, start=2) if "".join(row).strip()]

        from_csv, from_xlsx = (read_table(tmp_path / name) for name in ("t.csv", "t.xlsx"))

        assert from_csv.errors == from_xlsx.errors == []
        assert from_xlsx.rows == kept
        assert [n for n, _ in from_csv.rows] == [n for n, _ in kept]
        for (_, ours), (_, theirs) in zip(from_csv.rows, kept, strict=True):
            assert [cell.removeprefix("'") for cell in ours] == [
                c.removeprefix("'") for c in theirs
            ]


@pytest.mark.slow
def test_a_caseload_of_fifty_thousand_rows_is_read_whole(tmp_path):
    headers = [f"h{n}" for n in range(20)]
    row = ["D-000001", 1, "postsentenciel", date(2024, 2, 3), *["montpellier"] * 16]
    rows = [row] * 50_000
    write_xlsx(tmp_path / "t.xlsx", [("S", headers, rows)])
    with (tmp_path / "t.csv").open("wb") as file:
        write_csv(file, headers, rows)
    write_ods(tmp_path / "t.ods", {"S": [ods_row(headers), *[ods_row(row)] * 50_000]})

    for name in ("t.xlsx", "t.csv", "t.ods"):
        assert len(read_table(tmp_path / name).rows) == 50_000
