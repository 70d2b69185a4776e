"""What people type about a follow-up; each form cleans and calls nothing."""

from datetime import date, datetime, time
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from maillage.core.forms import Form, FrenchDateField, FrenchTimeField, version_field
from maillage.network.models import Site
from maillage.network.vocabularies import (
    EMPLOYMENTS,
    EXIT_REASONS,
    MARITAL_STATUSES,
    MODULES,
    RESOURCES,
)
from maillage.programme.episodes.actions.follow import practitioners
from maillage.programme.episodes.models import Appointment, Note
from maillage.programme.intake.models import ContactAttempt


class PersonField(forms.TypedChoiceField):
    """One of the people who may follow a file of the organisation."""

    def __init__(self, *, nobody: str = "Choisir…", **kwargs):
        self.nobody = nobody
        super().__init__(empty_value=None, **kwargs)

    def set_people(self, people) -> None:
        known = {str(person.pk): person for person in people}
        self.choices = [("", self.nobody), *((key, person.name) for key, person in known.items())]
        self.coerce = lambda key: known[str(key)]

    def prepare_value(self, value: Any) -> Any:
        return getattr(value, "pk", value)


class BranchForm(Form):
    """Fills the choices that depend on the organisation: its people and its places."""

    ALIASES: dict[str, str] = {}

    def __init__(self, *args, organisation_id: int, **kwargs):
        super().__init__(*args, **kwargs)
        people = [f for f in self.fields.values() if isinstance(f, PersonField)]
        if people:
            known = practitioners(organisation_id)
            for person in people:
                person.set_people(known)
        site = self.fields.get("site")
        if isinstance(site, forms.ModelChoiceField):
            site.queryset = Site.objects.filter(
                Q(ends_on__isnull=True) | Q(ends_on__gte=timezone.localdate()),
                organisation_id=organisation_id,
            )

    def refuse(self, field: str | None, message: str) -> None:
        """Puts what an action refused beside its field, or at the top of the form."""
        name = self.ALIASES.get(field or "", field)
        self.add_error(name if name in self.fields else None, message)


class VersionedForm(BranchForm):
    """Carries the version of the row as it was shown."""

    version = version_field()

    def take_version(self, version: int) -> None:
        """The next sending answers the row as it stands now."""
        typed = cast(QueryDict, self.data).copy()
        typed[self.add_prefix("version")] = str(version)
        self.data = typed


class SituationFields(forms.Form):
    marital_status = forms.ChoiceField(
        label="Situation conjugale", choices=MARITAL_STATUSES.choices()
    )
    employment = forms.ChoiceField(label="Situation professionnelle", choices=EMPLOYMENTS.choices())
    resources = forms.ChoiceField(label="Ressources", choices=RESOURCES.choices())


