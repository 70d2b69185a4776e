"""What is typed of an offer, a template, a run and its sessions."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from maillage.core.forms import Form, FrenchDateField, FrenchTimeField, version_field
from maillage.network.models import Site
from maillage.network.vocabularies import LEGAL_FRAMEWORKS
from maillage.programme.episodes.actions.follow import practitioners
from maillage.programme.groups.models import Audience, Group, Offer, Room, Template

_AMOUNT = re.compile(r"\d{1,5}(?:[.,]\d{1,2})?")


class EurosField(forms.Field):
    """An amount as it is typed: « 200 », « 66,67 € »; given in cents."""

    widget = forms.TextInput

    def widget_attrs(self, widget):
        return {"inputmode": "decimal", "autocomplete": "off", "class": "w-time"}

    def to_python(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        typed = "".join(str(value).split()).removesuffix("€")
        if not typed:
            return None
        if not _AMOUNT.fullmatch(typed):
            raise ValidationError("Écrivez un montant, par exemple 200 ou 66,67.", code="invalid")
        return int(Decimal(typed.replace(",", ".")) * 100)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        whole, rest = divmod(value, 100)
        return f"{whole},{rest:02}" if rest else str(whole)


class _Form(Form):
    ALIASES: dict[str, str] = {}

    def refuse(self, field: str | None, message: str) -> None:
        name = self.ALIASES.get(field or "", field)
        self.add_error(name if name in self.fields else None, message)


class OfferForm(_Form):
    kind = forms.ChoiceField(label="Nature", choices=Offer.Kind.choices)
    name = forms.CharField(label="Intitulé", max_length=120)
    entry = forms.ChoiceField(label="Entrées", choices=Offer.Entry.choices)
    audience = forms.ChoiceField(label="Public", choices=Audience.choices)
    is_current = forms.BooleanField(label="Proposée en ce moment", required=False, initial=True)


class TemplateForm(_Form):
    sessions = forms.CharField(
        label="Séances, une par ligne",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="Par exemple\u00a0: J1 9h 3h : Cadre juridique (juriste) ; Cycle de la violence "
        "(psychologue). J1 est le premier jour, J6 cinq jours ouvrés plus tard.",
    )
    capacity = forms.IntegerField(label="Places", min_value=1, max_value=60)
    smallest = forms.IntegerField(label="Effectif minimal", min_value=1, max_value=60)
    required_hours = forms.DecimalField(
        label="Heures à suivre pour l’attestation",
        min_value=0,
        max_value=200,
        max_digits=5,
        decimal_places=2,
        localize=True,
    )
    instalments = forms.IntegerField(
        label="Paiement en plusieurs fois", min_value=1, max_value=12, initial=1
    )
    ALIASES = {"required_minutes": "required_hours"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for code, label in LEGAL_FRAMEWORKS.choices():
            self.fields[f"price_{code}"] = EurosField(
                label=f"Prix, {label.lower()}", required=False, help_text="Vide\u00a0: gratuit."
            )

    @property
    def prices(self) -> dict[str, int]:
        return {
            code: self.cleaned_data[f"price_{code}"] or 0 for code, _ in LEGAL_FRAMEWORKS.choices()
        }


class _TemplateField(forms.ModelChoiceField):
    def label_from_instance(self, template: Template) -> str:
        return f"{template.offer.name}, version {template.number}"


class _MeansForm(_Form):
    """The room, the places, and who leads: what a run has whether it is planned or changed."""

    room = forms.ModelChoiceField(
        Room.objects.none(), label="Salle", required=False, empty_label="Aucune en particulier"
    )
    audience = forms.ChoiceField(label="Public", choices=Audience.choices)
    capacity = forms.IntegerField(label="Places", min_value=1, max_value=60)
    most = forms.IntegerField(
        label="Convocations au plus",
        min_value=1,
        max_value=60,
        help_text="Plus que de places\u00a0: tout le monde ne vient pas.",
    )
    speakers = forms.MultipleChoiceField(
        label="Animé par", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["room"].queryset = Room.objects.filter(organisation_id=by.organisation_id)
        self._people = {str(one.pk): one for one in practitioners(by.organisation_id)}
        fields["speakers"].choices = [(k, one.name) for k, one in self._people.items()]

    def clean_speakers(self) -> list:
        return [self._people[key] for key in self.cleaned_data["speakers"]]


class GroupForm(_MeansForm):
    template = _TemplateField(Template.objects.none(), label="Modèle", empty_label="Choisir…")
    site = forms.ModelChoiceField(Site.objects.none(), label="Lieu", empty_label="Choisir…")
    starts_on = FrenchDateField(label="Premier jour")
    field_order = ["template", "site", "room", "starts_on"]

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, by=by, **kwargs)
        offers = Offer.objects.visible_to(by).current()
        latest = {}
        for one in Template.objects.filter(offer__in=offers).order_by("number"):
            latest[one.offer_id] = one.pk
        known = Template.objects.filter(pk__in=latest.values()).select_related("offer")
        fields: dict[str, Any] = self.fields
        fields["template"].queryset = known
        fields["site"].queryset = _sites(by)


class GroupEditForm(_MeansForm):
    """Of a run that is planned: room and speakers are those of the sessions to come."""

    version = version_field()

    def __init__(self, *args, by, group: Group, **kwargs):
        super().__init__(*args, by=by, **kwargs)
        rooms = Room.objects.filter(site=group.site_id)
        cast(Any, self.fields["room"]).queryset = rooms


def _sites(by):
    return Site.objects.filter(organisation_id=by.organisation_id, ends_on__isnull=True)


class MoveForm(_Form):
    day = FrenchDateField(label="Nouveau jour")
    at = FrenchTimeField(label="À")
    with_following = forms.BooleanField(
        label="Décaler aussi les séances qui suivent", required=False
    )
    ALIASES = {"starts_at": "day", "room": "day", "speakers": "day"}

    @property
    def starts_at(self) -> datetime:
        told = self.cleaned_data
        return timezone.make_aware(datetime.combine(told["day"], told["at"]))


class CancelForm(_Form):
    reason = forms.CharField(label="Pourquoi", max_length=200)


class RoomForm(_Form):
    site = forms.ModelChoiceField(Site.objects.none(), label="Lieu", empty_label="Choisir…")
    name = forms.CharField(label="Salle", max_length=80)
    seats = forms.IntegerField(label="Places assises", min_value=1, max_value=200, initial=12)

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        cast(Any, self.fields["site"]).queryset = _sites(by)
