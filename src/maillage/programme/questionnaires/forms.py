"""What is typed of a questionnaire, and of its answers."""

from typing import Any

from django import forms
from django.http import QueryDict

from maillage.core.forms import Form, FrenchDateField
from maillage.programme.questionnaires.models import Question


class _Form(Form):
    def refuse(self, field: str | None, message: str) -> None:
        self.add_error(field if field in self.fields else None, message)


class QuestionnaireForm(_Form):
    title = forms.CharField(label="Intitulé", max_length=120)
    questions = forms.CharField(
        label="Questions, une par ligne",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true"}),
        help_text=(
            "La question, une barre «\u202f|\u202f», puis échelle 1 à 5, choix : A ; B, "
            "plusieurs : A ; B, oui/non ou texte. Une étoile devant\u00a0: réponse demandée."
        ),
    )


class ImportForm(_Form):
    title = forms.CharField(label="Intitulé", max_length=120)
    file = forms.FileField(label="Classeur XLSForm (.xlsx)")


class CodesForm(_Form):
    count = forms.IntegerField(label="Combien de codes", min_value=1, max_value=60, initial=12)


class PeriodForm(_Form):
    start = FrenchDateField(label="Du", required=False)
    end = FrenchDateField(label="Au", required=False)


def said(questions: list[Question], given: QueryDict) -> dict[int, Any]:
    """The answers of a posted sheet, by the number of the question; a number that is none is left
    to be refused by the action."""
    found: dict[int, Any] = {}
    for one in questions:
        name = f"q{one.number}"
        if one.kind == Question.Kind.TEXT:
            found[one.number] = given.get(name, "")
        else:
            typed = [value for value in given.getlist(name) if value != ""]
            found[one.number] = [int(v) if v.isascii() and v.isdigit() else -1 for v in typed]
    return found
