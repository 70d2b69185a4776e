from datetime import date, datetime

import pytest
import xlsxwriter

from maillage.core.tables import CellError, cell_text, read_table, write_xlsx
from maillage.core.tests.spreadsheets import HEADERS, ods_cell, ods_row, refusal, rewrite, write_ods


class TestReadingCsv:
    @pytest.mark.parametrize("separator", [",", ";"])
    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_separator_mark_and_line_ends_do_not_matter(self, csv_file, separator, mark, end):
        lines = end.join(["dossier;nom", "1;Éloi", '2;"a, b; c"']).replace(";", separator, 2)
        lines = lines.replace("1;", f"1{separator}").replace('2;"', f'2{separator}"')

        table = read_table(csv_file(mark + lines.encode()))

        assert table.headers == HEADERS
        assert table.rows == [(2, ["1", "Éloi"]), (3, ["2", "a, b; c"])]
        assert table.errors == []

    def test_blank_rows_are_left_out_but_counted(self, csv_file):
        table = read_table(csv_file("dossier;nom\n\n1;a\n;\n  ;\n2;b\n"))

        assert table.rows == [(3, ["1", "a"]), (6, ["2", "b"])]

    def test_a_line_break_in_quotes_is_in_the_cell_and_counts_one_row(self, csv_file):
        table = read_table(csv_file('dossier;nom\n1;"a\nb"\n2;c\n'))

        assert table.rows == [(2, ["1", "a\nb"]), (3, ["2", "c"])]

    def test_missing_last_cells_are_empty(self, csv_file):
        assert read_table(csv_file("dossier;nom\n1\n")).rows == [(2, ["1", ""])]

    def test_the_separator_is_the_one_that_cuts_the_headers_most(self, csv_file):
        assert read_table(csv_file("a;b, c;d\n1;2;3\n")).headers == ["a", "b, c", "d"]

    @pytest.mark.parametrize("value", ["=1+1", "+1", "@a", "-a", "-", "\tb", '"\rc"', "=", "+33"])
    def test_what_a_spreadsheet_might_compute_is_refused(self, csv_file, value):
        table = read_table(csv_file(f"dossier;nom\n\n1;{value}\n"))

        (error,) = table.errors
        assert (error.row, error.column, error.value) == (3, "nom", value.strip('"'))
        assert error.expected == (
            "une valeur (la cellule B3 contient une formule, collez la valeur)"
        )

    @pytest.mark.parametrize("value", ["-5", "-12,5", "a=b", "1+1", "a@b.fr", "a-b"])
    def test_negative_numbers_and_plain_text_are_values(self, csv_file, value):
        assert read_table(csv_file(f"dossier;nom\n1;{value}\n")).errors == []

    def test_a_formula_in_the_headers_is_told_by_its_column_letter(self, csv_file):
        (error,) = read_table(csv_file("dossier;=1+1\n1;a\n")).errors

        assert (error.row, error.column, error.value) == (1, "B", "=1+1")

    def test_a_value_without_a_header_is_told_once_a_column_with_its_first_row(self, csv_file):
        table = read_table(csv_file("dossier;;nom\n1;;a;\n2;x;b;y\n3;z;c\n"))

        assert table.headers == HEADERS
        assert table.rows == [(2, ["1", "a"]), (3, ["2", "b"]), (4, ["3", "c"])]
        assert [(e.row, e.column, e.value) for e in table.errors] == [(3, "B", "x"), (3, "D", "y")]


class TestReadingWorkbooks:
    def test_cells_keep_their_types_and_rows_their_numbers(self, tmp_path):
        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
            clock = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
            sheet.write_row("A1", ["texte", "nombre", "jour", "heure", "booléen"])
            sheet.write_row("A4", ["é & <", 12.5])
            sheet.write_datetime("C4", datetime(2024, 2, 3), day)
            sheet.write_datetime("D4", datetime(2024, 2, 3, 14, 30), clock)
            sheet.write_boolean("E4", True)

        assert read_table(path).rows == [
            (4, ["é & <", 12.5, date(2024, 2, 3), datetime(2024, 2, 3, 14, 30), True])
        ]

    def test_an_ods_is_read_with_its_repeated_rows_and_cells(self, tmp_path):
        twice = ods_cell("x", ' table:number-columns-repeated="2"')
        path = write_ods(
            tmp_path / "t.ods",
            {
                "S": [
                    ods_row(["a", "b", "c"]),
                    ods_row([], ' table:number-rows-repeated="3"'),
                    f'<table:table-row table:number-rows-repeated="2">{twice}</table:table-row>',
                    ods_row([date(2024, 2, 3), 2, ""]),
                ]
            },
        )

        table = read_table(path)

        assert table.headers == ["a", "b", "c"]
        assert table.rows == [
            (5, ["x", "x", ""]),
            (6, ["x", "x", ""]),
            (7, [date(2024, 2, 3), 2.0, ""]),
        ]

    def test_a_first_column_left_blank_shifts_nothing(self, xlsx):
        table = read_table(xlsx({"B1": "dossier", "C1": "nom", "B2": 1, "C2": "=B2", "D2": 3}))

        assert table.headers == HEADERS
        assert table.rows[0][1][0] == 1.0
        assert [(e.row, e.column) for e in table.errors] == [(2, "D"), (2, "nom")]
        assert "la cellule C2 contient une formule" in str(table.errors[1])

    def test_the_first_visible_sheet_is_read_or_the_one_named(self, tmp_path):
        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            for name in ("caché", "un", "deux"):
                book.add_worksheet(name).write("A1", name)
            book.get_worksheet_by_name("un").activate()
            book.get_worksheet_by_name("caché").hide()
            book.get_worksheet_by_name("deux").write("A2", "=1+1")

        assert read_table(path).headers == ["un"]
        assert read_table(path).errors == []
        assert [e.row for e in read_table(path, sheet="deux").errors] == [2]
        assert refusal(path, sheet="trois") == (
            "«\u202ft.xlsx\u202f» n’a pas de feuille «\u202ftrois\u202f». "
            "Ses feuilles\u00a0: caché, un, deux."
        )

    def test_numbers_dates_and_text_are_told_as_the_person_sees_them(self):
        seen = [123.0, 12.5, " a ", date(2024, 2, 3), datetime(2024, 2, 3), True, None, 10**16]

        assert [cell_text(cell) for cell in seen] == [
            *("123", "12.5", "a", "2024-02-03", "2024-02-03", "vrai", "", "10000000000000000"),
        ]


