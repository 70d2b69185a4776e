"""What people type to close a file, to say that they know somebody, to open one in an emergency."""

from typing import Any

from django import forms

from maillage.core.forms import Form


def _reason(label: str, **kwargs) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), **kwargs
    )


class ColleagueForm(Form):
    """Fills the choices with the colleagues who read files; what is chosen is a `User`."""

    people: dict[str, Any]

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        for name in ("user", "readers"):
            field = self.fields.get(name)
            if isinstance(field, forms.TypedChoiceField | forms.TypedMultipleChoiceField):
                named = [(key, person.name) for key, person in self.people.items()]
                single = not isinstance(field, forms.TypedMultipleChoiceField)
                field.choices = [("", "Choisir…"), *named] if single else named
                field.coerce = self.people.__getitem__


class BarForm(ColleagueForm):
    user = forms.TypedChoiceField(label="Qui est écarté·e de ce dossier")
    reason = _reason("Motif", help_text="Lu par les responsables seulement.")


class DeclareForm(Form):
    reason = _reason(
        "Ce que la ou le responsable doit savoir",
        required=False,
        help_text="Vous pouvez n’en rien dire.",
    )


class RestrictForm(ColleagueForm):
    readers = forms.TypedMultipleChoiceField(
        label="Qui d’autre peut l’ouvrir",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Les intervenant·es du dossier et les responsables l’ouvrent toujours.",
    )
    reason = _reason("Motif", help_text="Lu par les responsables seulement.")

    def __init__(self, *args, is_up: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if is_up:
            del self.fields["reason"]


class EmergencyForm(Form):
    reference = forms.CharField(
        label="Référence du dossier",
        max_length=60,
        widget=forms.TextInput(attrs={"class": "w-name", "autocomplete": "off"}),
    )
    reason = _reason(
        "Pourquoi vous devez l’ouvrir maintenant",
        help_text="La ou le responsable lira ce motif et donnera son avis.",
    )


class ReviewForm(Form):
    verdict = forms.ChoiceField(choices=[("seen", "Vu, justifié"), ("unjustified", "Non justifié")])
    comment = forms.CharField(required=False, max_length=2000)
