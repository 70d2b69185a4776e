"""What the public site asks: to be called back, and to put an entry right."""

from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

from maillage.core.forms import Form, FrenchDateField, PhoneField
from maillage.core.models import make_uid
from maillage.portal import places
from maillage.portal.models import Service
from maillage.support.callbacks.models import Need

_SALT = "maillage.portal.callback"
_OPEN_FOR = 4 * 3600
_FILLED_IN_LESS_THAN = 3  # seconds: nobody writes a number that fast
TEXT = {"autocomplete": "off", "spellcheck": "false"}


def new_token() -> str:
    """The random name of one form; it comes back signed and dated, and no cookie is needed."""
    return signing.dumps(make_uid(), salt=_SALT)


class CallbackForm(Form):
    """How to call safely; `website` is for machines that fill in everything."""

    need = forms.ChoiceField(
        label="De quoi voulez-vous parler\u202f?", choices=Need.choices, widget=forms.RadioSelect
    )
    where = forms.CharField(
        label="Votre commune ou son code postal", max_length=80, widget=forms.TextInput(attrs=TEXT)
    )
    phone = PhoneField(label="Le numéro où l’on peut vous appeler sans danger")
    hours = forms.CharField(
        label="Quand peut-on appeler\u202f?",
        max_length=200,
        help_text="Les jours et les heures où vous êtes à l’abri.",
        widget=forms.TextInput(attrs=TEXT),
    )
    code_word = forms.CharField(
        label="Un mot que nous dirons d’abord",
        max_length=40,
        help_text="Si la personne qui appelle ne le dit pas, raccrochez.",
        widget=forms.TextInput(attrs=TEXT),
    )
    may_leave_message = forms.BooleanField(
        label="On peut laisser un message à ce numéro", required=False
    )
    note = forms.CharField(
        label="Ce qu’il faut savoir avant d’appeler",
        required=False,
        max_length=600,
        widget=forms.TextInput(attrs=TEXT),
    )
    website = forms.CharField(required=False, label="Ne remplissez pas ce champ")
    token = forms.CharField(widget=forms.HiddenInput)

    def clean_where(self) -> str:
        typed = self.cleaned_data["where"]
        one = places.the_one(typed)
        departments = {found.department for found in ([one] if one else places.find(typed))}
        if len(departments) != 1:
            told = "Plusieurs communes portent ce nom" if departments else "Commune inconnue"
            raise ValidationError(f"{told}\u00a0: écrivez le code postal.")
        self.cleaned_data["department"] = departments.pop()
        return typed

    def clean_token(self) -> str:
        try:
            uid = signing.loads(self.cleaned_data["token"], salt=_SALT, max_age=_OPEN_FOR)
        except signing.BadSignature as error:
            raise ValidationError("Cette page est trop ancienne. Rechargez-la.") from error
        try:
            signing.loads(self.cleaned_data["token"], salt=_SALT, max_age=_FILLED_IN_LESS_THAN)
        except signing.SignatureExpired:
            return uid
        raise ValidationError("Vous allez trop vite pour nous. Renvoyez dans un instant.")

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError("Laissez vide le champ qui ne se voit pas.")
        return ""

    @property
    def told(self) -> dict[str, Any]:
        """What the counter is given."""
        given = self.cleaned_data
        names = ("need", "department", "phone", "hours", "code_word", "note", "may_leave_message")
        return {name: given[name] for name in names} | {
            "uid": given["token"],
            "town": given["where"],
        }


class EntryForm(forms.ModelForm):
    """What an organisation says of its own entry; where and for what, the network says."""

    closed_from = FrenchDateField(label="Fermé du", required=False)
    closed_to = FrenchDateField(label="au", required=False)

    class Meta:
        model = Service
        fields = ("description", "audience", "phone", "cost", "access", "languages") + (
            "confidentiality",
        )
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("closed_from")) != bool(given.get("closed_to")):
            raise ValidationError("Une fermeture a deux dates\u00a0: remplissez-les toutes deux.")
        return given

    @property
    def told(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}
