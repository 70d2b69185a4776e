"""Each written form opens, holds the figures of the report, and lets no text act as code."""

import re
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pikepdf
import pytest
from docx import Document
from docx.oxml.ns import qn
from python_calamine import CalamineWorkbook
from tests.accessible_pdf import errors_of

from maillage.observatory.branch_report import branch_report
from maillage.observatory.grids import load_grid
from maillage.observatory.render import FORMATS, render
from maillage.observatory.tests.pdf_text import words_of
from maillage.observatory.tests.people import SITES, fact

NASTY = '=1+1 <b> & "#" $x$ \\ *é* _l’été_ @import'
RETURNS = {
    "exited_on": date(2024, 8, 1),
    "exit_reason": "abandon",
    "site": "sete",
}


def caseload():
    """1 234 received by the SPIP and 66 others; 300 of them out; 200 the year before."""
    start, sites = date(2024, 2, 1), [slug for slug, _ in SITES]
    facts = [fact(n, n, site=sites[n % 4], entered_on=start) for n in range(1, 935)]
    facts += [fact(n, n, **RETURNS) for n in range(935, 1235)]
    facts += [fact(n, n, referrer_category="mjd", sex="F") for n in range(1235, 1301)]
    out = {"exited_on": date(2023, 5, 1)}
    facts += [fact(n, n, entered_on=date(2023, 2, 1), **out) for n in range(2000, 2200)]
    return facts


@pytest.fixture(scope="module")
def report(report_on):
    return report_on(caseload())


@pytest.fixture(scope="module")
def nasty(freeze):
    """Names that would be markup, formulas or regular expressions somewhere."""
    return branch_report(
        snapshot=freeze([fact(site="s")]),
        organisation="nasty",
        organisation_name=NASTY,
        sites=[("s", NASTY), *((f"s{n}", f"Un lieu au nom long {n}") for n in range(14))],
        year=2024,
        grid=load_grid("apex"),
    )


@pytest.fixture(scope="module")
def empty(report_on):
    return report_on([])


@pytest.fixture(scope="module")
def content(report):
    return render(report, "pdf")


@pytest.fixture(scope="module")
def book(report):
    return CalamineWorkbook.from_filelike(BytesIO(render(report, "xlsx")))


@pytest.fixture(scope="module")
def document(report):
    return Document(BytesIO(render(report, "docx")))


def plain(text: str) -> str:
    return re.sub(r"[\s\u202f\xa0]+", " ", text)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_year_without_anybody_is_still_a_report(empty, kind):
    assert len(render(empty, kind)) > 1000


@pytest.mark.parametrize("kind", ["pdf", "html", "json"])
def test_the_same_report_is_the_same_file(report, kind):
    assert render(report, kind) == render(report, kind)


class TestPdf:
    def test_is_accessible_to_a_validator(self, content, tmp_path):
        assert errors_of(content, tmp_path) == []

    def test_is_tagged_in_french_with_a_title(self, content):
        with pikepdf.open(BytesIO(content)) as pdf:
            assert pdf.Root.MarkInfo.Marked
            assert str(pdf.Root.Lang).lower().startswith("fr")
            assert pdf.Root.ViewerPreferences.DisplayDocTitle
            with pdf.open_metadata() as metadata:
                assert metadata["dc:title"] == "Rapport d’activité 2024 – L’Abri"
                assert metadata["pdfuaid:part"] == "1"

    def test_has_a_real_table_for_each_table_and_words_for_each_picture(self, content, report):
        with pikepdf.open(BytesIO(content)) as pdf:
            tags = list(_walk(pdf.Root.StructTreeRoot))
            kinds = [str(tag.get("/S")) for tag in tags]
            pictures = [tag for tag in tags if str(tag.get("/S")) == "/Figure"]

        assert kinds.count("/Table") == len(report.tables)
        assert kinds.count("/H1") >= 5
        assert kinds.count("/THead") == len(report.tables)
        assert len(pictures) == 4

    def test_every_picture_is_described(self, content):
        with pikepdf.open(BytesIO(content)) as pdf:
            told = [
                str(tag["/Alt"])
                for tag in _walk(pdf.Root.StructTreeRoot)
                if str(tag.get("/S")) == "/Figure"
            ]

        assert all(text.startswith("Diagramme") for text in told)

    def test_holds_the_figures_with_their_bases(self, content):
        text = plain(words_of(content)).replace(" ", "")

        assert "Base:1300personnesreçuesen2024(2023:200)" in text
        assert "SPIP" in text
        assert "94,9%" in text
        assert "Page2sur" in text

    def test_embeds_no_other_font_than_ours(self, content):
        with pikepdf.open(BytesIO(content)) as pdf:
            names = {
                str(font.get("/BaseFont"))
                for page in pdf.pages
                for font in (page.get("/Resources").get("/Font") or {}).values()
            }

        assert names
        assert all("SourceSans3" in name for name in names)

    def test_takes_names_as_text_and_many_sites_in_strips(self, nasty):
        text = plain(words_of(render(nasty, "pdf"))).replace(" ", "")

        assert NASTY.replace(" ", "") in text
        assert all(f"Unlieuaunomlong{n}" in text for n in range(14))


