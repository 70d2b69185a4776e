"""What a stranger sends: told by its content, kept without its past, refused where it acts."""

import io
import resource
import zlib
from pathlib import Path

import pikepdf
import pytest
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.test import RequestFactory
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from maillage.core import uploads
from maillage.core.errors import Refused

Dict, Name, Array, String = pikepdf.Dictionary, pikepdf.Name, pikepdf.Array, pikepdf.String


def picture(layout: str = "JPEG", mode: str = "RGB", size=(40, 30), **how) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(out, layout, **how)
    return out.getvalue()


def with_gps() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Appareil de Xylandre"
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825).update({1: "N", 2: (43.0, 36.0, 0.0), 3: "E", 4: (3.0, 53.0, 0.0)})
    return picture(exif=exif, comment=b"chez Xylandre")


def pdf(change=lambda document: None, **how) -> bytes:
    """A page that says something, changed as one likes."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(200, 200))
        page.obj.Contents = document.make_stream(b"0 0 m 100 100 l S")
        change(document)
        out = io.BytesIO()
        document.save(out, **how)
    return out.getvalue()


def metadata(document):
    document.docinfo["/Author"] = "Xylandre"
    with document.open_metadata() as told:
        told["dc:title"] = "Jugement de Xylandre"
    document.pages[0].obj.PieceInfo = Dict(Maker=Dict(Private=String("Xylandre")))


def script(document):
    document.Root.OpenAction = Dict(S=Name.JavaScript, JS=String("app.alert(1)"))


def script_of_a_field(document):
    action = Dict(K=Dict(S=Name.JavaScript, JS=String("app.alert(1)")))
    field = Dict(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("a"), AA=action)
    made = document.make_indirect(field)
    document.pages[0].obj.Annots = Array([made])
    document.Root.AcroForm = Dict(Fields=Array([made]))


def launch(document):
    document.Root.OpenAction = Dict(S=Name.Launch, F=String("cmd.exe"))


def attachment(document):
    document.attachments["liste.xlsx"] = b"PK\x03\x04"


def attached_to_a_page(document):
    note = Dict(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=[0, 0, 9, 9])
    document.pages[0].obj.Annots = Array([note])


def link(document):
    action = Dict(S=Name.URI, URI=String("https://suivi.example.org/xylandre"))
    note = Dict(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=action)
    document.pages[0].obj.Annots = Array([note])


def filled_form(document):
    drawn = document.make_stream(b"(VISIBLE) Tj", Type=Name.XObject, Subtype=Name.Form)
    drawn.BBox = Array([0, 0, 50, 10])
    field = Dict(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("nom"), F=4)
    field.Rect, field.AP, field.V = Array([10, 10, 60, 20]), Dict(N=drawn), String("VISIBLE")
    made = document.make_indirect(field)
    document.pages[0].obj.Annots = Array([made])
    document.Root.AcroForm = Dict(Fields=Array([made]))


def photograph(document):
    image = document.make_stream(with_gps())
    image.Type, image.Subtype, image.Filter = Name.XObject, Name.Image, Name.DCTDecode
    image.Width, image.Height, image.BitsPerComponent = 40, 30, 8
    image.ColorSpace = Name.DeviceRGB
    document.pages[0].obj.Resources = Dict(XObject=Dict(I=image))


def everything_in(data: bytes) -> bytes:
    """Every object and every stream, unpacked."""
    with pikepdf.open(io.BytesIO(data)) as document:
        told = [str(document.trailer).encode()]
        for thing in document.objects:
            told.append(repr(thing).encode())
            if isinstance(thing, pikepdf.Stream):
                told += [thing.read_raw_bytes()]
                if thing.get("/Filter") != Name.DCTDecode:
                    told += [thing.read_bytes()]
    return b"\n".join(told)


@pytest.mark.parametrize(
    ("layout", "mode"),
    [
        ("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("PNG", "RGBA"),
        ("PNG", "P"), ("PNG", "1"), ("PNG", "LA"), ("PNG", "I;16"),
    ],
)  # fmt: skip
def test_pictures_of_every_kind_are_kept_as_they_are_seen(layout, mode):
    kept = uploads.clean(picture(layout, mode))

    assert kept.format == layout.lower()
    with Image.open(io.BytesIO(kept.content)) as image:
        assert image.size == (40, 30)


def test_where_and_by_whom_a_picture_was_taken_is_not_kept():
    given = with_gps()
    assert b"Xylandre" in given

    kept = uploads.clean(given).content

    assert b"Xylandre" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert not image.getexif()
        assert image.size == (30, 40)  # turned as it is shown
        assert "comment" not in image.info


def test_a_pdf_is_kept_without_what_it_tells_of_its_maker():
    given = pdf(metadata)
    assert b"Xylandre" in everything_in(given)

    kept = uploads.clean(given).content

    assert b"Xylandre" not in everything_in(kept)
    with pikepdf.open(io.BytesIO(kept)) as document:
        assert len(document.pages) == 1
        assert b"100 100 l S" in document.pages[0].Contents.read_bytes()
        assert "/Metadata" not in document.Root
        assert not document.docinfo


def test_a_photograph_inside_a_pdf_does_not_tell_where_it_was_taken():
    given = pdf(photograph)
    assert b"Xylandre" in everything_in(given)

    kept = uploads.clean(given).content

    assert b"Xylandre" not in everything_in(kept)
    with pikepdf.open(io.BytesIO(kept)) as document:
        [image] = document.pages[0].get_images().values()
        assert pikepdf.PdfImage(image).as_pil_image().size == (40, 30)


def test_what_was_filled_in_stays_on_the_page_and_links_do_not():
    kept = everything_in(uploads.clean(pdf(filled_form)).content)
    assert b"(VISIBLE) Tj" in kept
    assert b"/AcroForm" not in kept

    assert b"suivi.example.org" not in everything_in(uploads.clean(pdf(link)).content)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (script, "programme"),
        (script_of_a_field, "programme"),
        (launch, "programme"),
        (attachment, "autres fichiers"),
        (attached_to_a_page, "autres fichiers"),
    ],
)
def test_a_pdf_that_acts_or_hides_files_is_refused_with_the_reason(change, reason):
    with pytest.raises(Refused, match=reason) as refusal:
        uploads.clean(pdf(change))

    assert refusal.value.field == "file"


def test_a_pdf_with_a_password_is_refused_with_the_reason():
    locked = pdf(encryption=pikepdf.Encryption(user="secret", owner="secret"))

    with pytest.raises(Refused, match="mot de passe"):
        uploads.clean(locked)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00 a program renamed piece.pdf",
        b"PK\x03\x04 a spreadsheet",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)",
        b"<html>" + pdf(),  # a page for who looks at the beginning, a PDF for who looks further
        b"\n" + picture(),
    ],
)
def test_what_is_neither_a_pdf_nor_a_picture_is_refused_whatever_its_name(data):
    with pytest.raises(Refused, match="PDF, ou une image"):
        uploads.clean(data)


@pytest.mark.parametrize("made", [pdf, picture, lambda: picture("PNG")])
def test_a_page_hidden_behind_the_end_is_not_kept(made):
    kept = uploads.clean(made() + b"<html><script>alert(1)</script>").content

    assert b"<script>" not in kept


@pytest.mark.parametrize("made", [pdf, picture, lambda: picture("PNG")])
def test_a_damaged_file_is_refused(made):
    data = made()

    with pytest.raises(Refused):
        uploads.clean(data[:20])


def test_a_picture_of_too_many_points_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    bomb = out.getvalue()
    assert len(bomb) < 500_000

    with pytest.raises(Refused, match="40 millions"):
        uploads.clean(bomb)


@pytest.mark.slow
def test_a_pdf_that_swells_beyond_memory_is_refused():
    """Objects packed in a stream that unpacks to three gigabytes."""
    squeeze = zlib.compressobj(9)
    first = b"1 0 <</Type/Catalog/Pages 2 0 R>>"
    packed = squeeze.compress(first)
    for _ in range(3000):
        packed += squeeze.compress(b" " * 1_000_000)
    packed += squeeze.flush()
    assert len(packed) < 5_000_000
    stream = b"3 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(
        packed
    )
    body = b"%PDF-1.5\n" + stream + packed + b"\nendstream endobj\n"
    index = b"\x00\x00\x00\x00\xff" + b"\x02\x00\x00\x03\x00" + b"\x00\x00\x00\x00\x00"
    index += b"\x01" + (9).to_bytes(3, "big") + b"\x00"
    where = len(body)
    body += (
        b"4 0 obj<</Type/XRef/Size 4/W[1 3 1]/Root 1 0 R/Length %d>>stream\n" % len(index)
        + index
        + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % where
    )

    with pytest.raises(Refused):
        uploads.clean(body)

    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert most < 1_100_000  # kilobytes


def test_a_file_beyond_the_limit_is_refused_unread(settings, monkeypatch):
    settings.UPLOAD_MAX_MB = 1
    monkeypatch.setattr(uploads.subprocess, "run", None)

    with pytest.raises(Refused, match="dépasse 1\u00a0Mo"):
        uploads.clean(b"%PDF-" + bytes(1_000_000))


def test_whoever_reads_the_file_has_no_key(monkeypatch, tmp_path):
    spy = tmp_path / "spy.py"
    spy.write_text("import os, sys; sys.stdout.write('%PDF-' + repr(dict(os.environ)))")
    monkeypatch.setattr(uploads, "CLEANER", spy)
    monkeypatch.setenv("MAILLAGE_VAULT_KEYS", "k1:secret")

    told = uploads.clean(b"%PDF-").content

    assert b"MAILLAGE" not in told
    assert b"secret" not in told


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["%PDF-1.7\n", "\xff\xd8\xff\xe0", "\x89PNG\r\n\x1a\n"]), st.binary())
@example("%PDF-1.7\n", b"trailer<</Root 1 0 R>>")
def test_noise_is_refused_and_nothing_else_happens(sign, noise):
    with pytest.raises(Refused):
        uploads.clean(sign.encode("latin-1") + noise)


def test_what_is_mended_in_a_broken_page_is_not_kept():
    """The name of a private entry, harmed by one byte: its value would outlive it."""
    given = pdf(metadata).replace(b"/PieceInfo", b"\0PieceInfo")
    assert b"(Xylandre)" in given

    assert b"Xylandre" not in uploads.clean(given).content


def test_a_page_keeps_what_it_is_drawn_from_and_nothing_else():
    def told(document):
        document.pages[0].obj["/Ours"] = pikepdf.String("Xylandre")
        document.pages[0].obj["/Rotate"] = 90

    with pikepdf.open(io.BytesIO(uploads.clean(pdf(told)).content)) as document:
        assert set(document.pages[0].obj.keys()) == {
            *("/Type", "/Parent", "/Contents", "/Resources", "/MediaBox", "/Rotate")
        }


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_file_harmed_anywhere_is_refused_or_comes_out_clean(data):
    given = bytearray(data.draw(st.sampled_from([pdf(metadata), with_gps()])))
    for _ in range(data.draw(st.integers(1, 5))):
        given[data.draw(st.integers(0, len(given) - 1))] = data.draw(st.integers(0, 255))

    try:
        kept = uploads.clean(bytes(given))
    except Refused:
        return

    assert b"Xylandre" not in kept.content


class TestReceiving:
    def sent(self, settings, name: str, content: bytes):
        settings.FILE_UPLOAD_HANDLERS = ["maillage.core.uploads.InMemory"]
        file = io.BytesIO(content)
        file.name = name
        return RequestFactory().post("/", {"file": file}).FILES["file"]

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd.pdf", "jugement Xylandre.pdf", "\u202efdp.exe", "a\0b.pdf"]
    )
    def test_the_name_that_was_sent_is_forgotten(self, settings, name):
        found = self.sent(settings, name, b"content")

        assert found.name == "piece"
        assert found.read() == b"content"

    def test_nothing_of_it_touches_a_disk(self, settings, monkeypatch, tmp_path):
        settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)

        self.sent(settings, "a.pdf", bytes(3_000_000))

        assert not list(Path(tmp_path).iterdir())
        assert not issubclass(uploads.InMemory, MemoryFileUploadHandler)

    def test_only_the_size_is_kept_of_what_is_too_large(self, settings):
        settings.UPLOAD_MAX_MB = 1

        found = self.sent(settings, "a.pdf", bytes(5_000_000))

        assert found.size == 5_000_000
        assert len(found.read()) < 1_200_000
