"""Letters in the words of an organisation: typography, versions, proof, and what a PDF holds."""

from datetime import timedelta
from io import BytesIO

import pikepdf
import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from tests.accessible_pdf import errors_of

from maillage.core.errors import Refused
from maillage.programme.letters import actions
from maillage.programme.letters.models import Kind, Letter
from maillage.programme.letters.render import Sheet, docx, pdf
from maillage.programme.letters.wording import (
    NAMES,
    defaults,
    filled,
    french,
    paragraphs,
    unknown_names,
)

HOSTILE = '#strong[x] $y$ <a> & \\u{41} {code} " \n @ref // *gras*'


def a_sheet(**changes) -> Sheet:
    given = {
        "sender": ["APEX", "12 rue des Exemples"],
        "recipient": ["Camille INVENTÉ", "66000 Perpignan"],
        "dated": "Perpignan, le mardi 3 février 2026",
        "subject": "Convocation",
        "paragraphs": ["Madame,", "Vous êtes convoqué·e."],
        "signatory": "La direction",
    }
    return Sheet(**given | changes)


class TestFrenchTypography:
    @pytest.mark.parametrize(
        ("typed", "set_"),
        [
            ("Objet : absence", "Objet\u00a0: absence"),
            ("Venez !", "Venez\u202f!"),
            ("à 9 h 30", "à 9\u00a0h\u00a030"),
            ("200 € et 8 %", "200\u00a0€ et 8\u00a0%"),
            ("le « stage »", "le «\u202fstage\u202f»"),
            ("n° 12", "n°\u00a012"),
            ("un:deux", "un:deux"),
            ("3 hommes", "3 hommes"),
        ],
    )
    def test_asks_for_its_spaces(self, typed, set_):
        assert french(typed) == set_

    @given(st.text(alphabet="ab 1:;?!«»€h°n\u00a0\u202f%", max_size=40))
    def test_set_twice_is_set_once(self, text):
        assert french(french(text)) == french(text)

    @given(st.text(alphabet="ab 12:;?!«»€h%", max_size=40))
    def test_loses_and_adds_nothing_but_spaces(self, text):
        assert "".join(french(text).split()) == "".join(text.split())


class TestTheWords:
    def test_every_kind_has_a_letter_to_begin_with_of_known_names(self):
        given = defaults()

        assert set(given) == set(Kind.values)
        for letter in given.values():
            assert unknown_names(letter["subject"] + letter["body"]) == []

    def test_no_name_speaks_of_a_victim(self):
        told = " ".join([*NAMES, *NAMES.values()]).lower()

        assert not any(word in told for word in ("victime", "conjoint", "plaignant", "enfant"))

    def test_a_name_that_no_letter_knows_is_told(self):
        assert unknown_names("{prenom_nom} {adresse_victime}") == ["adresse_victime"]
        assert unknown_names("{code") == ["{"]

    def test_a_value_is_never_read_as_a_name(self):
        assert filled("{prenom_nom}", {"prenom_nom": "{code}", "code": "secret"}) == "{code}"

    def test_a_paragraph_that_says_nothing_is_left_out(self):
        assert paragraphs("Un.\n\n{prix}\n\nDeux.", {"prix": ""}) == ["Un.", "Deux."]


