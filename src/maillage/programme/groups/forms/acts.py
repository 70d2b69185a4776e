"""What is typed about a demand for a course; each form cleans and calls nothing."""

from django import forms

from maillage.core.forms import Form, FrenchDateField
from maillage.programme.groups.models import Offer


class ActForm(Form):
    """A day and a reason; the day is today unless it is said otherwise."""

    on = FrenchDateField(label="Le", not_future=True)
    reason = forms.CharField(
        label="Motif",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Rien sur la victime, son adresse ou son téléphone.",
    )

    def refuse(self, field: str | None, message: str) -> None:
        self.add_error(field if field in self.fields else None, message)


class PostponeForm(ActForm):
    until = FrenchDateField(
        label="Pas avant le",
        required=False,
        help_text="La personne revient sur la liste et n’est pas convoquée avant cette date.",
    )
    field_order = ["on", "until", "reason"]


class DayForm(ActForm):
    """A day alone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["reason"]


class SureForm(ActForm):
    """Nothing but the button."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.clear()


class UndoForm(ActForm):
    """Why it was a mistake; the day is that of what is undone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["on"]


class AskForm(ActForm):
    kind = forms.ChoiceField(label="Attend", choices=Offer.Kind.choices)
    field_order = ["kind", "on"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["reason"]
        self.fields["on"].label = "Demandé le"


class ReferenceForm(Form):
    """Another file of the branch, by its number: no list of names is shown for it."""

    reference = forms.CharField(
        label="Numéro de l’autre dossier", max_length=60, help_text="Par exemple 2026-0012."
    )

    def refuse(self, field: str | None, message: str) -> None:
        self.add_error("reference", message)


class ReasonForm(Form):
    """Why something is undone: asked, and kept."""

    reason = forms.CharField(
        label="Pourquoi", max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def refuse(self, field: str | None, message: str) -> None:
        self.add_error("reason", message)
