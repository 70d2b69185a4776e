"""What each decision about a referral asks before it is taken."""

from functools import partial

from django import forms
from django.utils import timezone

from maillage.core.forms import Form, FrenchDateField, YesNoUnknownField
from maillage.network.fields import (
    SiteField,
    long_text,
    offer,
    one_of,
    open_sites,
    terms,
)
from maillage.network.models import Organisation, branches
from maillage.network.vocabularies import MOTIVATIONS, RETURN_REASONS
from maillage.programme.intake.models import Assessment


class DecisionForm(Form):
    """A form that knows who decides and about what."""

    def __init__(self, *args, by, referral, **kwargs):
        self.by, self.of = by, referral
        super().__init__(*args, **kwargs)


class DayForm(DecisionForm):
    on = FrenchDateField(label="Le", not_future=True, initial=timezone.localdate)


class WaitForm(DayForm):
    site = SiteField(label="Lieu où la personne attend une place", empty_label="Choisir…")
    on = FrenchDateField(label="Inscrite le", not_future=True, initial=timezone.localdate)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "site", open_sites(self.by))
        self.initial.setdefault("site", self.of.site_id)


class EndForm(DayForm):
    reason = one_of(RETURN_REASONS, "Motif")
    comment = long_text("Précisions", help_text="Gardées dans le dossier, chiffrées.")


class RedirectForm(DayForm):
    to = forms.ModelChoiceField(
        label="Antenne qui reçoit", queryset=Organisation.objects.none(), empty_label="Choisir…"
    )
    comment = long_text(
        "Message à l’antenne qui reçoit",
        help_text="Il part avec l’orientation. Jamais l’adresse ni le téléphone de la victime.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "to", branches().exclude(pk=self.by.organisation_id).order_by("name"))


class ReopenForm(DecisionForm):
    comment = long_text("Pourquoi rouvrir", rows=2)


class AssessmentForm(DecisionForm):
    """The grid that the branches share (R61–R67), in the order of an interview."""

    held_on = FrenchDateField(label="Entretien du", not_future=True, initial=timezone.localdate)
    request = long_text("Demande de la personne")
    position = forms.ChoiceField(
        label="Position face aux violences",
        choices=Assessment.Position.choices,
        widget=forms.RadioSelect,
    )
    motivation = forms.ChoiceField(
        label="Motivation",
        choices=partial(terms, MOTIVATIONS),
        widget=forms.RadioSelect,
        help_text="Le seul motif judiciaire ne suffit pas.",
    )
    obstacles = long_text(
        "Freins",
        help_text="Fragilités, addictions, antécédents, traumatismes.",
    )
    care_partners = long_text(
        "Suivis en cours ailleurs", rows=2, help_text="CMP, CSAPA, médecin, SPIP…"
    )
    measure_understood = YesNoUnknownField(
        label="La mesure a été expliquée et comprise",
        required=False,
        help_text="Ce que la décision impose et interdit, et ce que risque qui ne la suit pas.",
    )
    contract_signed_on = FrenchDateField(
        label="Contrat de participation signé le",
        required=False,
        not_future=True,
        help_text="Vide s’il n’est pas signé.",
    )
    summary = long_text("Synthèse", rows=6)
    conclusion = forms.ChoiceField(
        label="Conclusion", choices=Assessment.Conclusion.choices, widget=forms.RadioSelect
    )
