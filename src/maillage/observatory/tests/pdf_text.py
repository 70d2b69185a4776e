"""The words of a PDF by its own character maps: what a screen reader would be given."""

import re
from io import BytesIO

import pikepdf

_CHAR = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_RANGE = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")


def words_of(content: bytes) -> str:
    """All text of all pages in the order drawn, without spaces between pieces."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return "".join(_page(page) for page in pdf.pages)


def _page(page: pikepdf.Page) -> str:
    return _stream(page, page.get("/Resources"))


def _stream(source, resources) -> str:
    fonts = {name: _map(font) for name, font in (resources.get("/Font") or {}).items()}
    forms = resources.get("/XObject") or {}
    text, current = [], {}
    for operands, operator in pikepdf.parse_content_stream(source):
        if str(operator) == "Tf":
            current = fonts[str(operands[0])]
        elif str(operator) in ("Tj", "TJ"):
            parts = operands[0] if str(operator) == "TJ" else operands
            for part in parts:
                if isinstance(part, pikepdf.String):
                    raw = bytes(part)
                    codes = [raw[i : i + 2] for i in range(0, len(raw), 2)]
                    text.append("".join(current.get(code, "?") for code in codes))
        elif str(operator) == "Do":
            form = forms[str(operands[0])]
            if form.get("/Subtype") == "/Form":
                text.append(_stream(form, form.get("/Resources") or pikepdf.Dictionary()))
    return "".join(text)


def _map(font) -> dict[bytes, str]:
    cmap = font["/ToUnicode"].read_bytes()
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, text in _CHAR.findall(block):
            found[bytes.fromhex(code.decode())] = _unicode(text)
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.S):
        for first, last, text in _RANGE.findall(block):
            start = int(first, 16)
            for place in range(int(last, 16) - start + 1):
                code = (start + place).to_bytes(2, "big")
                found[code] = chr(int(text, 16) + place)
    return found


def _unicode(text: bytes) -> str:
    return bytes.fromhex(text.decode()).decode("utf-16-be")