def _walk(node):
    for child in _children(node):
        yield child
        yield from _walk(child)


def _children(node):
    kids = node.get("/K")
    if kids is None:
        return []
    kids = kids if isinstance(kids, pikepdf.Array) else [kids]
    return [kid for kid in kids if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


class TestXlsx:
    def test_has_a_cover_a_sheet_a_table_and_the_definitions(self, book, report):
        names = book.sheet_names

        assert names[0] == "Rapport"
        assert names[-1] == "Définitions"
        assert len(names) == len(report.tables) + 2
        assert all(len(name) <= 31 for name in names)

    def test_numbers_are_numbers_with_their_base_and_the_year_before(self, book):
        sheet = book.get_sheet_by_index(2).to_python()

        assert sheet[0][0] == "Personnes reçues selon le sexe"
        assert plain(sheet[1][0]) == "Base : 1 300 personnes reçues en 2024 (2023 : 200)"
        assert plain(sheet[2][0]) == "Unité : personnes"
        assert [plain(str(cell)) for cell in sheet[4][1:]] == [
            "2024",
            "% sur 1 300",
            "2023",
            "% sur 200",
        ]
        assert sheet[5] == ["Femme", 66, pytest.approx(66 / 1300), 0, 0]
        assert sheet[6] == ["Homme", 1234, pytest.approx(1234 / 1300), 200, 1]
        assert sheet[8] == ["Total", 1300, 1, 200, 1]

    def test_a_cross_table_is_whole(self, book, report):
        sheet = book.get_sheet_by_index(3).to_python()
        table = report.table("received-by-prescriber-and-site")

        assert sheet[4][1:6] == ["Agde", "École", "Pézenas", "Sète", "Total"]
        for line, expected in zip(sheet[5:8], table.cells, strict=True):
            assert line[1:5] == list(expected)
        assert sheet[8][5] == 1300

    def test_a_name_is_never_a_formula(self, nasty):
        content = render(nasty, "xlsx")
        book = CalamineWorkbook.from_filelike(BytesIO(content))

        assert book.get_sheet_by_index(3).to_python()[4][1] == NASTY
        with ZipFile(BytesIO(content)) as archive:
            sheets = [archive.read(name) for name in archive.namelist() if "sheets/" in name]
        assert not any(b"<f>" in sheet for sheet in sheets)


class TestDocx:
    def test_is_french_with_a_title_and_real_headings(self, document, report):
        assert document.core_properties.title == "Rapport d’activité 2024 – L’Abri"
        assert document.core_properties.language == "fr-FR"
        languages = {
            element.get(qn("w:val")) for element in document.styles.element.iter(qn("w:lang"))
        }
        assert languages == {"fr-FR"}
        titles = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
        assert sorted(titles) == sorted(table.title for table in report.tables)
        assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == [
            "L’année en chiffres",
            "À vérifier",
            "Personnes reçues",
            "Nouvelles personnes",
            "Sorties",
            "Suivis en fin d’année",
            "Définitions",
        ]

    def test_every_table_repeats_its_head_and_never_cuts_a_row(self, document, report):
        assert len(document.tables) == len(report.tables)
        for table in document.tables:
            head, *lines = table._tbl.tr_lst
            assert head.trPr.find(qn("w:tblHeader")) is not None
            assert all(line.trPr.find(qn("w:cantSplit")) is not None for line in lines)

    def test_holds_the_figures_with_their_bases(self, document):
        sexes = document.tables[1]

        assert [[plain(cell.text) for cell in row.cells] for row in sexes.rows] == [
            ["", "2024", "% sur 1 300", "2023", "% sur 200"],
            ["Femme", "66", "5,1 %", "0", "0,0 %"],
            ["Homme", "1 234", "94,9 %", "200", "100,0 %"],
            ["Autre ou non précisé", "0", "0,0 %", "0", "0,0 %"],
            ["Total", "1 300", "100,0 %", "200", "100,0 %"],
        ]
        bases = [plain(p.text) for p in document.paragraphs if p.style.name == "Base"]
        assert "Base : 1 300 personnes reçues en 2024 (2023 : 200)" in bases

    def test_every_picture_is_described(self, document):
        told = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]

        assert len(told) == 11
        assert all(text.startswith("Diagramme") for text in told)

    def test_takes_names_as_text(self, nasty):
        document = Document(BytesIO(render(nasty, "docx")))

        assert document.paragraphs[0].text == NASTY


