"""What is typed of money; each form cleans and calls nothing."""

from django import forms
from django.utils import timezone

from maillage.core.forms import Form, FrenchDateField
from maillage.programme.fees.models import Entry
from maillage.programme.groups.forms.planning import EurosField


class _Form(Form):
    def refuse(self, field: str | None, message: str) -> None:
        self.add_error(field if field in self.fields else None, message)


class PaymentForm(_Form):
    cents = EurosField(label="Montant reçu")
    method = forms.ChoiceField(label="Moyen", choices=Entry.Method.choices)
    on = FrenchDateField(label="Le", not_future=True, initial=timezone.localdate)


class WaiverForm(_Form):
    cents = EurosField(label="Montant remis")
    reason = forms.CharField(
        label="Pourquoi", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    on = FrenchDateField(label="Le", not_future=True, initial=timezone.localdate)


class RefundForm(PaymentForm):
    cents = EurosField(label="Montant rendu")
    reason = forms.CharField(
        label="Pourquoi", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class CancelForm(_Form):
    reason = forms.CharField(
        label="Pourquoi", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class PeriodForm(_Form):
    start = FrenchDateField(label="Du")
    end = FrenchDateField(label="Au")

    def clean(self):
        given = super().clean() or {}
        if given.get("start") and given.get("end") and given["end"] < given["start"]:
            self.add_error("end", "La fin est avant le début.")
        return given
