"""What is typed of a letterhead, of a letter and of its sending."""

from django import forms
from django.utils import timezone

from maillage.core.forms import Form, FrenchDateField
from maillage.programme.letters.models import Letter


class _Form(Form):
    def refuse(self, field: str | None, message: str) -> None:
        self.add_error(field if field in self.fields else None, message)


class HeadForm(_Form):
    address = forms.CharField(
        label="Adresse", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )
    phone = forms.CharField(label="Téléphone", required=False, max_length=40)
    email = forms.EmailField(label="Courriel", required=False)
    town = forms.CharField(label="Fait à", required=False, max_length=80)
    signatory = forms.CharField(
        label="Signataire", required=False, max_length=120, help_text="Par exemple : La direction."
    )


class TemplateForm(_Form):
    subject = forms.CharField(label="Objet", max_length=200)
    body = forms.CharField(
        label="Texte",
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text="Une ligne vide sépare deux paragraphes. Rien sur la victime.",
    )


class SentForm(_Form):
    way = forms.ChoiceField(label="Envoi", choices=Letter.Way.choices)
    sent_on = FrenchDateField(label="Le", not_future=True, initial=timezone.localdate)
    proof = forms.CharField(
        label="Preuve",
        required=False,
        max_length=200,
        help_text="Numéro de recommandé, par exemple.",
    )
