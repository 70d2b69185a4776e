"""What a zipped workbook really holds, found before anything that trusts it opens it.

The reader of workbooks keeps a dense grid: one filled cell at XFD1048576 would ask for 550 GB and
kill the process. It also gives the last value of a formula for a value. So the XML is looked
through first, in a stream: sizes as really unpacked, tags all closed, no document type, the extent
of the filled cells, the formulas.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from maillage.core.tables.errors import TableError, column_letters, protected

MAX_UNPACKED = 1 << 30
MAX_CELLS = 20_000_000
_CHUNK = 1 << 21
_LONGEST_PIECE = 1 << 25

_HUGE_COUNT = re.compile(rb"""[cC]ount\s*=\s*["']\s*\+?\d{9}""")
_XLSX_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})\d')
_XLSX_ROW = re.compile(rb'<c r="[A-Z]{1,3}(\d{1,7})"')
_XLSX_CELL = re.compile(rb"<(?:[^\s<>/:]+:)?c[\s/>]")
_XLSX_FORMULA = re.compile(rb"<(?:[^\s<>/:]+:)?f[\s/>]")
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")

_ODS_PART = re.compile(rb"<table:table(-row|)(?=[\s/>])")
_ODS_REPEATED_ROW = re.compile(rb'^[^>]*number-rows-repeated\s*=\s*["\'](\d+)')
_ODS_REPEATED_CELL = re.compile(rb'number-columns-repeated\s*=\s*["\'](\d+)')
_ODS_FILLED = re.compile(rb"\soffice:|table-cell>")
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell")
_ODS_BLANK_END = re.compile(rb'<table:table-cell[^>]*repeated="(\d+)"[^>]*/>\s*</table:table-row>')

Formula = tuple[int, int, str]  # row from 1, column from 0, text


@dataclass
class Scan:
    """Where the filled cells of a sheet end, how many rows they fill, and the formulas in them."""

    filled_rows: int = 0
    last_row: int = 0
    columns: int = 0
    formulas: list[Formula] = field(default_factory=list)

    def check(self, name: str) -> None:
        if self.last_row * self.columns > MAX_CELLS:
            last = f"{column_letters(self.columns - 1)}{self.last_row}"
            raise TableError(
                f"«\u202f{name}\u202f»\u00a0: la feuille s’étend jusqu’à la cellule {last}. "
                "Effacez les colonnes et les lignes inutiles, puis enregistrez de nouveau."
            )


class Archive:
    """A zip file, each of whose members was unpacked once within `MAX_UNPACKED` bytes in all."""

    def __init__(self, file: BinaryIO, name: str):
        self.name = name
        self._zip = zipfile.ZipFile(file)
        infos = self._zip.infolist()
        self._members = {info.filename.lower(): info for info in infos}
        if len(self._members) != len(infos):
            raise zipfile.BadZipFile("a member stands twice")
        if any(info.flag_bits & 1 for info in infos) or self._is_encrypted_ods():
            raise protected(name)
        self._check_contents()

    def __contains__(self, member: str) -> bool:
        return member.lower() in self._members

    def chunks(self, member: str) -> Iterator[bytes]:
        info = self._members[member.lower()]
        info.file_size = MAX_UNPACKED + 1  # the size written in the file may lie; stop at ours
        try:
            with self._zip.open(info) as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except (zlib.error, EOFError, NotImplementedError) as error:
            raise zipfile.BadZipFile(str(error)) from error

    def pieces(self, member: str, cut: bytes = b"<") -> Iterator[bytes]:
        """The text of a member, never cut inside a tag."""
        rest = b""
        for chunk in self.chunks(member):
            rest += chunk
            end = rest.rfind(cut)
            if end > 0:
                yield rest[:end]
                rest = rest[end:]
            elif len(rest) > _LONGEST_PIECE:
                raise zipfile.BadZipFile("no end to a tag or a row")
        yield rest

    def _is_encrypted_ods(self) -> bool:
        manifest = "META-INF/manifest.xml"
        return manifest in self and any(b"encryption-data" in p for p in self.pieces(manifest))

    def _check_contents(self) -> None:
        """The reader hangs on a tag left open and reserves as much memory as a count claims."""
        total = 0
        for member in self._members:
            parser = _parser() if member.endswith((".xml", ".rels")) else None
            tail = b""
            for chunk in self.chunks(member):
                total += len(chunk)
                if total > MAX_UNPACKED:
                    raise TableError(
                        f"«\u202f{self.name}\u202f» contient plus de 1\u00a0Gio une fois "
                        "décompressé. Découpez-le en plusieurs fichiers."
                    )
                if parser:
                    parser.Parse(chunk, False)
                    if _HUGE_COUNT.search(tail + chunk):
                        raise zipfile.BadZipFile(f"a huge count in {member}")
                    tail = chunk[-80:]
            if parser:
                parser.Parse(b"", True)


def scan_xlsx(archive: Archive, sheet: str, max_rows: int) -> Scan:
    """The extent and the formulas of one sheet; stops once more rows are filled than a file may."""
    member = _xlsx_member(archive, sheet)
    scan = _scan_plain_xlsx(archive, member)
    if scan is None or scan.filled_rows > max_rows + 1 or scan.last_row * scan.columns > MAX_CELLS:
        scan = _XlsxScanner(max_rows).run(archive, member)
    scan.check(archive.name)
    return scan