class TestFormulas:
    def test_every_formula_of_an_xlsx_is_refused_by_its_cell(self, xlsx):
        table = read_table(
            xlsx({"A1": "dossier", "B1": "nom", "A3": "=1+1", "B3": "x", "B12": "=CONCAT(A1;A2)"})
        )

        assert table.errors == [
            CellError(
                3,
                "dossier",
                "=1+1",
                "une valeur (la cellule A3 contient une formule, collez la valeur)",
                "est une formule",
            ),
            CellError(
                12,
                "nom",
                "=CONCAT(A1;A2)",
                "une valeur (la cellule B12 contient une formule, collez la valeur)",
                "est une formule",
            ),
        ]
        assert str(table.errors[0]) == (
            "ligne 3, colonne dossier\u00a0: «\u202f=1+1\u202f» est une formule\u202f; "
            "attendu\u00a0: une valeur (la cellule A3 contient une formule, collez la valeur)"
        )

    def test_shared_formulas_and_prefixed_tags_do_not_hide_one(self, xlsx):
        def share(name, content):
            if not name.endswith("sheet1.xml"):
                return content
            content = content.replace(b"<f>1+1</f>", b'<f t="shared" si="0"/>')
            for tag in (b"worksheet", b"sheetData", b"row", b"c", b"f", b"v"):
                for end in (b" ", b">", b"/>"):
                    content = content.replace(b"<" + tag + end, b"<x:" + tag + end)
                content = content.replace(b"</" + tag + b">", b"</x:" + tag + b">")
            return content.replace(b"xmlns=", b"xmlns:x=")

        path = rewrite(xlsx({"A1": "dossier", "A2": 1, "A3": "=1+1"}), share)

        assert [(e.row, e.column) for e in read_table(path).errors] == [(3, "dossier")]

    def test_text_that_merely_looks_like_one_is_text_in_a_workbook(self, tmp_path):
        write_xlsx(tmp_path / "t.xlsx", [("S", HEADERS, [["=1+1", "<f>table:formula"]])])

        table = read_table(tmp_path / "t.xlsx")

        assert table.rows == [(2, ["=1+1", "<f>table:formula"])]
        assert table.errors == []

    def test_formulas_of_rules_around_the_cells_are_not_cells(self, xlsx):
        def rule(name, content):
            if not name.endswith("sheet1.xml"):
                return content
            return content.replace(
                b"</sheetData>",
                b'</sheetData><extLst><ext xmlns:xm="m"><xm:f>Suivi!A1</xm:f></ext></extLst>',
            )

        path = rewrite(xlsx({"A1": "dossier", "A2": 1}), rule)

        assert read_table(path).errors == []

    def test_every_formula_of_an_ods_is_refused_by_its_cell(self, tmp_path):
        formula = ods_cell(3, ' table:formula="of:=[.A1]+1"')
        path = write_ods(
            tmp_path / "t.ods",
            {
                "autre": [f"<table:table-row>{formula}</table:table-row>"],
                "S": [
                    ods_row(HEADERS),
                    ods_row([1, ""], ' table:number-rows-repeated="2"'),
                    "<table:table-row>"
                    f'<table:table-cell table:number-columns-repeated="1"/>{formula}'
                    "</table:table-row>",
                ],
            },
        )

        assert [str(e) for e in read_table(path, sheet="S").errors] == [
            "ligne 4, colonne nom\u00a0: «\u202f=[.A1]+1\u202f» est une formule\u202f; "
            "attendu\u00a0: une valeur (la cellule B4 contient une formule, collez la valeur)"
        ]
