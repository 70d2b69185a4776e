"""The pieces of a file: who adds, reads and removes them, and what is kept of each."""

import io
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.urls import reverse
from django.utils import timezone

from maillage.core.models import ReadEntry
from maillage.core.tests.test_uploads import pdf, picture, script, with_gps
from maillage.core.uploads import Clean
from maillage.programme.episodes.tests.counting import assert_flat
from maillage.programme.intake import actions
from maillage.programme.intake.actions.documents import Damaged
from maillage.programme.intake.models import Document, DocumentPart, Referral
from maillage.programme.intake.tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db
LARGE = b"%PDF-1.7 Xylandre" + bytes(range(256)) * 1500


def add(house, referral=None, by=None, content=LARGE, **given) -> Document:
    given = {"kind": "order", "title": "Ordonnance concernant Xylandre"} | given
    return actions.add_document(
        by=by or house.reception,
        referral=referral or house.referral(),
        file=Clean("pdf", content),
        **given,
    )


class TestAdding:
    def test_keeps_the_content_sealed_in_parts_and_leaves_one_entry(self, house, one_entry):
        with one_entry() as watch:
            document = add(house)

        assert watch.entry.verb == "document_added"
        assert watch.entry.target == document.uid
        assert document.parts.count() == 3
        assert document.size == len(LARGE)
        assert actions.read_document(by=house.manager, document=document) == LARGE

    def test_leaves_nothing_in_clear_in_the_database_or_in_a_file(self, house, settings):
        add(house)

        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM intake_documentpart")
            stored = b"".join(bytes(row[0]) for row in cursor.fetchall())
            cursor.execute("SELECT title, sha256 FROM intake_document")
            stored += b"".join(bytes(value) for value in cursor.fetchone())
        assert len(stored) > len(LARGE)
        assert b"Xylandre" not in stored
        assert b"%PDF" not in stored
        assert not list(Path(settings.DATA_DIR).glob("**/*piece*"))

    @pytest.mark.parametrize("who", ["stranger", "other_side", "ended", "dpo", "coordinator"])
    def test_is_not_for_who_may_not_know_of_the_file(self, house, who):
        referral = house.referral()

        with pytest.raises(Referral.DoesNotExist):
            add(house, referral, by=getattr(house, who))
        assert not Document.objects.exists()

    def test_a_content_that_was_changed_in_the_database_is_never_given(self, house):
        one, other = add(house), add(house, content=b"%PDF-1.7 something else")
        DocumentPart.objects.filter(document=other).update(number=9)
        one.parts.all().delete()
        DocumentPart.objects.filter(document=other).update(document=one)

        with pytest.raises(Damaged):
            actions.read_document(by=house.manager, document=one)


class TestRemoving:
    def test_takes_the_content_away_and_says_who_did(self, house, one_entry):
        document = add(house)

        with one_entry() as watch:
            actions.remove_document(by=house.reception, document=document, reason="autre personne")

        document = Document.objects.get(pk=document.pk)
        assert watch.entry.verb == "document_removed"
        assert document.removed_by == house.reception.user
        assert document.removal_reason == "autre personne"
        assert document.title == ""
        assert not document.parts.exists()

    def test_is_for_who_added_it_or_the_manager(self, house):
        document = add(house)

        with pytest.raises(PermissionDenied, match="par qui l’a ajoutée"):
            actions.remove_document(by=house.practitioner, document=document, reason="r")
        for outsider in house.outsiders:
            with pytest.raises(Document.DoesNotExist):
                actions.remove_document(by=outsider, document=document, reason="r")
        actions.remove_document(by=house.manager, document=document, reason="r")

    def test_happens_once(self, house):
        document = add(house)
        actions.remove_document(by=house.manager, document=document, reason="r")

        with pytest.raises(Document.DoesNotExist):
            actions.remove_document(by=house.manager, document=document, reason="r")


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("document_kind_known", {"kind": "rumour"}),
        ("document_format_known", {"format": "exe"}),
        ("document_is_not_empty", {"size": 0}),
        ("document_removal_is_whole", {"removed_at": timezone.now()}),
        ("document_removal_is_whole", {"removal_reason": "none"}),
    ],
)
def test_the_database_refuses(constraint, broken):
    with pytest.raises(IntegrityError, match=constraint):
        DocumentFactory(**broken)


