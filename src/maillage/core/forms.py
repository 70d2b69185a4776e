"""Forms as the design system draws them, and the fields that people type freely."""

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.utils import timezone

from maillage.core import calendar
from maillage.core.controls import DRAWN
from maillage.core.models import make_uid

PHONE_REGIONS = ("FR", "RE", "GP", "MQ", "GF", "YT", "PM")
FRENCH_PREFIXES = frozenset({33, 262, 508, 590, 594, 596})
FICTIONAL_MOBILES = range(639980000, 639990000)  # kept by the Arcep for stories and training


class Renderer(DjangoTemplates):
    """Draws forms with our templates, and controls with Django's own."""

    form_template_name = "core/form.html"
    field_template_name = "core/field.html"

    def render(self, template_name, context, request=None):
        draw = DRAWN.get(template_name)
        return draw(context) if draw else super().render(template_name, context, request)


class FrenchDateField(forms.Field):
    """A day typed as it comes: « 3/2/81 », « 3 février », « demain »."""

    widget = forms.TextInput

    def __init__(self, *, not_future: bool = False, **kwargs):
        self.not_future = not_future
        super().__init__(**kwargs)

    def widget_attrs(self, widget):
        return {"placeholder": "jj/mm/aaaa", "autocomplete": "off", "class": "w-date"}

    def to_python(self, value: Any) -> date | None:
        if value is None or isinstance(value, date):
            return value
        today = timezone.localdate()
        try:
            day = calendar.parse_french_date(value, today)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error
        if day and self.not_future and day > today:
            raise ValidationError(
                f"Le {calendar.long_date(day)} est à venir. Écrivez une date passée.",
                code="future",
            )
        return day

    def prepare_value(self, value: Any) -> Any:
        return calendar.short_date(value) if isinstance(value, date) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True

    def read_back(self, value: Any) -> str:
        """The day in full letters, nothing where none is understood."""
        try:
            day = self.to_python(value)
        except ValidationError:
            return ""
        return calendar.long_date(day) if day else ""


_HOUR = re.compile(r"(\d{1,2})\s*(?:h|:|heures?)?\s*(\d{2})?", re.ASCII | re.IGNORECASE)


class FrenchTimeField(forms.Field):
    """An hour typed as it comes: « 14h30 », « 14:30 », « 9 h », « midi »."""

    widget = forms.TextInput

    def widget_attrs(self, widget):
        return {"placeholder": "14\u00a0h\u00a030", "autocomplete": "off", "class": "w-time"}

    def to_python(self, value: Any) -> time | None:
        if value is None or isinstance(value, time):
            return value
        typed = " ".join(str(value).split()).lower()
        if not typed:
            return None
        if typed == "midi":
            return time(12)
        match = _HOUR.fullmatch(typed)
        if match is None:
            raise ValidationError(
                f"«\u202f{value.strip()}\u202f» n’est pas une heure comprise. "
                "Écrivez par exemple 14\u00a0h\u00a030 ou 9\u00a0h.",
                code="invalid",
            )
        hours, minutes = int(match[1]), int(match[2] or 0)
        if hours > 23 or minutes > 59:
            raise ValidationError(
                f"«\u202f{value.strip()}\u202f» n’existe pas. Les heures vont de 0 à 23, "
                "les minutes de 0 à 59.",
                code="invalid",
            )
        return time(hours, minutes)

    def prepare_value(self, value: Any) -> Any:
        return calendar.hour(value) if isinstance(value, time) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class PhoneField(forms.CharField):
    """A telephone number of the territory or of abroad, kept as +33639981234."""

    widget = forms.TextInput(attrs={"type": "tel"})

    def __init__(self, **kwargs):
        super().__init__(max_length=40, **kwargs)

    def widget_attrs(self, widget):
        return {"inputmode": "tel", "autocomplete": "off", "class": "w-phone"}

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value)
        if not typed:
            return ""
        for region in PHONE_REGIONS:
            try:
                found = phonenumbers.parse(typed, region)
            except phonenumbers.NumberParseException:
                continue
            if _is_dialled(found) and not found.extension:
                return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
        raise ValidationError(
            f"«\u202f{typed}\u202f» n’est pas un numéro complet. Écrivez dix chiffres, par exemple "
            "06\u00a039\u00a098\u00a012\u00a034, ou l’indicatif d’un autre pays\u00a0: +32…",
            code="invalid",
        )

    def prepare_value(self, value: Any) -> Any:
        return show_phone(value) if isinstance(value, str) and value.startswith("+") else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


