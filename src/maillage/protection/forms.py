"""What people type about holds, requests and copies; each form cleans and calls nothing."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django import forms
from django.http import QueryDict

from maillage.core.forms import Form, FrenchDateField, version_field
from maillage.protection.extraction import Text
from maillage.protection.models import Passage, RightsRequest


class ActForm(Form):
    def refuse(self, field: str | None, message: str) -> None:
        """Puts what an action refused beside its field, or at the top of the form."""
        self.add_error(field if field in self.fields else None, message)


class VersionedForm(ActForm):
    """Carries the version of the request as it was shown."""

    version = version_field()

    def take_version(self, version: int) -> None:
        """The next sending answers the request as it stands now."""
        typed = cast(QueryDict, self.data).copy()
        typed[self.add_prefix("version")] = str(version)
        self.data = typed


class HoldForm(ActForm):
    reason = forms.CharField(
        label="Pourquoi ce dossier est conservé",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Une procédure en cours, une demande d’un juge, la défense d’un droit.",
    )
    ends_on = FrenchDateField(
        label="Jusqu’au", help_text="Passé ce jour, le dossier sera de nouveau proposé."
    )


class RequestForm(ActForm):
    kind = forms.ChoiceField(
        label="Ce que la personne demande",
        choices=RightsRequest.Kind.choices,
        widget=forms.RadioSelect,
    )
    received_on = FrenchDateField(
        label="Demande reçue le", not_future=True, help_text="La réponse est due dans le mois."
    )
    asked = forms.CharField(
        label="Dans ses mots",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Pour une rectification\u00a0: ce qui est inexact, et ce qui serait exact.",
    )


class ReviewForm(VersionedForm):
    """The reviewer has read; the button pressed says what they found."""


class GiveForm(VersionedForm):
    on = FrenchDateField(label="Remise le", not_future=True)
    to = forms.CharField(
        label="À qui",
        max_length=200,
        help_text="La personne elle-même, identité vérifiée, ou qui elle a mandaté par écrit.",
    )
    how = forms.ChoiceField(
        label="Comment", choices=RightsRequest.How.choices, widget=forms.RadioSelect
    )


class DecideForm(VersionedForm):
    granted = forms.TypedChoiceField(
        label="Décision",
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    on = FrenchDateField(label="Répondu le", not_future=True)
    answer = forms.CharField(
        label="Ce qui a été répondu, et pourquoi", widget=forms.Textarea(attrs={"rows": 5})
    )
    annotation = forms.CharField(
        label="Contestation à porter au dossier",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Un texte contesté ne s’efface pas\u00a0: la contestation est écrite à sa suite, "
        "en note factuelle, dans les mots de la personne.",
    )

    def __init__(self, *args, kind: str, **kwargs):
        super().__init__(*args, **kwargs)
        granted = cast(forms.ChoiceField, self.fields["granted"])
        granted.choices = [("yes", "Satisfaire la demande"), ("no", "Refuser la demande")]
        if kind == RightsRequest.Kind.ACCESS:
            granted.choices = [("no", "Refuser la copie")]
        if kind != RightsRequest.Kind.RECTIFICATION:
            del self.fields["annotation"]


class PrepareForm(VersionedForm):
    """One decision for each free text of the file."""

    def __init__(self, *args, texts: Iterable[Text], decided: dict[tuple, Passage], **kwargs):
        super().__init__(*args, **kwargs)
        self.texts = list(texts)
        for text in self.texts:
            self._ask(text, decided.get(text.place))

    def _ask(self, text: Text, before: Passage | None) -> None:
        proposed = (before.decision, before.reason) if before else text.proposal
        self.fields[f"decision-{text.key}"] = forms.ChoiceField(
            label="Décision",
            choices=Passage.Decision.choices,
            widget=forms.RadioSelect,
            initial=proposed[0],
        )
        self.fields[f"reason-{text.key}"] = forms.ChoiceField(
            label="Motif, si le texte n’est pas remis en entier",
            choices=[("", "Choisir…"), *Passage.Reason.choices],
            required=False,
            initial=proposed[1],
        )
        self.fields[f"given-{text.key}"] = forms.CharField(
            label="Partie remise",
            required=False,
            widget=forms.Textarea(attrs={"rows": 4}),
            initial=before.given if before else text.text,
            help_text="Pour une remise en partie\u00a0: retirez ce qui parle d’autrui.",
        )

    def groups(self) -> Iterator[tuple[Text, list[forms.BoundField]]]:
        for text in self.texts:
            yield text, [self[f"{name}-{text.key}"] for name in ("decision", "reason", "given")]

    @property
    def decided(self) -> dict[str, dict[str, Any]]:
        given = self.cleaned_data
        return {
            text.key: {
                name: given[f"{name}-{text.key}"] for name in ("decision", "reason", "given")
            }
            for text in self.texts
        }
