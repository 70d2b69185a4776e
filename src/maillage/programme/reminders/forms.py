"""How a person wants to be reminded, as it is typed."""

from django import forms

from maillage.core.forms import Form


class ChoiceForm(Form):
    is_on = forms.BooleanField(label="Rappeler les rendez-vous à cette personne", required=False)
    by_sms = forms.BooleanField(label="Par SMS", required=False)
    by_email = forms.BooleanField(label="Par courriel", required=False)
    mailbox_is_shared = forms.BooleanField(
        label="Un tiers lit ce courriel",
        required=False,
        help_text="Rien n’est alors envoyé par courriel.",
    )

    def clean(self):
        given = super().clean() or {}
        if given.get("is_on") and not (given.get("by_sms") or given.get("by_email")):
            self.add_error("by_sms", "Choisissez au moins un moyen, ou désactivez les rappels.")
        return given