class TestTheFile:
    def opened(self, sheets) -> pikepdf.Pdf:
        return pikepdf.open(BytesIO(pdf(sheets, "Convocations 2026-07")))

    def test_is_tagged_titled_and_in_french(self):
        made = self.opened([a_sheet()])

        assert made.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in made.Root
        assert str(made.Root.Lang) == "fr-FR"
        assert made.Root.ViewerPreferences.DisplayDocTitle
        with made.open_metadata() as told:
            assert told["dc:title"] == "Convocations 2026-07"
            assert told["pdfuaid:part"] == "1"

    @pytest.mark.parametrize("kind", Kind.values)
    def test_of_each_letter_is_accessible_to_a_validator(self, kind, tmp_path):
        letter = defaults()[kind]
        told = dict.fromkeys(NAMES, "mardi 3 février 2026")
        words = paragraphs(letter["body"], told)
        sheet = a_sheet(subject=filled(letter["subject"], told), paragraphs=words)

        assert errors_of(pdf([sheet, sheet], "Courriers"), tmp_path) == []

    def test_whose_structure_was_taken_out_is_not(self, tmp_path):
        made = self.opened([a_sheet()])
        del made.Root.StructTreeRoot
        made.Root.MarkInfo.Marked = False
        made.save(tmp_path / "bare.pdf")

        assert errors_of((tmp_path / "bare.pdf").read_bytes(), tmp_path)

    def test_marks_all_that_each_page_shows(self):
        """Whatever is drawn stands in a marked sequence: of the text, or an artifact."""
        for page in self.opened([a_sheet()] * 3).pages:
            depth = 0
            for operands, operator in pikepdf.parse_content_stream(page):
                name = str(operator)
                depth += (name in ("BDC", "BMC")) - (name == "EMC")
                if name in ("Tj", "TJ", "'", '"', "Do", "f", "S"):
                    assert depth > 0, (name, operands)

    def test_has_a_page_for_each_letter(self):
        assert len(self.opened([a_sheet()] * 30).pages) == 30

    def test_reads_nothing_as_markup(self):
        made = self.opened([a_sheet(subject=HOSTILE, paragraphs=[HOSTILE, "x" * 5_000])])

        assert len(made.pages) >= 1

    def test_a_sign_that_cannot_be_printed_is_told(self):
        with pytest.raises(Refused, match="🕊"):
            pdf([a_sheet(subject="🕊")], "x")

    def test_says_the_same_as_a_document_to_write_on(self):
        text = "\n".join(p.text for p in Document(BytesIO(docx([a_sheet()], "x"))).paragraphs)

        for words in ("APEX", "Camille INVENTÉ", "Convocation", "La direction"):
            assert words in text


@pytest.mark.django_db
class TestALetter:
    @pytest.fixture
    def made(self, house) -> Letter:
        person = house.referral().participant
        return actions.make(
            by=house.reception, participant=person, kind="warning", content=a_sheet()
        )

    def test_is_kept_word_for_word_whatever_is_written_later(self, house, made):
        actions.write_template(by=house.manager, kind="warning", subject="Autre", body="Autre.")

        made.refresh_from_db()
        assert Sheet.from_json(made.content) == a_sheet()

    def test_is_sent_once_with_its_proof(self, house, made):
        today = timezone.localdate()
        actions.send(
            by=house.reception, letter=made, way="registered", sent_on=today, proof="1A 234"
        )

        made.refresh_from_db()
        assert (made.way, made.sent_on, made.proof) == ("registered", today, "1A 234")
        with pytest.raises(Refused, match="déjà noté"):
            actions.send(by=house.reception, letter=made, way="post", sent_on=today)

    def test_is_not_sent_before_it_was_made(self, house, made):
        day = timezone.localdate() - timedelta(days=1)

        with pytest.raises(Refused, match="entre le jour"):
            actions.send(by=house.reception, letter=made, way="post", sent_on=day)

    def test_is_unknown_to_strangers(self, house, made):
        for who in (house.stranger, house.other_side, house.ended):
            assert not Letter.objects.visible_to(who).exists()

    def test_the_words_are_those_of_the_organisation_once_it_wrote_its_own(self, house):
        before = actions.words_of(house.branch.pk, "warning")
        actions.write_template(
            by=house.manager, kind="warning", subject="Objet", body="{prenom_nom}"
        )

        assert before != ("Objet", "{prenom_nom}")
        assert actions.words_of(house.branch.pk, "warning") == ("Objet", "{prenom_nom}")

    def test_a_name_that_is_not_known_is_refused_by_its_field(self, house):
        with pytest.raises(Refused, match="victime") as refused:
            actions.write_template(by=house.manager, kind="warning", subject="x", body="{victime}")
        assert refused.value.field == "body"

    def test_is_written_by_who_answers_for_the_branch(self, house):
        with pytest.raises(PermissionDenied):
            actions.write_template(by=house.practitioner, kind="warning", subject="x", body="y")

    def test_begins_with_the_head_of_the_organisation(self, house):
        actions.write_head(
            by=house.manager, address="1 rue A\n66000 B", phone="", email="", town="B",
            signatory="La direction",
        )  # fmt: skip
        made = actions.sheet(
            house.branch, "warning", {"civilite": "Madame", "absence_le": "3 mars"}, recipient=["X"]
        )

        assert made.sender == [house.branch.name, "1 rue A", "66000 B"]
        assert made.dated.startswith("B, le ")
        assert made.subject == "Absence du 3 mars"