def _is_dialled(number: phonenumbers.PhoneNumber) -> bool:
    fictional = number.country_code == 33 and number.national_number in FICTIONAL_MOBILES
    return fictional or phonenumbers.is_valid_number(number)


def show_phone(stored: str) -> str:
    """« 06 39 98 12 34 » for a French number, « +32 470 12 34 56 » for another."""
    try:
        found = phonenumbers.parse(stored, None)
    except phonenumbers.NumberParseException:
        return stored
    style = phonenumbers.PhoneNumberFormat
    ours = found.country_code in FRENCH_PREFIXES
    return phonenumbers.format_number(found, style.NATIONAL if ours else style.INTERNATIONAL)


class YesNoUnknownField(forms.TypedChoiceField):
    """Yes, no, or not known (`None`): a question left aside is not a no."""

    widget = forms.RadioSelect(attrs={"class": "inline"})
    CODES = {"yes": True, "no": False, "unknown": None}

    def __init__(self, *, unknown_label: str = "Non renseigné", **kwargs):
        choices = [("yes", "Oui"), ("no", "Non"), ("unknown", unknown_label)]
        super().__init__(choices=choices, coerce=self.CODES.__getitem__, empty_value=None, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        known = {True: "yes", False: "no", None: "" if self.required else "unknown"}
        return value if isinstance(value, str) else known[value]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.CODES.get(self.prepare_value(initial)) != self.CODES.get(data or "unknown")


def version_field() -> forms.IntegerField:
    """The version of the row as it was shown; the action compares it and raises `Stale`."""
    return forms.IntegerField(
        min_value=0,
        widget=forms.HiddenInput,
        error_messages={
            "required": "Cette page est incomplète. Rechargez-la, puis recommencez.",
            "invalid": "Cette page est incomplète. Rechargez-la, puis recommencez.",
        },
    )


_CHOOSING = (forms.ChoiceField, forms.ModelChoiceField, forms.MultipleChoiceField)


def _what_to_do(field: forms.Field, name: str) -> str:
    label = str(field.label or name.replace("_", " ")).strip().rstrip("?\u202f :")
    if isinstance(field, forms.BooleanField):
        return f"Cochez «\u202f{label}\u202f» pour continuer."
    verb = "Choisissez une réponse" if isinstance(field, _CHOOSING) else "Remplissez ce champ"
    return f"{verb}\u00a0: «\u202f{label}\u202f»."


class Plain(forms.BaseForm):
    """What our forms share: no browser bubbles, messages that say what to do, drafts taken up.

    `draft` is what `drafts.load` gave; it is shown as typed and not validated yet.
    """

    use_required_attribute = False
    draft_taken_up = False

    def __init__(self, *args, draft: Mapping[str, list[str]] | None = None, **kwargs):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = _what_to_do(field, name)
        if draft and not self.is_bound:
            self.draft_taken_up = True
            self.initial.update(self._typed(draft))

    def _typed(self, draft: Mapping[str, list[str]]) -> dict[str, Any]:
        typed: dict[str, Any] = {}
        for name, field in self.fields.items():
            values = draft.get(self.add_prefix(name), [])
            if isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
                typed[name] = values
            elif isinstance(field, forms.BooleanField):
                typed[name] = bool(values)
            elif values:
                typed[name] = values[-1]
        return typed


class Form(Plain, forms.Form):
    pass


class ModelForm(Plain, forms.ModelForm):
    pass


class OnceForm(Form):
    """A form that carries the mark by which a second click on it is known."""

    once = forms.CharField(max_length=12, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["once"] = make_uid()
