"""Questionnaires: typed a line a question, answered once by nobody in particular, counted a
respondent at a time (I59), and exchanged as XLSForm."""

from pathlib import Path

import pytest
import xlsxwriter
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from maillage.core.errors import Refused
from maillage.core.models import TrailEntry, make_uid
from maillage.core.tables import TableError
from maillage.network.models import OneTimeCode
from maillage.programme.episodes.tests.test_concurrency import at_once
from maillage.programme.groups.models import Group
from maillage.programme.groups.tests import factories as groups
from maillage.programme.questionnaires import actions, xlsform
from maillage.programme.questionnaires.models import Answer, Question, Questionnaire, Sheet
from maillage.programme.questionnaires.results import results, sheets_of
from maillage.programme.questionnaires.writing import Asked, read, written

pytestmark = pytest.mark.django_db
TEXT = """* Le stage vous a-t-il été utile ? | échelle 1 à 5
Comment avez-vous été accueilli·e ? | choix : Bien ; Moyennement ; Mal
Qu’avez-vous apprécié ? | plusieurs : Les échanges ; Les intervenants ; Le lieu
Le recommanderiez-vous ? | oui/non
Que changeriez-vous ? | texte"""


@pytest.fixture
def run(house):
    return groups.group(house.branch, house.site)


@pytest.fixture
def asked(house):
    return actions.write(by=house.manager, title="Fin de stage", asked=read(TEXT))


def typed(house, asked, run, **said):
    """A sheet of paper: q1=4, q3=[0, 2]…"""
    answers = {int(name[1:]): value for name, value in said.items()}
    answers.setdefault(1, [3])
    actions.type_sheet(
        by=house.reception, questionnaire=asked, group=run, said=answers, uid=make_uid()
    )


class TestTyping:
    def test_five_kinds_a_line_each(self):
        scale, single, multiple, yes_no, text = read(TEXT)

        assert scale == Asked("scale", "Le stage vous a-t-il été utile ?", [], 1, 5, True)
        assert (single.kind, single.choices) == ("single", ["Bien", "Moyennement", "Mal"])
        assert multiple.kind == "multiple"
        assert (yes_no.kind, text.kind) == ("yes_no", "text")

    def test_and_back(self):
        assert written(read(TEXT)) == TEXT

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("Utile ?", "Ligne 1.*après la question"),
            ("Utile ? | note", "n’est pas échelle"),
            ("Utile ? | échelle 5 à 1", "en montant"),
            ("Utile ? | choix : Bien", "de 2 à 20"),
            ("Utile ? | choix : Bien ; bien", "les mêmes"),
            ("Utile ? | texte\nUtile ? | texte", "Ligne 2.*déjà posée"),
            ("| texte", "de 1 à 300"),
            ("", "au moins une"),
        ],
    )
    def test_a_line_that_is_not_understood_is_told(self, line, why):
        with pytest.raises(Refused, match=why):
            read(line)

    @given(
        st.lists(
            st.tuples(
                st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40),
                st.sampled_from(["échelle 0 à 10", "choix : A ; B", "plusieurs : A ; B", "texte"]),
            ),
            min_size=1,
            max_size=8,
            unique_by=lambda one: one[0].casefold(),
        )
    )
    def test_whatever_is_typed_comes_back(self, lines):
        text = "\n".join(f"{label} | {kind}" for label, kind in lines)

        assert written(read(text)) == text


class TestVersions:
    def test_one_that_nobody_answered_is_changed_in_its_place(self, house, asked):
        again = actions.write(
            by=house.manager, title="Fin", asked=read("Utile ? | oui/non"), before=asked
        )

        assert (again.pk, again.number) == (asked.pk, 1)
        assert [one.label for one in again.questions.all()] == ["Utile ?"]

    def test_one_that_was_answered_never_changes(self, house, asked, run):
        typed(house, asked, run)

        again = actions.write(
            by=house.manager, title="Fin", asked=read("Utile ? | oui/non"), before=asked
        )

        asked.refresh_from_db()
        assert (again.number, again.is_current, asked.is_current) == (2, True, False)
        assert asked.questions.count() == 5
        with pytest.raises(Refused, match="plus récente"):
            actions.write(by=house.manager, title="x", asked=read("U | oui/non"), before=asked)


