"""Who is sent and by whom: one short page, of which most can come later."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone

from maillage.core.forms import (
    Form,
    FrenchDateField,
    OnceForm,
    PhoneField,
    YesNoUnknownField,
    version_field,
)
from maillage.network.fields import (
    SiteField,
    known_or_not,
    long_text,
    offer,
    one_of,
    open_sites,
    several_of,
)
from maillage.network.vocabularies import (
    EMPLOYMENTS,
    LEGAL_FRAMEWORKS,
    MARITAL_STATUSES,
    MODULES,
    MOTIVATIONS,
    OBLIGATIONS,
    REFERRER_CATEGORIES,
    RESOURCES,
    SEXES,
)
from maillage.programme.intake.actions import IDENTITY, REFERRAL
from maillage.programme.intake.forms.fields import ReferrerField

NAME = forms.TextInput(attrs={"class": "w-name", "autocomplete": "off", "spellcheck": "false"})


class IdentityForm(Form):
    """A person as known so far: only the sex, which reports count, must be told."""

    last_name = forms.CharField(label="Nom", required=False, max_length=80, widget=NAME)
    first_name = forms.CharField(label="Prénom", required=False, max_length=80, widget=NAME)
    sex = forms.ChoiceField(
        label="Sexe",
        choices=SEXES.choices(),
        widget=forms.RadioSelect(attrs={"class": "inline"}),
        error_messages={
            "required": "Indiquez le sexe, «\u202fautre ou non précisé\u202f» compris."
        },
    )
    birth_date = FrenchDateField(
        label="Date de naissance",
        required=False,
        not_future=True,
        help_text="Comme elle vient\u00a0: 3/2/81, 3 février 1981. Vide si elle est inconnue.",
    )
    phone = PhoneField(label="Téléphone", required=False)
    phone_is_shared = forms.BooleanField(
        label="Numéro partagé avec quelqu’un d’autre", required=False
    )
    town = forms.CharField(label="Commune", required=False, max_length=80)
    email = forms.EmailField(
        label="Courriel",
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "Écrivez une adresse complète, par exemple nom@exemple.fr."},
    )
    language = forms.CharField(
        label="Langue, interprète",
        required=False,
        max_length=120,
        help_text="Si le français ne suffit pas.",
    )

    @property
    def identity(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in IDENTITY if name in self.cleaned_data}


class IdentityEditForm(IdentityForm):
    version = version_field()


class ReferralForm(Form):
    """What was sent; the frame, the referrer and one's own motivation are three things (R58)."""

    received_on = FrenchDateField(label="Reçue le", not_future=True, initial=timezone.localdate)
    referrer_category = one_of(REFERRER_CATEGORIES, "Orienteur")
    referrer = ReferrerField(label="Structure qui oriente")
    referrer_contact = forms.CharField(
        label="Interlocuteur",
        required=False,
        max_length=120,
        help_text="Qui rappeler\u00a0: un nom, un service, un numéro.",
    )
    legal_framework = one_of(LEGAL_FRAMEWORKS, "Cadre juridique")
    care_obligation = YesNoUnknownField(label="Obligation de soins", required=False)
    obligations = several_of(OBLIGATIONS, "Autres obligations et interdictions")
    modules = several_of(MODULES, "Ce qui est demandé")
    site = SiteField(label="Lieu souhaité", required=False, empty_label="Pas encore choisi")
    due_on = FrenchDateField(
        label="À faire avant le",
        required=False,
        help_text="L’échéance fixée par la justice\u202f; sinon, six mois.",
    )
    is_urgent = forms.BooleanField(label="Urgence, ou renvoi par la justice", required=False)
    motivation = known_or_not(MOTIVATIONS, "Motivation propre")
    marital_status = known_or_not(MARITAL_STATUSES, "Situation conjugale")
    employment = known_or_not(EMPLOYMENTS, "Situation professionnelle")
    resources = known_or_not(RESOURCES, "Ressources")
    comment = long_text(
        "Précisions",
        help_text="Jamais l’adresse, le téléphone, l’école ou l’employeur de la victime.",
    )

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "site", open_sites(by))
        self.list_referrers(by)
        self.fields["referrer_category"].widget.attrs.update(
            {
                "hx-get": reverse_lazy("referrers"),
                "hx-target": "#id_referrer",
                "hx-swap": "outerHTML",
            }
        )

    def list_referrers(self, by, category: str = "") -> None:
        field = self.fields["referrer"]
        assert isinstance(field, ReferrerField)
        field.list_for(by, category)

    @property
    def referral(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in REFERRAL if name in self.cleaned_data}


class ReferralEditForm(ReferralForm):
    version = version_field()


class ReturnForm(ReferralForm, OnceForm):
    """One more referral of somebody who has a file."""


class RegistrationForm(IdentityForm, ReferralForm, OnceForm):
    """The first referral of somebody."""

    field_order = list(IdentityForm.base_fields)  # as on the page, so that errors are told in order
