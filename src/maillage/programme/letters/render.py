"""A letter as a tagged PDF, or as a document to go on writing in; one, or a whole run at a time."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path

import typst
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.shared import Cm, Pt

from maillage.core.errors import Refused
from maillage.core.fonts import FAMILY, font_paths

_UNPRINTABLE = re.compile(r'the text `"(.+?)"` could not be displayed')
_TEMPLATE = Path(__file__).parent / "letter.typ"


@dataclass(frozen=True)
class Sheet:
    """What one letter says, every word of it filled in."""

    sender: list[str]
    recipient: list[str]
    dated: str
    subject: str
    paragraphs: list[str]
    signatory: str = ""
    reference: str = field(default="", compare=False)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Sheet":
        return cls(**json.loads(text))


def pdf(sheets: Sequence[Sheet], title: str) -> bytes:
    """All sheets in one file, each on a page of its own: tagged, as PDF/UA-1 asks and Typst holds.

    The title of a file is seen by whoever opens it: it names no person. Raises `Refused` on a sign
    that the typeface has not.
    """
    data = {
        "title": title,
        "author": sheets[0].sender[0],
        "family": FAMILY,
        "letters": [asdict(sheet) for sheet in sheets],
    }
    try:
        # typst's own types leave the input unbound when it is bytes
        return typst.compile(  # type: ignore[misc]
            _TEMPLATE.read_bytes(),
            root=_TEMPLATE.parent,
            font_paths=[str(path) for path in font_paths()],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data)},
            pdf_standards=["ua-1"],
        )
    except typst.TypstError as error:
        sign = _UNPRINTABLE.search(str(error))
        if sign is None:
            raise
        raise Refused(
            f"«\u202f{sign[1][:20]}\u202f» ne peut pas être imprimé\u00a0: corrigez le dossier."
        ) from error


def docx(sheets: Sequence[Sheet], title: str) -> bytes:
    document = Document()
    document.core_properties.title = title
    document.core_properties.author = sheets[0].sender[0]
    style = document.styles["Normal"]
    style.font.name, style.font.size = FAMILY, Pt(10.5)
    for section in document.sections:
        section.left_margin = section.right_margin = Cm(2.3)
    for rank, sheet in enumerate(sheets):
        document.add_paragraph("\n".join(sheet.sender))
        recipient = document.add_paragraph("\n".join(sheet.recipient))
        recipient.paragraph_format.left_indent = Cm(8.6)
        document.add_paragraph(sheet.dated).alignment = WD_ALIGN_PARAGRAPH.RIGHT
        document.add_heading(sheet.subject, level=1)
        for words in sheet.paragraphs:
            document.add_paragraph(words)
        document.add_paragraph(sheet.signatory).alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if rank < len(sheets) - 1:
            document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()