def test_the_database_refuses_two_parts_of_one_number():
    document = DocumentFactory()

    with pytest.raises(IntegrityError, match=r"document_part_once|document_id"):
        DocumentPart.objects.create(document=document, number=0, content=b"again")


class TestThePages:
    def post(self, house, signed_in, referral, content, name="a.pdf"):
        typed = {"kind": "order", "title": "Ordonnance", "file": SimpleUploadedFile(name, content)}
        page = reverse("document_new", args=[referral.uid])
        return signed_in(house.reception).post(page, typed, follow=True)

    def test_a_piece_that_is_sent_can_be_taken_again_without_its_past(self, house, signed_in):
        referral = house.referral()

        answer = self.post(house, signed_in, referral, with_gps(), "Xylandre Inventé.jpg")

        assert "La pièce est ajoutée." in answer.content.decode()
        document = Document.objects.get()
        page = reverse("document", args=[document.uid])
        assert page in answer.content.decode()
        taken = signed_in(house.practitioner).get(page)
        assert taken.content.startswith(b"\xff\xd8\xff")
        assert b"Xylandre" not in taken.content
        assert taken["Content-Disposition"] == f'attachment; filename="piece-{document.uid}.jpg"'
        assert taken["Content-Type"] == "application/octet-stream"
        assert taken["X-Content-Type-Options"] == "nosniff"
        assert taken["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert taken["Cache-Control"] == "no-store, private"

    def test_reading_a_piece_is_recorded(self, house, signed_in):
        document = add(house)

        signed_in(house.practitioner).get(reverse("document", args=[document.uid]))

        read = ReadEntry.objects.get(what="document")
        assert (read.file, read.by) == (document.participant.uid, house.practitioner.user)

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"MZ a program", "Une pièce est un PDF, ou une image"),
            (b"", "Ce fichier est vide."),
            (pdf(script), "contient un programme"),
            (b"%PDF-" + bytes(10_000_001), "dépasse 10\u00a0Mo"),
        ],
        ids=["program", "empty", "script", "large"],
    )
    def test_what_is_refused_is_told_beside_the_file_and_leaves_nothing(
        self, house, signed_in, content, told
    ):
        answer = self.post(house, signed_in, house.referral(), content).content.decode()

        assert told in answer
        assert 'enctype="multipart/form-data"' in answer
        assert not Document.objects.exists()

    def test_a_picture_named_as_a_pdf_is_kept_as_a_picture(self, house, signed_in):
        self.post(house, signed_in, house.referral(), picture("PNG"), "../../a.pdf")

        assert Document.objects.get().file_name.endswith(".png")

    def test_the_history_tells_what_came_and_what_went(self, house, signed_in):
        document = add(house)
        page = reverse("file", args=[document.participant.uid])
        assert (
            "Ordonnance concernant Xylandre"
            in signed_in(house.reception).get(page).content.decode()
        )

        remove = reverse("document_remove", args=[document.uid])
        signed_in(house.reception).post(remove, {"reason": "Pièce d’une autre personne"})

        shown = signed_in(house.reception).get(page, {"voir": "pieces"}).content.decode()
        assert "Pièce retirée" in shown
        assert "Pièce d’une autre personne" in shown
        assert "Ordonnance concernant Xylandre" not in shown
        assert (
            signed_in(house.manager).get(reverse("document", args=[document.uid])).status_code
            == 404
        )

    def test_a_file_costs_the_same_with_one_piece_or_many(self, house, signed_in):
        referral = house.referral()
        client = signed_in(house.reception)
        page = reverse("file", args=[referral.participant.uid])

        assert_flat(lambda: client.get(page), lambda: add(house, referral))


def test_a_form_with_two_files_is_refused(house, signed_in):
    page = reverse("document_new", args=[house.referral().uid])
    files = {"file": io.BytesIO(picture()), "other": io.BytesIO(picture())}

    assert signed_in(house.reception).post(page, files).status_code == 400
