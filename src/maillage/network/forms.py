"""What one asks of the directory."""

from django import forms

from maillage.core.forms import Form
from maillage.network.models import Mandate
from maillage.network.vocabularies import REFERRER_CATEGORIES


class DirectoryFilter(Form):
    """Kept in the address of the page, so that a list can be shared; it never names a person."""

    q = forms.CharField(label="Nom, commune ou territoire", required=False, max_length=80)
    mandat = forms.ChoiceField(
        label="Mandat",
        required=False,
        choices=[("", "tous"), *Mandate.Kind.choices],
    )
    orienteur = forms.ChoiceField(
        label="Catégorie d’orienteur",
        required=False,
        choices=[("", "toutes catégories"), *REFERRER_CATEGORIES.choices()],
    )

    def wanted(self) -> dict[str, str]:
        """What was asked and understood; an unknown choice asks nothing."""
        understood = self.cleaned_data if self.is_valid() or self.is_bound else {}
        return {name: understood.get(name, "") for name in self.fields}