class TestHtml:
    def test_needs_nothing_from_elsewhere(self, report):
        page = render(report, "html").decode()

        assert '<html lang="fr">' in page
        assert "<script" not in page
        addresses = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page)
        assert [a for a in addresses if not a.startswith(("#", "data:"))] == []
        assert set(re.findall(r"https?://[^\s\"'<)]+", page)) <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }

    def test_holds_the_figures_with_their_bases(self, report):
        page = plain(render(report, "html").decode())

        assert "Base : 1 300 personnes reçues en 2024 (2023 : 200)" in page
        assert '<th scope="row">Homme</th><td>1 234</td><td>94,9 %</td>' in page

    def test_takes_names_as_text(self, nasty):
        page = render(nasty, "html").decode()

        assert "<b>" not in page
        assert "=1+1 &lt;b&gt; &amp;" in page


class TestWhatEveryFormSays:
    @pytest.mark.parametrize("kind", ["html", "docx"])
    def test_no_percentage_of_an_empty_base(self, empty, kind):
        if kind == "html":
            text = render(empty, kind).decode()
        else:
            document = Document(BytesIO(render(empty, kind)))
            text = "".join(c.text for t in document.tables for r in t.rows for c in r.cells)

        assert not re.search(r"\d,\d\s*%", plain(text.split("<body>")[-1]))

    def test_no_comparison_with_a_year_whose_base_is_unknown(self, report_on):
        alone = report_on([fact()])

        page = plain(render(alone, "html").decode())

        assert "Pas de comparaison avec 2023 : la base de cette année-là n’est pas connue." in page
        assert "En pâle" not in page

    def test_what_is_to_be_checked_is_in_every_form_that_is_read(self, report_on):
        doubtful = report_on([fact(n, n, employment="non_precise") for n in range(10)])
        [told] = [a.text for a in doubtful.alerts if a.code == "not-known-employment"]

        assert told in render(doubtful, "html").decode()
        document = Document(BytesIO(render(doubtful, "docx")))
        assert told in [paragraph.text for paragraph in document.paragraphs]
        book = CalamineWorkbook.from_filelike(BytesIO(render(doubtful, "xlsx")))
        assert told in [line[1] for line in book.get_sheet_by_name("Rapport").to_python()]
        assert plain(told).replace(" ", "") in plain(words_of(render(doubtful, "pdf"))).replace(
            " ", ""
        )