def _scan_plain_xlsx(archive: Archive, member: str) -> Scan | None:
    """A quick upper bound for a sheet without formulas, spelt as spreadsheet programs spell it."""
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    for piece in archive.pieces(member):
        found = _XLSX_COLUMN.findall(piece)
        if _XLSX_FORMULA.search(piece) or len(found) != len(_XLSX_CELL.findall(piece)):
            return None
        columns.update(found)
        rows.update(_XLSX_ROW.findall(piece))
    return Scan(
        len(rows),
        max(map(int, rows), default=0),
        max((_column_index(letters.decode()) + 1 for letters in columns), default=0),
    )


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


class _XlsxScanner:
    def __init__(self, max_rows: int):
        self.scan = Scan()
        self.max_rows = max_rows
        self.row = self.column = self.filled_row = 0
        self.formula: list[str] | None = None

    def run(self, archive: Archive, member: str) -> Scan:
        parser = _parser()
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        for chunk in archive.chunks(member):
            parser.Parse(chunk, False)
            if self.scan.filled_rows > self.max_rows + 1:
                return self.scan
        parser.Parse(b"", True)
        return self.scan

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self.row = int(attributes.get("r", self.row + 1))
            self.column = -1
        elif name == "c":
            self.column += 1
            reference = attributes.get("r")
            if reference is not None:
                place = _REFERENCE.fullmatch(reference)
                if place is None or int(place[2]) != self.row:
                    raise zipfile.BadZipFile(f"cell {reference} in row {self.row}")
                self.column = _column_index(place[1])
        elif name in ("v", "is", "f") and self.row:
            self.scan.columns = max(self.scan.columns, self.column + 1)
            self.scan.last_row = max(self.scan.last_row, self.row)
            self.scan.filled_rows += self.row != self.filled_row
            self.filled_row = self.row
            if name == "f":
                self.formula = []

    def text(self, data: str) -> None:
        if self.formula is not None:
            self.formula.append(data)

    def end(self, tag: str) -> None:
        if self.formula is not None and tag.rpartition(":")[2] == "f":
            self.scan.formulas.append((self.row, self.column, "=" + "".join(self.formula)))
            self.formula = None
        elif tag.rpartition(":")[2] == "sheetData":
            self.row = 0  # what follows (validations, sparklines) has formulas that are not cells


def check_ods(archive: Archive) -> None:
    """Refuses a workbook one of whose sheets spreads too far; they are all read together."""
    sheet, row = Scan(), 0
    for piece in archive.pieces("content.xml", b"<table:table-row"):
        parts = _ODS_PART.split(piece)
        for kind, part in zip(parts[1::2], parts[2::2], strict=True):
            if not kind:
                sheet, row = Scan(), 0
                continue
            repeated = _ODS_REPEATED_ROW.match(part)
            row += int(repeated[1]) if repeated else 1
            if _ODS_FILLED.search(part):
                sheet.last_row = row
                sheet.columns = max(sheet.columns, _ods_width(part))
                sheet.check(archive.name)


def ods_formulas(archive: Archive, sheet: str) -> list[Formula]:
    if not any(b"formula" in piece for piece in archive.pieces("content.xml")):
        return []
    return _OdsFormulas(sheet).run(archive)


def _ods_width(row: bytes) -> int:
    width = len(_ODS_CELL.findall(row))
    if b"repeated" in row:
        width += sum(map(int, _ODS_REPEATED_CELL.findall(row)))
        blank_end = _ODS_BLANK_END.search(row)
        if blank_end and b"office:" not in blank_end[0]:
            width -= int(blank_end[1])
    return width


class _OdsFormulas:
    def __init__(self, sheet: str):
        self.sheet, self.inside = sheet, False
        self.row = self.column = self.next_row = self.next_column = 0
        self.found: list[Formula] = []

    def run(self, archive: Archive) -> list[Formula]:
        parser = _parser()
        parser.StartElementHandler = self.start
        for chunk in archive.chunks("content.xml"):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
        return self.found

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self.inside = attributes.get("table:name") == self.sheet
        elif self.inside and tag == "table:table-row":
            self.row, self.column = self.next_row, 0
            self.next_row += int(attributes.get("table:number-rows-repeated", 1))
            self.next_column = 0
        elif self.inside and tag in ("table:table-cell", "table:covered-table-cell"):
            self.column = self.next_column
            self.next_column += int(attributes.get("table:number-columns-repeated", 1))
            formula = attributes.get("table:formula")
            if formula is not None:
                self.found.append((self.row + 1, self.column, "=" + formula.partition("=")[2]))


def _parser() -> expat.XMLParserType:
    """Refuses document types (entities) and whatever is not UTF-8."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _refuse_encoding
    return parser


def _refuse_doctype(*_declaration: object) -> None:
    raise zipfile.BadZipFile("a document type")


def _refuse_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding and encoding.lower() not in ("utf-8", "us-ascii"):
        raise zipfile.BadZipFile(f"XML in {encoding}")


def _xlsx_member(archive: Archive, sheet: str) -> str:
    targets = {
        attributes.get("Id"): attributes.get("Target", "")
        for attributes in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    for attributes in _elements(archive, "xl/workbook.xml", "sheet"):
        if attributes.get("name") == sheet:
            link = next((v for k, v in attributes.items() if k.endswith(":id")), None)
            member = posixpath.normpath(posixpath.join("/xl", targets.get(link, ""))).lstrip("/")
            if member in archive:
                return member
    raise zipfile.BadZipFile(f"no sheet {sheet}")


def _elements(archive: Archive, member: str, wanted: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == wanted:
            found.append(attributes)

    if member not in archive:
        raise zipfile.BadZipFile(f"no {member}")
    parser = _parser()
    parser.StartElementHandler = start
    for chunk in archive.chunks(member):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
    return found
