"""What people type freely, what a form answers, how it is drawn."""

import re
from datetime import date, time, timedelta

import pytest
from django import forms as django_forms
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from maillage.core.forms import (
    Form,
    FrenchDateField,
    FrenchTimeField,
    PhoneField,
    YesNoUnknownField,
    show_phone,
    version_field,
)
from maillage.core.models import User
from maillage.network.models import Membership, Organisation


class Intake(Form):
    name = django_forms.CharField(label="Nom")
    born = FrenchDateField(label="Né le", help_text="3/2/81 se comprend.", not_future=True)
    town = django_forms.CharField(label="Commune", required=False)
    kind = django_forms.ChoiceField(
        label="Cadre",
        choices=[("a", "Volontaire"), ("b", "Justice")],
        widget=django_forms.RadioSelect,
    )
    modules = django_forms.MultipleChoiceField(
        label="Modules",
        choices=[("x", "Entretiens"), ("y", "Groupe")],
        required=False,
        widget=django_forms.CheckboxSelectMultiple,
    )
    shared = django_forms.BooleanField(label="Téléphone partagé", required=False, initial=True)
    care = YesNoUnknownField(label="Soins", required=False)
    version = version_field()


def refusal(field, typed) -> str:
    with pytest.raises(ValidationError) as caught:
        field.clean(typed)
    return " ".join(caught.value.messages[0].replace("\u202f", " ").replace("\u00a0", " ").split())


class TestADate:
    @pytest.mark.parametrize("typed", ["3/2/81", "03.02.1981", "3 février 1981", "1981-02-03"])
    def test_is_understood_as_typed(self, typed):
        assert FrenchDateField().clean(typed) == date(1981, 2, 3)

    def test_may_be_said_from_today(self):
        assert FrenchDateField().clean("demain") == timezone.localdate() + timedelta(days=1)

    def test_that_is_not_one_says_what_to_write(self):
        assert "03/02/2026" in refusal(FrenchDateField(), "mardi gras")

    def test_to_come_is_refused_where_only_the_past_makes_sense(self):
        assert refusal(FrenchDateField(not_future=True), "demain").endswith(
            "est à venir. Écrivez une date passée."
        )

    def test_of_today_is_not_to_come(self):
        assert FrenchDateField(not_future=True).clean("aujourd’hui") == timezone.localdate()

    def test_may_be_left_out(self):
        assert FrenchDateField(required=False).clean("") is None

    @given(st.dates(date(1900, 1, 1), date(2060, 12, 31)))
    def test_written_back_is_read_alike(self, day):
        field = FrenchDateField()

        assert field.clean(field.prepare_value(day)) == day
        assert not field.has_changed(day, field.prepare_value(day))

    def test_is_read_back_in_full(self):
        assert FrenchDateField().read_back("3/2/26") == "mardi 3 février 2026"
        assert FrenchDateField().read_back("n’importe") == ""
        assert FrenchDateField().read_back(None) == ""


class TestAnHour:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("14h30", time(14, 30)),
            ("14:30", time(14, 30)),
            ("14 h 30", time(14, 30)),
            ("14\u00a0h\u00a030", time(14, 30)),
            ("1430", time(14, 30)),
            ("9 h", time(9)),
            ("9", time(9)),
            ("9H05", time(9, 5)),
            ("0h", time(0)),
            ("9 heures 15", time(9, 15)),
            ("midi", time(12)),
        ],
    )
    def test_is_understood_as_typed(self, typed, meant):
        assert FrenchTimeField().clean(typed) == meant

    @pytest.mark.parametrize("typed", ["25h", "12h60", "2460"])
    def test_that_does_not_exist_is_refused(self, typed):
        assert "n’existe pas" in refusal(FrenchTimeField(), typed)

    @pytest.mark.parametrize("typed", ["tantôt", "14h5", "14h30m", "-3h"])
    def test_that_is_not_understood_says_what_to_write(self, typed):
        assert "14 h 30" in refusal(FrenchTimeField(), typed)

    @given(st.times().map(lambda t: t.replace(second=0, microsecond=0)))
    def test_written_back_is_read_alike(self, at):
        field = FrenchTimeField()

        assert field.clean(field.prepare_value(at)) == at
        assert not field.has_changed(at, field.prepare_value(at))


class TestATelephoneNumber:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("06 39 98 12 34", "+33639981234"),
            ("06.39.98.12.34", "+33639981234"),
            ("0033 6 39 98 12 34", "+33639981234"),
            ("+33 6 39 98 12 34", "+33639981234"),
            ("01 99 00 12 34", "+33199001234"),
            ("+32 470 12 34 56", "+32470123456"),
        ],
    )
    def test_is_kept_in_one_form(self, typed, kept):
        assert PhoneField().clean(typed) == kept

    @pytest.mark.parametrize(
        "typed", ["06 39 98 12", "00 00 00 00 00", "pas de téléphone", "06 39 98 12 34 poste 5"]
    )
    def test_that_is_not_whole_says_what_to_write(self, typed):
        assert "Écrivez dix chiffres" in refusal(PhoneField(), typed)

    def test_is_shown_as_it_is_dialled(self):
        assert show_phone("+33639981234") == "06 39 98 12 34"
        assert show_phone("+32470123456") == "+32 470 12 34 56"

    def test_left_out_is_an_empty_text(self):
        assert PhoneField(required=False).clean("") == ""

    def test_is_not_changed_by_being_shown(self):
        assert not PhoneField().has_changed("+33639981234", "06 39 98 12 34")


