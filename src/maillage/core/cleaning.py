"""Rewrites a PDF or a picture with nothing in it but what is seen. Run as a process of its own.

It reads what a stranger made, so it has little memory, little time, no key and no database:
`uploads.clean` starts it without an environment. The file comes by standard input and leaves by
standard output; a refusal is a French sentence on standard error, and the code 3.
"""

import resource
import sys
from io import BytesIO

import pikepdf
from PIL import Image, ImageOps

MEMORY, SECONDS = 1 << 30, 20
PAGES, PIXELS = 300, 40_000_000
REFUSED = 3
EMBEDDED = {"/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"}
UNSEEN = ("/AA", "/AF", "/Metadata", "/PieceInfo")
MENDED = "/QPDFFake"  # where what a broken dictionary held is put by the reader that mends it
SEEN = {  # what a page is drawn from (ISO 32000-2, 7.7.3.3): the rest tells of how it was made
    *("/Type", "/Parent", "/Contents", "/Resources", "/Rotate", "/UserUnit", "/Group"),
    *("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"),
}


class Refusal(Exception):
    pass


def clean_picture(data: bytes) -> bytes:
    """The pixels alone, turned as they are shown."""
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours, and told
    try:
        with Image.open(BytesIO(data), formats=["JPEG", "PNG"]) as image:
            if image.width * image.height > PIXELS:
                raise Refusal("L’image est trop grande\u00a0: réduisez-la à 40 millions de points.")
            layout = "JPEG" if image.format in ("JPEG", "MPO") else "PNG"
            turned = ImageOps.exif_transpose(image)
            has_alpha = layout == "PNG" and "transparency" in {*turned.info, turned.mode}
            modes = ("L", "RGB", "RGBA") if layout == "PNG" else ("L", "RGB")
            if turned.mode not in modes:
                turned = turned.convert("RGBA" if has_alpha else "RGB")
            bare = Image.frombytes(turned.mode, turned.size, turned.tobytes())
    except (OSError, ValueError, SyntaxError) as error:
        raise Refusal("L’image est abîmée\u00a0: elle ne s’ouvre pas.") from error
    out = BytesIO()
    bare.save(out, layout, **({"quality": 90} if layout == "JPEG" else {"optimize": False}))
    return out.getvalue()


def bare_jpeg(data: bytes) -> bytes:
    """A JPEG without the segments that tell of its maker: Exif, XMP, IPTC, comments."""
    kept, at = bytearray(data[:2]), 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] not in (0xE1, 0xED, 0xFE):
            kept += data[at : at + length]
        at += length
    return bytes(kept + data[at:])


def clean_pdf(data: bytes) -> bytes:
    """The pages in a document of their own: what is not drawn on a page stays behind."""
    try:
        with pikepdf.open(BytesIO(data)) as given:
            refuse_what_acts(given)
            if not 0 < len(given.pages) <= PAGES:
                raise Refusal(f"Un PDF a de 1 à {PAGES} pages, ici {len(given.pages)}.")
            if "/AcroForm" in given.Root:
                given.generate_appearance_streams()
            given.flatten_annotations("all")  # what was filled in or stamped becomes the page
            return rewritten(given)
    except pikepdf.PasswordError as error:
        raise Refusal("Ce PDF est protégé par un mot de passe\u00a0: ôtez-le d’abord.") from error
    except (pikepdf.PdfError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal("Ce PDF est abîmé\u00a0: il ne s’ouvre pas.") from error


def refuse_what_acts(pdf: pikepdf.Pdf) -> None:
    """A programme or another file inside is a reason to ask where the document comes from."""
    for thing in pdf.objects:
        for entry in dictionaries(thing):
            if "/JS" in entry or entry.get("/S") in ("/JavaScript", "/Launch", "/ImportData"):
                raise Refusal(
                    "Ce PDF contient un programme (JavaScript ou commande)\u00a0: demandez-le sans,"
                    " ou imprimez-le en PDF."
                )
            if "/EmbeddedFiles" in entry or entry.get("/Subtype") in EMBEDDED:
                raise Refusal("Ce PDF contient d’autres fichiers\u00a0: ajoutez-les séparément.")


def dictionaries(thing, depth: int = 12):
    """The dictionaries that stand inside an object itself."""
    if depth and isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        yield thing
        for value in [thing[key] for key in thing.keys()]:  # noqa: SIM118  # iterating gives no keys
            if isinstance(value, pikepdf.Object) and not value.is_indirect:
                yield from dictionaries(value, depth - 1)
    elif depth and isinstance(thing, pikepdf.Array):
        for value in thing:
            if isinstance(value, pikepdf.Object) and not value.is_indirect:
                yield from dictionaries(value, depth - 1)


def rewritten(given: pikepdf.Pdf) -> bytes:
    for page in given.pages:
        for key in set(page.obj.keys()) - SEEN:
            del page.obj[key]
    with pikepdf.new() as bare:
        bare.pages.extend(given.pages)
        for thing in bare.objects:
            if isinstance(thing, pikepdf.Stream | pikepdf.Dictionary):
                for key in list(thing.keys()):
                    if key in UNSEEN or key.startswith(MENDED):
                        del thing[key]
            if isinstance(thing, pikepdf.Stream) and thing.get("/Filter") in (
                pikepdf.Name.DCTDecode,
                pikepdf.Array([pikepdf.Name.DCTDecode]),
            ):
                thing.write(bare_jpeg(thing.read_raw_bytes()), filter=pikepdf.Name.DCTDecode)
        out = BytesIO()
        bare.save(out, deterministic_id=True)
    return out.getvalue()


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # not even of its own memory
    data = sys.stdin.buffer.read()
    try:
        done = clean_pdf(data) if data.startswith(b"%PDF-") else clean_picture(data)
    except Refusal as refusal:
        sys.stderr.buffer.write(str(refusal).encode())
        return REFUSED
    sys.stdout.buffer.write(done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
