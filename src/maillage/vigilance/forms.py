"""How a trail is narrowed, and how an alert is answered."""

from django import forms

from maillage.core.forms import Form, FrenchDateField
from maillage.vigilance.journal import ACTS, LOOKS, Visitor
from maillage.vigilance.models import Alert


class TrailFilters(Form):
    """Read from the address, which holds no name: people are chosen by their number."""

    kind = forms.ChoiceField(
        label="Montrer",
        required=False,
        choices=[("", "Actes et lectures"), (ACTS, "Actes"), (LOOKS, "Lectures")],
    )
    who = forms.ChoiceField(label="Par", required=False)
    since = FrenchDateField(label="Depuis le", required=False)
    until = FrenchDateField(label="Jusqu’au", required=False)

    def __init__(self, *args, visitors: list[Visitor], **kwargs):
        super().__init__(*args, **kwargs)
        people = {each.key: each.who for each in visitors if each.key is not None}
        choices = [("", "Tout le monde"), *sorted(people.items(), key=lambda one: one[1])]
        self.fields["who"].choices = choices  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict:
        """What narrows, as far as it is understood."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class AlertFilters(Form):
    state = forms.ChoiceField(
        label="État",
        required=False,
        choices=[("", "À regarder"), ("all", "Toutes"), *Alert.State.choices[1:]],
    )
    rule = forms.ChoiceField(
        label="Motif", required=False, choices=[("", "Tous les motifs"), *Alert.Rule.choices]
    )

    def narrow(self, found):
        self.is_valid()
        state, rule = self.cleaned_data.get("state"), self.cleaned_data.get("rule")
        if state != "all":
            found = found.filter(state=state or Alert.State.TO_LOOK_AT)
        return found.filter(rule=rule) if rule else found


class AnswerForm(Form):
    state = forms.ChoiceField(
        label="Votre réponse",
        widget=forms.RadioSelect,
        choices=[
            (Alert.State.EXPLAINED, "Expliquée\u00a0: cette lecture avait une raison"),
            (Alert.State.PASSED_ON, "Transmise\u00a0: quelqu’un d’autre doit s’en saisir"),
        ],
    )
    reason = forms.CharField(
        label="Explication, ou à qui l’alerte est transmise",
        help_text="Sans nommer la personne suivie.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
    )