class TestASheet:
    def test_names_nobody(self, house, asked, run):
        typed(house, asked, run, q1=[5], q5="Rien, merci")

        sheet = Sheet.objects.get()
        columns = {field.name for field in Sheet._meta.fields}
        assert columns == {"id", "questionnaire", "group", "uid", "on"}
        assert sheet.on == timezone.localdate()
        entry = TrailEntry.objects.get(verb="sheet_typed")
        assert (entry.target, entry.file) == (run.uid, "")

    def test_its_words_are_sealed(self, house, asked, run):
        typed(house, asked, run, q5="Rien, merci")

        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM questionnaires_answer")
            assert "Rien, merci" not in repr(cursor.fetchall())

    def test_a_question_passed_over_has_no_answer(self, house, asked, run):
        typed(house, asked, run, q1=[5])

        assert [one.question.number for one in Answer.objects.all()] == [1]

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ({1: []}, "demandée"),
            ({1: [9]}, "n’existe pas"),
            ({1: [1, 2]}, "une seule"),
            ({1: [1], 2: [3]}, "n’existe pas"),
            ({1: [1], 4: [2]}, "n’existe pas"),
            ({1: [-1]}, "n’existe pas"),
        ],
    )
    def test_what_was_not_among_the_options_is_refused_whole(self, house, asked, run, said, why):
        with pytest.raises(Refused, match=why):
            actions.type_sheet(
                by=house.reception, questionnaire=asked, group=run, said=said, uid=make_uid()
            )
        assert not Sheet.objects.exists()

    def test_an_empty_one_is_none(self, house, run):
        free = actions.write(by=house.manager, title="x", asked=read("Quoi ? | texte"))

        with pytest.raises(Refused, match="Aucune réponse"):
            typed(house, free, run, q1="  ")

    def test_sent_twice_is_one_and_two_alike_are_two(self, house, asked, run, signed_in):
        client = signed_in(house.reception)
        address = reverse("sheet_new", args=[run.uid, asked.uid])
        for once in ("première", "première", "seconde"):
            client.post(address, {"once": once, "q1": "4"})

        assert Sheet.objects.count() == 2

    def test_is_typed_by_no_stranger(self, house, asked, run):
        for by in (house.stranger, house.other_side, house.ended, house.dpo):
            with pytest.raises((PermissionDenied, Group.DoesNotExist)):
                actions.type_sheet(
                    by=by, questionnaire=asked, group=run, said={1: [1]}, uid=make_uid()
                )


class TestCodes:
    @pytest.fixture
    def code(self, house, asked, run):
        [code] = actions.make_codes(by=house.reception, questionnaire=asked, group=run, count=1)
        return code

    def post(self, **given):
        return Client().post(reverse("answer"), given)

    def test_opens_the_questions_then_takes_the_answers_once(self, code):
        opened = self.post(code=code.lower().replace("-", " "))
        assert "Le stage vous a-t-il été utile ?" in opened.content.decode()

        for _ in range(2):  # a double click
            done = self.post(code=code, answers="1", q1="4", q3=["0", "2"])

        assert Sheet.objects.count() == 1
        assert Answer.objects.get(question__number=3).picked == [0, 2]
        assert "pas valable" in done.content.decode()

    def test_leaves_no_cookie_and_nothing_in_an_address(self, code):
        answer = self.post(code=code)

        assert not answer.cookies
        assert code not in reverse("answer")
        assert "no-store" in answer.headers["Cache-Control"]

    def test_a_wrong_one_an_old_one_and_a_used_one_are_answered_alike(self, code):
        wrong = self.post(code="ABCD-EFGH-JKMN").content
        OneTimeCode.objects.update(expires_on=timezone.localdate() - timezone.timedelta(days=1))
        old = self.post(code=code).content

        assert wrong == old

    def test_are_not_found_by_trying(self, code):
        for _ in range(30):
            self.post(code="ABCD-EFGH-JKMN")

        assert self.post(code=code).status_code == 429

    def test_a_room_full_of_people_is_not_stopped(self, house, asked, run):
        for _ in range(40):
            [code] = actions.make_codes(by=house.reception, questionnaire=asked, group=run, count=1)
            assert self.post(code=code, answers="1", q1="3").status_code == 200

        assert Sheet.objects.count() == 40

    def test_what_is_refused_may_be_sent_again(self, code):
        refused = self.post(code=code, answers="1", q2="0").content.decode()
        assert "elle est demandée" in refused

        self.post(code=code, answers="1", q1="2", q2="0")

        assert Sheet.objects.count() == 1

    def test_another_site_sends_nothing(self, code):
        answer = Client().post(
            reverse("answer"), {"code": code}, headers={"Sec-Fetch-Site": "cross-site"}
        )

        assert answer.status_code == 403

    def test_are_shown_once(self, house, asked, run, signed_in):
        client = signed_in(house.reception)
        shown = client.post(reverse("codes_new", args=[run.uid, asked.uid]), {"count": "3"})
        codes = shown.context["codes"]

        page = client.get(reverse("group_questionnaires", args=[run.uid])).content.decode()
        assert len(set(codes)) == 3
        assert not any(code in page for code in codes)


