"""What a list is narrowed to, read from its address, told back as sentences."""

from datetime import date

from django import forms
from django.utils import timezone

from maillage.core.calendar import add_months, short_date
from maillage.core.forms import FrenchDateField
from maillage.network.fields import one_of
from maillage.network.filters import ListFilters
from maillage.network.vocabularies import LEGAL_FRAMEWORKS, REFERRER_CATEGORIES
from maillage.programme.intake.models import Referral, ReferralQuerySet

PENDING = "pending"
OLDER = {"2": 2, "4": 4, "6": 6}
SORTS = {
    "": ("-received_on", "-pk"),
    "received": ("received_on", "pk"),
    "state": ("status", "-received_on", "-pk"),
    "site": ("site__name", "-received_on", "-pk"),
}


class WaitingFilters(ListFilters):
    late = forms.BooleanField(label="Limite dépassée", required=False)

    def words(self, name, value):
        return "limite dépassée" if name == "late" else str(value)

    def narrow(self, referrals: ReferralQuerySet) -> ReferralQuerySet:
        asked = self.cleaned_data
        if asked.get("site"):
            referrals = referrals.filter(site=asked["site"])
        return referrals.filter(pk__in=referrals.late()) if asked.get("late") else referrals


class ReferralFilters(ListFilters):
    state = forms.ChoiceField(
        label="État",
        required=False,
        choices=[("", "Tous les états"), (PENDING, "À traiter"), *Referral.Status.choices],
    )
    framework = one_of(LEGAL_FRAMEWORKS, "Cadre juridique", empty="Tous les cadres", required=False)
    category = one_of(REFERRER_CATEGORIES, "Orienteur", empty="Tous les orienteurs", required=False)
    older = forms.ChoiceField(
        label="Ancienneté",
        required=False,
        choices=[("", "Toutes"), *((key, f"Plus de {n}\u00a0mois") for key, n in OLDER.items())],
    )
    since = FrenchDateField(label="Reçues depuis le", required=False)
    until = FrenchDateField(label="Reçues jusqu’au", required=False)
    urgent = forms.BooleanField(label="Urgentes seulement", required=False)
    late = forms.BooleanField(label="Limite dépassée", required=False)
    sort = forms.ChoiceField(
        label="Ordre",
        required=False,
        choices=[
            ("", "Les plus récentes d’abord"),
            ("received", "Les plus anciennes d’abord"),
            ("state", "Par état"),
            ("site", "Par lieu"),
        ],
    )

    def words(self, name, value):
        match name:
            case "sort":
                return ""
            case "state" if value == PENDING:
                return "à traiter"
            case "state":
                return str(Referral.Status(value).label).lower()
            case "framework":
                return LEGAL_FRAMEWORKS.label(value).lower()
            case "category":
                return f"orientées par\u00a0: {REFERRER_CATEGORIES.label(value)}"
            case "older":
                return f"reçues il y a plus de {OLDER[value]}\u00a0mois"
            case "since":
                return f"reçues depuis le {short_date(value)}"
            case "until":
                return f"reçues jusqu’au {short_date(value)}"
            case "urgent":
                return "urgentes"
            case "late":
                return "limite dépassée"
        return str(value)

    def narrow(self, referrals: ReferralQuerySet, today: date | None = None) -> ReferralQuerySet:
        asked = self.cleaned_data
        if asked.get("state") == PENDING:
            referrals = referrals.pending()
        elif asked.get("state"):
            referrals = referrals.filter(status=asked["state"])
        if asked.get("late"):
            referrals = referrals.late()
        if asked.get("older"):
            limit = add_months(today or timezone.localdate(), -OLDER[asked["older"]])
            referrals = referrals.filter(received_on__lt=limit)
        columns = {
            "site": "site",
            "framework": "legal_framework",
            "category": "referrer_category",
            "since": "received_on__gte",
            "until": "received_on__lte",
            "urgent": "is_urgent",
        }
        given = {column: asked[name] for name, column in columns.items() if asked.get(name)}
        return referrals.filter(**given).order_by(*SORTS[asked.get("sort") or ""])