class AcceptForm(VersionedForm, SituationFields):
    entered_on = FrenchDateField(
        label="Entrée dans le suivi le",
        not_future=True,
        help_text="Le jour du premier rendez-vous d’accompagnement.",
    )
    site = forms.ModelChoiceField(Site.objects.none(), label="Lieu", empty_label="Choisir…")
    referent = PersonField(label="Référent·e", required=False, nobody="Personne pour l’instant")
    modules = forms.MultipleChoiceField(
        label="Modules suivis dès l’entrée",
        choices=MODULES.choices(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    field_order = ["version", "entered_on", "site", "referent", "modules"]


class AssignForm(VersionedForm):
    referent = PersonField(label="Référent·e", required=False, nobody="Personne pour l’instant")


class TakeForm(VersionedForm):
    """A practitioner takes a file that nobody follows: there is nothing to choose."""


class ModuleStartForm(BranchForm):
    code = forms.ChoiceField(label="Module", choices=MODULES.choices())
    starts_on = FrenchDateField(label="Commence le", not_future=True)
    practitioner = PersonField(
        label="Intervenant·e du module",
        required=False,
        nobody="Le ou la référent·e du dossier",
        help_text="Cette personne lira les notes cliniques du dossier.",
    )


class ModuleEndForm(BranchForm):
    ends_on = FrenchDateField(label="Terminé le", not_future=True)


class SituationForm(BranchForm, SituationFields):
    on = FrenchDateField(label="Depuis le", not_future=True)

    field_order = ["on"]


class NoteForm(BranchForm):
    kind = forms.ChoiceField(label="Qui la lira", widget=forms.RadioSelect)
    on = FrenchDateField(label="Date", not_future=True)
    text = forms.CharField(label="Texte", widget=forms.Textarea(attrs={"rows": 10}), strip=True)
    source = forms.ChoiceField(
        label="D’après qui",
        choices=Note.Source.choices,
        required=False,
        help_text="Sert à protéger autrui quand la personne demande la copie de son dossier.",
    )

    READERS = {
        Note.Kind.FACTUAL: "Note factuelle\u00a0: lue par toute l’antenne, accueil compris",
        Note.Kind.CLINICAL: "Note clinique\u00a0: lue par vous et les intervenant·es du dossier",
    }

    def __init__(self, *args, kinds, **kwargs):
        super().__init__(*args, **kwargs)
        kind = cast(forms.ChoiceField, self.fields["kind"])
        kind.choices = [(each, self.READERS[each]) for each in kinds]

    def clean_source(self) -> str:
        """Left aside, a note is what a professional found."""
        return self.cleaned_data["source"] or Note.Source.PROFESSIONAL


class ContactForm(BranchForm):
    channel = forms.ChoiceField(
        label="Moyen",
        choices=ContactAttempt.Channel.choices,
        widget=forms.RadioSelect(attrs={"class": "inline"}),
    )
    outcome = forms.ChoiceField(
        label="Résultat", choices=ContactAttempt.Outcome.choices, widget=forms.RadioSelect
    )
    on = FrenchDateField(label="Date", not_future=True)
    hour = FrenchTimeField(label="Heure", required=False, help_text="Vide\u00a0: à l’instant.")
    comment = forms.CharField(
        label="Précisions",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Lues par toute l’antenne.",
    )

    ALIASES = {"at": "on"}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        on, hour = given.pop("on", None), given.pop("hour", None)
        if on:
            given["at"] = self._moment(on, hour)
        return given

    @staticmethod
    def _moment(on: date, hour: time | None) -> datetime:
        """The present moment for a call of today without an hour, noon for one of another day."""
        if hour is None and on == timezone.localdate():
            return timezone.now()
        return timezone.make_aware(datetime.combine(on, time(12) if hour is None else hour))


class AppointmentForm(BranchForm):
    kind = forms.ChoiceField(label="Objet", choices=Appointment.Kind.choices)
    on = FrenchDateField(label="Date")
    hour = FrenchTimeField(label="Heure")
    minutes = forms.TypedChoiceField(
        label="Durée",
        coerce=int,
        initial=45,
        choices=[(n, f"{n} minutes") for n in (15, 30, 45, 60, 90, 120)],
    )
    practitioner = PersonField(label="Avec")
    site = forms.ModelChoiceField(
        Site.objects.none(), label="Lieu", required=False, empty_label="Sans lieu (téléphone)"
    )

    ALIASES = {"starts_at": "hour"}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        return _with_start(given)


def _with_start(given: dict[str, Any]) -> dict[str, Any]:
    on, hour = given.pop("on", None), given.pop("hour", None)
    if on and hour is not None:
        given["starts_at"] = timezone.make_aware(datetime.combine(on, hour))
    return given


class PostponeForm(BranchForm):
    on = FrenchDateField(label="Nouvelle date")
    hour = FrenchTimeField(label="Heure")
    practitioner = PersonField(label="Avec")
    asked_by_person = forms.TypedChoiceField(
        label="Qui demande le report",
        choices=[("person", "La personne"), ("us", "L’antenne")],
        coerce=lambda value: value == "person",
        widget=forms.RadioSelect(attrs={"class": "inline"}),
    )

    ALIASES = {"starts_at": "hour"}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        return _with_start(given)


class ExitForm(VersionedForm):
    on = FrenchDateField(label="Sortie le", not_future=True)
    reason = forms.ChoiceField(
        label="Motif", choices=EXIT_REASONS.choices(), widget=forms.RadioSelect
    )
    comment = forms.CharField(
        label="Précisions",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Lues par toute l’antenne.",
    )


class ExitCancelForm(BranchForm):
    comment = forms.CharField(
        label="Pourquoi la sortie est annulée",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Gardé comme note factuelle, lue par toute l’antenne.",
    )
