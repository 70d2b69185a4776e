"""The report as a document to go on writing in: real headings, real tables, French."""

from io import BytesIO

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table as DocxTable
from docx.table import _Cell, _Row

from maillage.core.fonts import FAMILY
from maillage.observatory.french import NBSP
from maillage.observatory.render import layout, palette
from maillage.observatory.render.charts import png
from maillage.observatory.render.layout import Shown, Strip, Value, written
from maillage.observatory.tables import Report

_TEXT_WIDTH, _LEAST_LABEL = 17.2, 3.4


def render_docx(report: Report) -> bytes:
    document = Document()
    _set_up(document, report)
    document.add_paragraph(report.organisation_name, style="Subtitle")
    document.add_paragraph(layout.title(report), style="Title")
    document.add_paragraph(layout.subtitle(report), style="Subtitle")
    for name, value in layout.provenance(report):
        line = document.add_paragraph(style="Base")
        line.add_run(f"{name}{NBSP}: {value}")
    document.add_paragraph(layout.comparison(report), style="Base")
    sections = layout.sections(report)
    _section(document, sections[0].title, sections[0].tables)
    if report.alerts:
        document.add_heading("À vérifier", level=1)
        for alert in report.alerts:
            document.add_paragraph(alert.text, style="List Bullet")
    for section in sections[1:]:
        _section(document, section.title, section.tables)
    document.add_heading("Définitions", level=1)
    for table in report.tables:
        document.add_heading(table.title, level=3)
        document.add_paragraph(table.definition)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _section(document: DocumentType, title: str, tables: tuple[Shown, ...]) -> None:
    document.add_heading(title, level=1)
    for shown in tables:
        document.add_heading(shown.table.title, level=2)
        document.add_paragraph(shown.base, style="Base").paragraph_format.keep_with_next = True
        if shown.empty:
            document.add_paragraph(shown.empty)
            continue
        for strip in shown.strips:
            _table(document, strip, shown.table.title)
        if shown.chart:
            _picture(document, shown)
            if shown.bars_legend:
                document.add_paragraph(f"{shown.bars_legend}.", style="Base")


def _table(document: DocumentType, strip: Strip, title: str) -> None:
    columns = len(strip.header)
    table = document.add_table(rows=0, cols=columns)
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.autofit = False
    _describe(table, title)
    small = columns > 6
    number = min(1.9, (_TEXT_WIDTH - _LEAST_LABEL) / (columns - 1))
    widths = [Cm(_TEXT_WIDTH - number * (columns - 1)), *[Cm(number)] * (columns - 1)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    head = _line(table, strip.header, widths, small, muted=True, bottom=12)
    _mark(head, "w:tblHeader")
    for place, line in enumerate(strip.lines):
        last = place == len(strip.lines) - 1
        _line(table, line, widths, small, bottom=12 if last else 2, keep=not last or strip.total)
    if strip.total:
        _line(table, strip.total, widths, small, bold=True, bottom=12, keep=False)
    document.add_paragraph(style="Base")


def _line(
    table: DocxTable,
    values: tuple[Value, ...],
    widths: list[Cm],
    small: bool,
    *,
    bold: bool = False,
    muted: bool = False,
    bottom: int,
    keep: object = True,
) -> _Row:
    row = table.add_row()
    _mark(row, "w:cantSplit")
    for place, (cell, value, width) in enumerate(zip(row.cells, values, widths, strict=True)):
        cell.width = width
        _rule(cell, bottom)
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        paragraph.paragraph_format.space_before = Pt(1)
        paragraph.paragraph_format.keep_with_next = bool(keep)
        if place:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        text = written(value)
        if place == 0 and text.startswith("dont "):
            paragraph.paragraph_format.left_indent = Cm(0.5)
        run = paragraph.add_run(text)
        run.bold = bold
        run.font.size = Pt((7.5 if muted else 8.5) if small else 9.5)
        if muted or text in ("0", layout.NOTHING) or text.startswith("0,0"):
            run.font.color.rgb = RGBColor.from_string(palette.MUTED[1:])
    return row


def _picture(document: DocumentType, shown: Shown) -> None:
    paragraph = document.add_paragraph()
    picture = paragraph.add_run().add_picture(BytesIO(png(shown.chart or {})))
    scale = min(1, Cm(13) / picture.width)
    picture.width, picture.height = round(picture.width * scale), round(picture.height * scale)
    properties = picture._inline.docPr
    properties.set("descr", shown.alternative)
    properties.set("title", shown.table.title)


def _mark(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _describe(table: DocxTable, title: str) -> None:
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), title)
    table._tbl.tblPr.append(caption)


def _rule(cell: _Cell, eighths: int) -> None:
    borders = OxmlElement("w:tcBorders")
    bottom = OxmlElement("w:bottom")
    colour = palette.INK if eighths > 4 else palette.HAIRLINE
    for key, value in (("val", "single"), ("sz", str(eighths)), ("color", colour[1:])):
        bottom.set(qn(f"w:{key}"), value)
    borders.append(bottom)
    cell._tc.get_or_add_tcPr().append(borders)


def _set_up(document: DocumentType, report: Report) -> None:
    properties = document.core_properties
    properties.title = f"{layout.title(report)} – {report.organisation_name}"
    properties.author = report.organisation_name
    properties.subject = layout.subtitle(report)
    properties.language = "fr-FR"
    properties.comments = ""
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(1.9)
    page.top_margin = page.bottom_margin = Cm(2.2)
    page.header.paragraphs[0].text = f"{report.organisation_name} – {layout.title(report)}"
    page.header.paragraphs[0].style = document.styles["Header"]
    _page_number(page.footer.paragraphs[0])
    styles = document.styles
    styles["Normal"].font.size = Pt(10.5)
    styles.add_style("Base", 1).base_style = styles["Normal"]
    styles["Base"].font.size = Pt(9)
    for name, size, colour in (
        ("Normal", 10.5, palette.INK),
        ("Title", 30, palette.ACCENT),
        ("Subtitle", 13, palette.MUTED),
        ("Heading 1", 18, palette.ACCENT),
        ("Heading 2", 12.5, palette.INK),
        ("Heading 3", 10.5, palette.INK),
        ("Base", 9, palette.MUTED),
        ("Header", 9, palette.MUTED),
        ("Footer", 9, palette.MUTED),
    ):
        style = styles[name]
        style.font.name, style.font.size = FAMILY, Pt(size)
        style.font.color.rgb = RGBColor.from_string(colour[1:])
        style.font.italic = False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in [key for key in fonts.attrib if "heme" in key]:
            del fonts.attrib[theme]
        for script in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{script}"), FAMILY)
    for name in ("Heading 1", "Heading 2", "Heading 3"):
        styles[name].paragraph_format.keep_with_next = True
    styles["Heading 2"].paragraph_format.space_before = Pt(16)
    styles["Base"].paragraph_format.space_after = Pt(4)
    for border in styles["Title"].element.iter(qn("w:pBdr")):
        border.getparent().remove(border)
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "fr-FR")


def _page_number(paragraph) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.add_run("Page ")
    for instruction, after in (("PAGE", " sur "), ("NUMPAGES", "")):
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), instruction)
        paragraph._p.append(field)
        paragraph.add_run(after)
