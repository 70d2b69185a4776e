import io
import random
import zipfile
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.core.tables import CellError, TableError, cell_text, read_table, write_csv, write_xlsx
from maillage.core.tables.archives import Archive
from maillage.core.tests.spreadsheets import ods_cell, ods_row, rewrite, write_ods

HEADERS = ["dossier", "nom"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def csv_file(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def xlsx(tmp_path):
    """Writes cells given by their place; strings that start with = are formulas."""

    def write(cells, name="table.xlsx"):
        path = tmp_path / name
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("Suivi")
            for place, value in cells.items():
                sheet.write(place, value)
        return path

    return write


def refusal(path, **options):
    with pytest.raises(TableError) as raised:
        read_table(path, **options)
    return str(raised.value)


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


class TestRefusedFiles:
    def test_a_missing_file(self, tmp_path):
        assert refusal(tmp_path / "absent.csv") == (
            "«\u202fabsent.csv\u202f» est introuvable. Vérifiez le chemin du fichier."
        )

    def test_a_folder(self, tmp_path):
        assert "est un dossier" in refusal(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n", b";;\n"])
    def test_an_empty_file(self, csv_file, content):
        assert refusal(csv_file(content)) == (
            "«\u202ftable.csv\u202f» est vide. Sa première ligne doit porter les en-têtes."
        )

    def test_an_empty_workbook(self, xlsx):
        assert "la première ligne est vide" in refusal(xlsx({}))

    def test_headers_that_are_not_in_the_first_row(self, csv_file, xlsx):
        sentence = "\u202f»\u00a0: la première ligne est vide. Elle doit porter les en-têtes."

        assert refusal(csv_file("\ndossier;nom\n1;a\n")) == f"«\u202ftable.csv{sentence}"
        assert refusal(xlsx({"A2": "dossier", "A3": 1})) == f"«\u202ftable.xlsx{sentence}"

    @pytest.mark.parametrize("name", ["table.txt", "table.pdf", "table.xlsb", "table.tsv"])
    def test_an_unknown_extension(self, csv_file, name):
        assert "n’est pas acceptée. Enregistrez-le en .xlsx" in refusal(
            csv_file("dossier;nom\n1;a\n", name)
        )

    def test_no_extension(self, csv_file):
        assert "n’a pas d’extension. Enregistrez" in refusal(csv_file("dossier\n1\n", "table"))

    def test_an_extension_that_belies_the_content(self, csv_file, xlsx):
        workbook = xlsx({"A1": "dossier"}).read_bytes()

        assert refusal(csv_file("dossier;nom\n", "t.xlsx")) == (
            "«\u202ft.xlsx\u202f» porte l’extension .xlsx, mais contient du texte. "
            "Ouvrez-le dans le tableur et enregistrez-le en .xlsx, .ods ou .csv."
        )
        assert "contient un classeur XLSX" in refusal(csv_file(workbook, "t.csv"))
        assert "contient un classeur XLSX" in refusal(csv_file(workbook, "t.ods"))
        assert "contient un PDF" in refusal(csv_file(b"%PDF-1.7\n", "t.csv"))
        assert "une page web" in refusal(csv_file(b"<html><table>", "t.xls"))
        assert "un ancien classeur XLS" in refusal(csv_file(OLE + b"\0" * 600, "t.xlsx"))
        assert "un format inconnu" in refusal(csv_file(b"\x89PNG\0\0\0", "t.csv"))

    def test_a_document_that_is_not_a_spreadsheet(self, tmp_path):
        path = tmp_path / "t.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("word/document.xml", "<w/>")

        assert "contient un document Word" in refusal(path)

    def test_the_extension_is_read_without_case(self, csv_file):
        assert read_table(csv_file("dossier;nom\n1;a\n", "T.CSV")).headers == HEADERS

    def test_an_old_workbook_whose_reader_could_die_of_it(self, csv_file):
        assert refusal(csv_file(OLE + b"\0" * 600, "t.xls")) == (
            "«\u202ft.xls\u202f» est un ancien classeur (.xls). "
            "Enregistrez-le en .xlsx, .ods ou .csv."
        )

    @pytest.mark.parametrize("name", ["t.xlsx", "t.ods"])
    def test_a_damaged_workbook(self, csv_file, name):
        assert refusal(csv_file(b"PK\x03\x04" + b"\1" * 600, name)) == (
            f"«\u202f{name}\u202f» est endommagé. Ouvrez-le dans le tableur, enregistrez-le de "
            "nouveau, puis recommencez."
        )

    def test_a_workbook_cut_short(self, xlsx, csv_file):
        whole = xlsx({"A1": "dossier", "A2": 1}).read_bytes()

        assert "est endommagé" in refusal(csv_file(whole[: len(whole) // 2], "t.xlsx"))

    def test_a_workbook_whose_bytes_were_changed(self, xlsx):
        path = xlsx({"A1": "dossier", "A2": 1})
        with zipfile.ZipFile(path) as archive:
            place = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 80
        content = bytearray(path.read_bytes())
        content[place : place + 20] = b"\xff" * 20
        path.write_bytes(content)

        assert "est endommagé" in refusal(path)

    @pytest.mark.parametrize("name", ["t.xlsx", "t.xls"])
    def test_a_workbook_behind_a_password(self, csv_file, name):
        content = OLE + b"\0" * 600
        content += "EncryptedPackage".encode("utf-16-le") + b"\0" * 600

        assert refusal(csv_file(content, name)) == (
            f"«\u202f{name}\u202f» est protégé par un mot de passe. Enregistrez-le sans."
        )

    def test_an_ods_behind_a_password(self, tmp_path):
        path = write_ods(
            tmp_path / "t.ods",
            {"S": [ods_row(HEADERS)]},
            '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/>'
            "</manifest:file-entry>",
        )
        rewrite(path, lambda n, c: b"\0\1\2" if n == "content.xml" else c)

        assert "est protégé par un mot de passe" in refusal(path)

    def test_text_that_is_not_utf_8_is_told_by_its_line_and_byte(self, csv_file):
        assert refusal(csv_file("dossier;nom\n1;a\n2;Éloi\n".encode("cp1252"))) == (
            "«\u202ftable.csv\u202f», ligne 3, octet 3 (0xC9)\u00a0: le texte n’est pas en UTF-8. "
            "Dans le tableur, enregistrez au format «\u202fCSV UTF-8\u202f»."
        )

    def test_text_far_down_that_is_not_utf_8_is_found_too(self, csv_file):
        content = b"dossier;nom\n" + b"1;a\n" * 5000 + b"2;\xe9\n"

        assert "ligne 5002, octet 3 (0xE9)" in refusal(csv_file(content))

    def test_utf_16_and_nul_bytes(self, csv_file):
        assert "est en UTF-16" in refusal(csv_file("dossier;nom\n".encode("utf-16")))
        assert "ligne 3\u00a0: ce n’est pas du texte" in refusal(
            csv_file(b"dossier;nom\n" + b"1;" + b"a" * 5000 + b"\n2;\0\n")
        )

    @pytest.mark.parametrize("row", ['2;"b', '2;"b"c', '2;"' + "b" * 140_000 + '"'])
    def test_a_quote_left_open_or_a_cell_without_end(self, csv_file, row):
        assert "ligne 3\u00a0: un guillemet" in refusal(csv_file(f"dossier;nom\n1;a\n{row}\n3;c\n"))

    def test_columns_cut_by_tabs(self, csv_file):
        assert "séparées par des tabulations" in refusal(csv_file("dossier\tnom\n1\ta\n"))

    def test_two_headers_that_read_the_same(self, csv_file):
        assert refusal(csv_file("date_entree;nom;Date entrée\n")) == (
            "«\u202ftable.csv\u202f»\u00a0: l’en-tête «\u202fDate entrée\u202f» est en double, "
            "colonnes A et C. Renommez ou supprimez l’une des deux."
        )


class TestTooManyRows:
    SENTENCE = "a plus de 3 lignes. Découpez-le en plusieurs fichiers."

    @pytest.mark.parametrize("rows", [3, 4])
    def test_the_greatest_number_is_accepted_and_the_next_refused(self, tmp_path, rows):
        lines = [[n, "a"] for n in range(rows)]
        with (tmp_path / "t.csv").open("wb") as file:
            write_csv(file, HEADERS, lines)
        write_xlsx(tmp_path / "t.xlsx", [("S", HEADERS, lines)])
        write_ods(tmp_path / "t.ods", {"S": [ods_row(line) for line in [HEADERS, *lines]]})

        for name in ("t.csv", "t.xlsx", "t.ods"):
            if rows == 3:
                assert len(read_table(tmp_path / name, max_rows=3).rows) == 3
            else:
                assert self.SENTENCE in refusal(tmp_path / name, max_rows=3)

    def test_blank_rows_do_not_count(self, csv_file):
        content = "dossier;nom\n" + "\n" * 10 + "1;a\n" * 3

        assert len(read_table(csv_file(content), max_rows=3).rows) == 3

    def test_a_csv_is_not_read_past_the_limit(self, csv_file):
        content = b"dossier;nom\n" + b"1;a\n" * 20_000 + b"\xff"

        assert "a plus de 10 lignes" in refusal(csv_file(content), max_rows=10)

    @pytest.mark.slow
    def test_two_hundred_thousand_rows_are_accepted_and_one_more_is_not(self, csv_file):
        content = "dossier;nom\n" + "1;a\n" * 200_000

        assert len(read_table(csv_file(content)).rows) == 200_000
        assert "a plus de 200\u202f000 lignes" in refusal(csv_file(content + "1;a\n"))

    def test_a_workbook_of_too_many_filled_rows_is_refused_before_it_is_loaded(self, xlsx):
        path = xlsx({f"A{n}": n for n in range(1, 5000)})

        assert "a plus de 100 lignes" in refusal(path, max_rows=100)

    def test_styled_but_empty_rows_and_cells_do_not_count(self, xlsx):
        def style(name, content):
            blank = b"".join(
                b'<row r="%d"><c r="XFD%d" s="0"/></row>' % (n, n) for n in range(3, 99)
            )
            return content.replace(b"</sheetData>", blank + b"</sheetData>")

        path = rewrite(xlsx({"A1": "dossier", "A2": 1}), style)

        assert read_table(path, max_rows=10).rows == [(2, [1.0])]


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


class TestHostileWorkbooks:
    def test_a_cell_at_the_far_corner_of_an_xlsx_does_not_fill_the_memory(self, xlsx):
        assert "jusqu’à la cellule XFD1048576" in refusal(
            xlsx({"A1": "dossier", "XFD1048576": "x"})
        )

    def test_a_far_cell_whose_reference_is_spelt_another_way_is_seen_too(self, xlsx):
        path = rewrite(
            xlsx({"A1": "dossier", "XFD1048576": "x"}),
            lambda name, content: content.replace(b'<c r="XFD', b"<c  r='XFD").replace(
                b'1048576" t=', b"1048576' t="
            ),
        )

        assert "jusqu’à la cellule XFD1048576" in refusal(path)

    def test_a_cell_that_claims_to_be_in_another_row_is_damage(self, xlsx):
        path = rewrite(
            xlsx({"A1": "dossier", "A2": 1}),
            lambda name, content: content.replace(b'r="A2"', b"r='A1048576'"),
        )

        assert "est endommagé" in refusal(path)

    @pytest.mark.parametrize("where", ["far", "everywhere"])
    def test_repeated_cells_of_an_ods_do_not_fill_the_memory(self, tmp_path, where):
        far = (
            '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/>'
            "</table:table-row><table:table-row><table:table-cell "
            f'table:number-columns-repeated="16000"/>{ods_cell("x")}</table:table-row>'
        )
        everywhere = (
            '<table:table-row table:number-rows-repeated="1000000">'
            + ods_cell("x", ' table:number-columns-repeated="16000"')
            + "</table:table-row>"
        )
        content = far if where == "far" else everywhere
        path = write_ods(tmp_path / "t.ods", {"S": [ods_row(HEADERS), content]})

        assert "la feuille s’étend jusqu’à la cellule" in refusal(path)

    @pytest.mark.parametrize("name", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
    def test_a_document_type_is_refused(self, xlsx, name):
        laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
        path = rewrite(
            xlsx({"A1": "dossier"}),
            lambda n, c: c.replace(b"?>", b"?>" + laughs, 1) if n == name else c,
        )

        assert "est endommagé" in refusal(path)

    @pytest.mark.slow
    def test_more_than_one_gibibyte_once_unpacked_is_refused(self, xlsx):
        path = xlsx({"A1": "dossier"})
        with (
            zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
            archive.open("xl/media/zero.bin", "w", force_zip64=True) as member,
        ):
            for _ in range(65):
                member.write(bytes(1 << 24))

        assert "contient plus de 1\u00a0Gio une fois décompressé" in refusal(path)

    def test_a_size_that_lies_is_not_believed(self, xlsx):
        path = xlsx({"A1": "dossier"})
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/media/zero.bin", b"0" * 100_000)
        size, lie = (100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
        path.write_bytes(path.read_bytes().replace(size, lie))

        with path.open("rb") as file:
            archive = Archive(file, path.name)
            unpacked = sum(map(len, archive.chunks("xl/media/zero.bin")))
        assert unpacked == 100_000

    @pytest.mark.parametrize("count", ["2147483647", "18446744073709551615"])
    def test_a_claimed_number_of_texts_does_not_reserve_the_memory(self, xlsx, count):
        path = rewrite(
            xlsx({"A1": "dossier"}),
            lambda name, content: content.replace(
                b'uniqueCount="1"', f'uniqueCount="{count}"'.encode()
            ),
        )

        assert "est endommagé" in refusal(path)

    def test_a_table_left_open_in_an_ods_does_not_hang_the_reader(self, tmp_path):
        path = rewrite(
            write_ods(tmp_path / "t.ods", {"S": [ods_row(HEADERS)]}),
            lambda name, content: content.replace(b"</table:table>", b""),
        )

        assert "est endommagé" in refusal(path)

    def test_xml_in_another_encoding_is_refused(self, xlsx):
        path = rewrite(
            xlsx({"A1": "dossier"}),
            lambda name, content: content.replace(b"UTF-8", b"ISO-8859-1"),
        )

        assert "est endommagé" in refusal(path)

    def test_a_member_that_stands_twice_is_damage(self, xlsx):
        path = xlsx({"A1": "dossier"})
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("XL/worksheets/SHEET1.xml", "<x/>")

        assert "est endommagé" in refusal(path)

    @pytest.mark.parametrize("suffix", ["xlsx", "ods"])
    def test_a_workbook_with_random_damage_is_read_or_refused_in_french(self, tmp_path, suffix):
        path, chance = tmp_path / f"t.{suffix}", random.Random(20260203)
        rows = [["1", "a"], ["2", "b"]]
        for _ in range(150):
            if suffix == "xlsx":
                write_xlsx(path, [("S", HEADERS, rows)])
            else:
                write_ods(path, {"S": [ods_row(row) for row in [HEADERS, *rows]]})
            rewrite(path, lambda _name, content: _scratched(content, chance))
            with suppress(TableError):
                read_table(path)


def _scratched(content, chance):
    if chance.random() < 0.6:
        return content
    changed = bytearray(content)
    place = chance.randrange(len(changed))
    changed[place : place + chance.randrange(4)] = bytes(chance.choices(b'<>/"1Ar= \0', k=2))
    return bytes(changed)


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
