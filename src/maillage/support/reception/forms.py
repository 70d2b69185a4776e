"""What is typed about somebody who is helped; each form cleans and calls nothing."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from maillage.core.calendar import add_months, short_date
from maillage.core.forms import (
    Form,
    FrenchDateField,
    OnceForm,
    PhoneField,
    YesNoUnknownField,
    version_field,
)
from maillage.network.fields import SiteField, long_text, offer, one_of, open_sites, several_of
from maillage.network.filters import ListFilters
from maillage.support.reception.actions import IDENTITY, PLAN, coordinators
from maillage.support.reception.models import BeneficiaryQuerySet, Contact, HouseholdMember
from maillage.support.reception.vocabularies import CLOSING_REASONS, NEEDS, ORIGINS

NAME = forms.TextInput(attrs={"class": "w-name", "autocomplete": "off", "spellcheck": "false"})


class CoordinatorField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        super().__init__(queryset=None, required=False, empty_label="Personne encore", **kwargs)


class IdentityForm(Form):
    """A person as known so far: nothing is asked for, an alias is enough."""

    last_name = forms.CharField(label="Nom", required=False, max_length=80, widget=NAME)
    first_name = forms.CharField(label="Prénom", required=False, max_length=80, widget=NAME)
    alias = forms.CharField(
        label="Nom d’usage choisi ici",
        required=False,
        max_length=80,
        widget=NAME,
        help_text="Si la personne ne veut pas donner son identité\u00a0: elle n’y est pas tenue.",
    )
    birth_date = FrenchDateField(label="Date de naissance", required=False, not_future=True)
    language = forms.CharField(label="Langue", required=False, max_length=80)
    needs_interpreter = forms.BooleanField(label="Un·e interprète est nécessaire", required=False)
    address = forms.CharField(
        label="Adresse",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text="Seulement si vous en avez besoin.",
    )
    is_address_protected = forms.BooleanField(
        label="Adresse protégée\u00a0: elle n’est écrite sur aucun document",
        required=False,
        initial=True,
    )
    site = SiteField(label="Lieu d’accueil", required=False, empty_label="Pas encore choisi")
    coordinator = CoordinatorField(label="Coordination du parcours")
    origin = one_of(ORIGINS, "Comment la personne est venue", initial="non_precise")
    origin_detail = forms.CharField(label="Qui l’a adressée ici", required=False, max_length=200)

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "site", open_sites(by))
        offer(self, "coordinator", coordinators(by.organisation_id))

    @property
    def identity(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in IDENTITY if name in self.cleaned_data}


class IdentityEditForm(IdentityForm):
    version = version_field()


class PlanForm(Form):
    """How the person may be reached; what is not ticked is not done."""

    may_call = forms.BooleanField(label="On peut appeler", required=False)
    may_leave_message = forms.BooleanField(label="On peut laisser un message vocal", required=False)
    may_text = forms.BooleanField(label="On peut envoyer un SMS", required=False)
    may_email = forms.BooleanField(label="On peut envoyer un courriel", required=False)
    may_write = forms.BooleanField(label="On peut envoyer un courrier", required=False)
    phone = PhoneField(label="Numéro sûr", required=False)
    email = forms.EmailField(
        label="Courriel sûr",
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "Écrivez une adresse complète, par exemple nom@exemple.fr."},
    )
    hours = forms.CharField(
        label="Heures sûres",
        required=False,
        max_length=200,
        help_text="Par exemple\u00a0: en semaine de 9\u00a0h à 11\u00a0h.",
    )
    may_answer = forms.CharField(
        label="Qui peut répondre à sa place",
        required=False,
        max_length=200,
        help_text="Vide\u00a0: personne d’autre. On ne dit rien à qui n’est pas nommé ici.",
    )
    code_word = forms.CharField(
        label="Mot convenu",
        required=False,
        max_length=80,
        help_text="Pour se reconnaître, ou pour dire qu’il y a danger.",
    )
    never = long_text("À ne jamais faire", rows=3)
    reviewed_on = FrenchDateField(
        label="Revu avec la personne le", not_future=True, initial=timezone.localdate
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if (typed.get("may_call") or typed.get("may_text")) and not typed.get("phone"):
            self._miss("phone", "Écrivez le numéro sûr, ou décochez l’appel et le SMS.")
        if typed.get("may_email") and not typed.get("email"):
            self._miss("email", "Écrivez le courriel sûr, ou décochez le courriel.")
        if typed.get("may_leave_message") and not typed.get("may_call"):
            self._miss("may_leave_message", "Un message suppose que l’appel est permis.")
        return typed

    def _miss(self, name: str, message: str) -> None:
        if name not in self.errors:
            self.add_error(name, message)

    @property
    def plan(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in PLAN if name in self.cleaned_data}


class PlanEditForm(PlanForm):
    version = version_field()


class RegistrationForm(IdentityForm, PlanForm, OnceForm):
    """The first time somebody comes or calls."""

    first_contact_on = FrenchDateField(
        label="Premier contact le", not_future=True, initial=timezone.localdate
    )
    needs = several_of(NEEDS, "Ce dont la personne a besoin")

    field_order = [*IdentityForm.base_fields]


class NeedsForm(Form):
    needs = several_of(NEEDS, "Ce dont la personne a besoin aujourd’hui")


class MemberForm(Form):
    kind = forms.ChoiceField(
        label="Qui",
        choices=HouseholdMember.Kind.choices,
        initial="child",
        widget=forms.RadioSelect(attrs={"class": "inline"}),
    )
    first_name = forms.CharField(label="Prénom", required=False, max_length=80, widget=NAME)
    birth_year = forms.IntegerField(
        label="Année de naissance",
        required=False,
        min_value=1900,
        max_value=2199,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-date"}),
    )
    lives_with = YesNoUnknownField(label="Vit avec la personne", required=False)


class ContactForm(Form):
    on = FrenchDateField(label="Le", not_future=True, initial=timezone.localdate)
    channel = forms.ChoiceField(
        label="Comment", choices=Contact.Channel.typed, widget=forms.RadioSelect
    )
    was_reached = forms.BooleanField(label="La personne a été jointe", required=False, initial=True)
    note = long_text("Ce qui s’est dit", rows=6)


class CloseForm(Form):
    version = version_field()
    on = FrenchDateField(label="Clos le", not_future=True, initial=timezone.localdate)
    reason = one_of(CLOSING_REASONS, "Motif")
    comment = long_text("Précisions", rows=3)


OPEN, CLOSED, ALL = "", "closed", "all"
SORTS = {
    "": ("-last_contact_on", "-pk"),
    "silent": ("last_contact_on", "pk"),
    "arrival": ("-first_contact_on", "-pk"),
}


class BeneficiaryFilters(ListFilters):
    """The list shows the open files unless `state` says otherwise."""

    state = forms.ChoiceField(
        label="État",
        required=False,
        choices=[(OPEN, "En cours"), (CLOSED, "Clos"), (ALL, "En cours et clos")],
    )
    coordinator = forms.ChoiceField(
        label="Coordination",
        required=False,
        choices=[("", "Tout le monde"), ("me", "Mes dossiers"), ("none", "Sans coordination")],
    )
    silent = forms.BooleanField(label="Sans nouvelles", required=False)
    sort = forms.ChoiceField(
        label="Ordre",
        required=False,
        choices=[
            ("", "Contacts les plus récents d’abord"),
            ("silent", "Contacts les plus anciens d’abord"),
            ("arrival", "Arrivées les plus récentes d’abord"),
        ],
    )

    def __init__(self, data, *, by):
        self.by = by
        super().__init__(data, by=by)

    def words(self, name: str, value: Any) -> str:
        known = {
            "sort": lambda: "",
            "state": lambda: {CLOSED: "clos", ALL: "en cours et clos"}[value],
            "coordinator": lambda: {"me": "mes dossiers", "none": "sans coordination"}[value],
            "silent": lambda: f"sans nouvelles depuis le {short_date(self.limit)}",
        }
        return known[name]() if name in known else str(value)

    @property
    def limit(self) -> date:
        return add_months(timezone.localdate(), -settings.SILENT_MONTHS)

    def narrow(self, found: BeneficiaryQuerySet) -> BeneficiaryQuerySet:
        asked = self.cleaned_data
        if asked.get("silent"):
            found = found.silent()
        elif asked.get("state") == CLOSED:
            found = found.filter(closed_on__isnull=False)
        elif asked.get("state") != ALL:
            found = found.open()
        if asked.get("site"):
            found = found.filter(site=asked["site"])
        if whose := asked.get("coordinator"):
            found = found.filter(coordinator=self.by.user if whose == "me" else None)
        return found.order_by(*SORTS[asked.get("sort") or ""])