@pytest.mark.django_db(transaction=True)
def test_one_code_answered_at_once_is_one_sheet(house):
    run = groups.group(house.branch, house.site)
    asked = actions.write(by=house.manager, title="Fin", asked=read(TEXT))
    [code] = actions.make_codes(by=house.reception, questionnaire=asked, group=run, count=1)

    def send():
        opened = actions.open_by_code(code)
        if opened is not None:
            actions.answer_by_code(opened=opened, said={1: [4]})

    raised = at_once(send, send, send)

    assert Sheet.objects.count() == 1
    assert {type(one) for one in raised} <= {type(None), Refused}


class TestResults:
    def test_each_question_has_its_own_base(self, house, asked, run):
        """By hand: four sheets; the multiple choice was answered by three of them."""
        typed(house, asked, run, q1=[5], q2=[0], q3=[0, 1])
        typed(house, asked, run, q1=[4], q2=[0], q3=[0])
        typed(house, asked, run, q1=[2], q2=[2], q3=[2])
        typed(house, asked, run, q1=[3])

        told = results(asked, sheets_of(asked))

        scale, single, multiple, yes_no, _ = told.questions
        assert told.sheets == 4
        assert (scale.base, scale.passed_over, scale.middle) == (4, 0, 3.5)
        assert (single.base, single.passed_over) == (3, 1)
        assert [line.n for line in multiple.lines] == [2, 1, 1]
        assert [round(line.share, 3) for line in multiple.lines] == [0.667, 0.333, 0.333]
        assert multiple.is_multiple
        assert (yes_no.base, [line.share for line in yes_no.lines]) == (0, [0, 0])

    def test_under_three_sheets_nothing_is_shown(self, house, asked, run, signed_in):
        typed(house, asked, run, q5="Une phrase que l’on reconnaîtrait")
        typed(house, asked, run)

        assert results(asked, sheets_of(asked)).questions == []
        page = signed_in(house.manager).get(reverse("questionnaire", args=[asked.uid]))
        assert "reconnaîtrait" not in page.content.decode()
        assert "à partir de trois" in page.content.decode()

    def test_the_page_shows_n_the_share_and_what_a_multiple_choice_is(
        self, house, asked, run, signed_in
    ):
        for _ in range(3):
            typed(house, asked, run, q3=[0], q5="Le lieu")

        page = signed_in(house.manager).get(reverse("questionnaire", args=[asked.uid]))
        said = page.content.decode()

        assert "n = 3" in said
        assert "dont le total peut dépasser 100" in said
        assert "sans réponse : 3" in said
        assert "<meter" in said

    def test_of_a_period(self, house, asked, run, signed_in):
        for _ in range(3):
            typed(house, asked, run)
        Sheet.objects.update(on="2025-03-01")

        page = signed_in(house.manager).get(
            reverse("questionnaire", args=[asked.uid]), {"start": "01/04/2025", "end": ""}
        )

        assert page.context["results"].sheets == 0

    def test_of_another_branch_are_unknown(self, house, asked, signed_in):
        for by in (house.stranger, house.other_side):
            page = signed_in(by).get(reverse("questionnaire", args=[asked.uid]))
            assert page.status_code == 404

    def test_cost_the_same_for_many(self, house, asked, run, django_assert_num_queries):
        for _ in range(3):
            typed(house, asked, run, q2=[1])
        with django_assert_num_queries(3):
            results(asked, sheets_of(asked))
        for _ in range(5):
            typed(house, asked, run, q2=[1])
        with django_assert_num_queries(3):
            results(asked, sheets_of(asked))


