"""Files that are no table, too many rows, and workbooks made to harm whoever opens them."""

import random
import zipfile
from contextlib import suppress

import pytest

from maillage.core.tables import TableError, read_table, write_csv, write_xlsx
from maillage.core.tables.archives import Archive
from maillage.core.tests.spreadsheets import HEADERS, ods_cell, ods_row, refusal, rewrite, write_ods

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


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