class TestAQuestionWithThreeAnswers:
    @pytest.mark.parametrize(
        ("given_", "meant"), [("yes", True), ("no", False), ("unknown", None), ("", None)]
    )
    def test_tells_no_from_not_known(self, given_, meant):
        assert YesNoUnknownField(required=False).clean(given_) is meant

    def test_must_be_answered_where_it_is_required(self):
        with pytest.raises(ValidationError):
            YesNoUnknownField().clean("")
        assert YesNoUnknownField().clean("unknown") is None

    def test_refuses_any_other_answer(self):
        with pytest.raises(ValidationError):
            YesNoUnknownField().clean("maybe")

    @pytest.mark.parametrize("known", [True, False, None])
    def test_shows_what_is_known(self, known):
        field = YesNoUnknownField(required=False)

        assert field.clean(field.prepare_value(known)) is known
        assert not field.has_changed(known, field.prepare_value(known))


class TestAnErroneousForm:
    @pytest.fixture
    def drawn(self):
        return str(Intake({"born": "32/1/2020", "kind": "", "version": "x"}))

    def test_says_what_to_do_in_the_words_of_the_field(self):
        form = Intake({})

        assert form.errors["name"] == ["Remplissez ce champ\u00a0: «\u202fNom\u202f»."]
        assert form.errors["kind"] == ["Choisissez une réponse\u00a0: «\u202fCadre\u202f»."]
        assert "facultatif" not in str(form.errors)

    def test_lists_each_error_with_a_link_that_leads_to_a_control(self, drawn):
        summary = drawn.split("</ul>")[0]
        leads = re.findall(r'href="#([^"]+)"', summary)

        assert leads == ["id_name", "id_born", "id_kind_0"]
        for anchor in leads:
            assert len(re.findall(rf'id="{anchor}"', drawn)) == 1
        assert "5 points" not in drawn
        assert "4 points à corriger" in drawn

    def test_tells_a_fault_of_a_hidden_field_in_the_summary(self, drawn):
        assert "Cette page est incomplète." in drawn.split("</ul>")[0]

    def test_ties_help_and_error_to_the_control(self, drawn):
        born = re.search(r'<input[^>]*id="id_born"[^>]*>', drawn)[0]

        assert 'aria-describedby="id_born_helptext id_born_error"' in born
        assert 'aria-invalid="true"' in born
        assert 'id="id_born_helptext"' in drawn
        assert 'id="id_born_error"' in drawn

    def test_ties_the_error_of_a_group_to_its_fieldset(self, drawn):
        assert re.search(r'<fieldset[^>]*aria-describedby="id_kind_error"', drawn)

    def test_keeps_what_was_typed(self, drawn):
        assert 'value="32/1/2020"' in drawn

    def test_never_repeats_a_script_that_was_typed(self):
        drawn = str(Intake({"name": "", "born": "<script>alert(1)</script>"}))

        assert "<script>" not in drawn


class TestADrawnForm:
    def test_marks_what_is_optional_and_nothing_else(self):
        page = str(Intake())

        marked = re.findall(r"(\w+)\s*<span class=\"optional\">", page)
        assert marked == ["Commune", "Modules", "Soins"]
        assert " required" not in page

    def test_leaves_no_question_without_a_label(self):
        page = str(Intake())

        for field in Intake().visible_fields():
            if field.use_fieldset:
                assert f'id="{field.auto_id}_group"' in page
            else:
                assert f'for="{field.id_for_label}"' in page

    def test_reads_a_date_back_where_it_is_shown_again(self):
        page = str(Intake({"name": "", "born": "3/2/26"}))

        assert "lu comme\u00a0: mardi 3 février 2026" in page


class TestATakenUpDraft:
    def test_shows_what_was_typed_and_judges_nothing(self):
        form = Intake(draft={"born": ["3/2/81"], "kind": ["b"], "modules": ["x", "y"]})
        page = str(form)

        assert form.draft_taken_up
        assert not form.is_bound
        assert 'value="3/2/81"' in page
        assert re.search(r'value="b"[^>]*checked', page)
        assert len(re.findall(r'name="modules" value="[xy]"[^>]*checked', page)) == 2
        assert "error" not in page

    def test_remembers_a_box_that_was_unticked(self):
        assert "checked" in str(Intake()["shared"])
        assert "checked" not in str(Intake(draft={"name": ["A"]})["shared"])

    def test_gives_way_to_what_is_sent(self):
        form = Intake({"name": "envoyé"}, draft={"name": ["brouillon"]})

        assert form["name"].value() == "envoyé"
        assert not form.draft_taken_up


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore:No directory at")
def test_a_date_being_typed_is_read_back_to_whoever_is_signed_in():
    client = Client()
    assert client.post("/espace/date/", {"typed": "3/2/26"}).status_code == 302

    user = User.objects.create_user("camille@exemple.fr", "un mot de passe long", name="Camille")
    client.force_login(user)
    branch = Organisation.objects.create(slug="antenne", name="Antenne")
    Membership.objects.create(user=user, organisation=branch, side="programme", role="reception")

    read = client.post("/espace/date/", {"typed": "3/2/26"})
    assert read.content.decode() == "lu comme\u00a0: mardi 3 février 2026"
    assert client.post("/espace/date/", {"typed": "<b>"}).content == b""