def workbook(path: Path, survey: list[list], choices: list[list] | None = None) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in (("survey", survey), ("choices", choices)):
            if rows is None:
                continue
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    sheet.write(at, column, value)
    return path


HEAD = ["type", "name", "label", "required", "parameters", "relevant"]
CHOICES = [["list_name", "name", "label"], ["avis", "a", "Bien"], ["avis", "b", "Mal"]]


class TestXlsForm:
    def test_what_goes_out_is_accepted_and_comes_back(self, asked, tmp_path):
        path = tmp_path / "q.xlsx"
        path.write_bytes(xlsform.write(asked))

        assert written(xlsform.read(path)) == TEXT

    def test_a_form_of_another_tool_comes_in(self, tmp_path):
        path = workbook(
            tmp_path / "f.xlsx",
            [
                ["type", "name", "label::Français (fr)", "required"],
                ["select_one avis", "q1", "Votre avis ?", "yes"],
                ["select_multiple avis", "q2", "Vos avis ?", ""],
                ["text", "q3", "Un mot ?", ""],
            ],
            [["list_name", "name", "label::Français (fr)"], *CHOICES[1:]],
        )

        first, second, third = xlsform.read(path)

        assert (first.kind, first.choices, first.is_required) == ("single", ["Bien", "Mal"], True)
        assert (second.kind, third.kind) == ("multiple", "text")

    @pytest.mark.parametrize(
        ("row", "why"),
        [
            (["gps", "q", "Où ?"], "ligne 2, colonne type.*gps"),
            (["deviceid", "q", "x"], "ligne 2, colonne type"),
            (["select_one rien", "q", "Q ?"], "« rien » n’a pas de choix|rien.*n’a pas de choix"),
            (["text", "q", ""], "ligne 2, colonne label"),
            (["text", "q", "Q ?", "", "", "${a} = 1"], "ligne 2, colonne relevant"),
            (["range", "q", "Q ?", "", "start=1"], "ligne 2, colonne parameters"),
            (["text", "un nom", "Q ?"], "pas un XLSForm valable"),
            (["text", "q", '=HYPERLINK("x")'], "survey"),
        ],
    )
    def test_what_cannot_be_taken_is_told_with_its_place(self, tmp_path, row, why):
        path = workbook(tmp_path / "f.xlsx", [HEAD, row], CHOICES)

        with pytest.raises(TableError, match=why):
            xlsform.read(path)

    def test_no_workbook_is_told(self, tmp_path):
        path = tmp_path / "f.xlsx"
        path.write_bytes(b"PK\x03\x04 rien")

        with pytest.raises(TableError):
            xlsform.read(path)

    def test_nothing_is_kept_of_one_that_is_refused(self, house, signed_in, tmp_path):
        path = workbook(tmp_path / "f.xlsx", [HEAD, ["gps", "q", "Où ?"]])
        sent = SimpleUploadedFile("f.xlsx", path.read_bytes())

        page = signed_in(house.manager).post(
            reverse("questionnaire_import"), {"title": "Fin", "file": sent}
        )

        assert "ligne 2, colonne type" in page.content.decode()
        assert not Questionnaire.objects.exists()

    def test_one_that_is_accepted_becomes_a_questionnaire(self, house, asked, signed_in):
        sent = SimpleUploadedFile("f.xlsx", xlsform.write(asked))

        signed_in(house.manager).post(
            reverse("questionnaire_import"), {"title": "Repris", "file": sent}
        )

        made = Questionnaire.objects.get(title="Repris")
        assert written(made.questions.all()) == TEXT
        assert made.questions.filter(kind=Question.Kind.SCALE).get().high == 5
