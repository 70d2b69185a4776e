"""What the list of follow-ups is narrowed to, read from its address, told back as sentences."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.http import QueryDict

from maillage.core.calendar import short_date
from maillage.core.forms import FrenchDateField
from maillage.network.filters import ListFilters
from maillage.network.vocabularies import EXIT_REASONS, LEGAL_FRAMEWORKS, MODULES
from maillage.programme.episodes.actions.follow import practitioners
from maillage.programme.episodes.models import Episode, EpisodeModule, EpisodeQuerySet

OPEN, EXITED, ALL = "open", "exited", "all"
MINE, NOBODY = "me", "none"
SORTS = {
    "": ("-entered_on", "-pk"),
    "entered": ("entered_on", "pk"),
    "contact": ("last_contact_on", "pk"),
    "exited": ("-exited_on", "-pk"),
    "site": ("site__name", "-entered_on", "-pk"),
    "referent": ("referent__name", "-entered_on", "-pk"),
}


def _referents(by) -> list[Any]:
    """Those who follow files today, then those who left and still are the referent of some."""
    here = practitioners(by.organisation_id)
    followed = Episode.objects.visible_to(by).filter(referent=OuterRef("pk"))
    gone = get_user_model().objects.filter(Exists(followed)).exclude(pk__in=[p.pk for p in here])
    return [*here, *gone.only("name").order_by("name", "pk")]


class FileFilters(ListFilters):
    """The list shows the open follow-ups unless `state` says otherwise."""

    state = forms.ChoiceField(
        label="État",
        required=False,
        choices=[("", "En cours"), (EXITED, "Terminés"), (ALL, "En cours et terminés")],
    )
    referent = forms.ChoiceField(label="Référent·e", required=False)
    module = forms.ChoiceField(
        label="Module",
        required=False,
        choices=[("", "Tous les modules"), *MODULES.choices()],
    )
    framework = forms.ChoiceField(
        label="Cadre juridique",
        required=False,
        choices=[("", "Tous les cadres"), *LEGAL_FRAMEWORKS.choices()],
    )
    silent = forms.BooleanField(label="Sans contact récent seulement", required=False)
    entered_since = FrenchDateField(label="Entrés depuis le", required=False)
    entered_until = FrenchDateField(label="Entrés jusqu’au", required=False)
    exited_since = FrenchDateField(label="Sortis depuis le", required=False)
    exited_until = FrenchDateField(label="Sortis jusqu’au", required=False)
    reason = forms.ChoiceField(
        label="Motif de sortie",
        required=False,
        choices=[("", "Tous les motifs"), *EXIT_REASONS.choices()],
    )
    sort = forms.ChoiceField(
        label="Ordre",
        required=False,
        choices=[
            ("", "Entrées les plus récentes d’abord"),
            ("entered", "Entrées les plus anciennes d’abord"),
            ("contact", "Contacts les plus anciens d’abord"),
            ("exited", "Sorties les plus récentes d’abord"),
            ("site", "Par lieu"),
            ("referent", "Par référent·e"),
        ],
    )

    COLUMNS = {
        "site": "site",
        "framework": "referral__legal_framework",
        "reason": "exit_reason",
        "entered_since": "entered_on__gte",
        "entered_until": "entered_on__lte",
        "exited_since": "exited_on__gte",
        "exited_until": "exited_on__lte",
    }
    FOLDED = (
        "module",
        "framework",
        "entered_since",
        "entered_until",
        "exited_since",
        "exited_until",
        "reason",
        "sort",
    )
    WORDS = {
        "entered_since": "entrés depuis le",
        "entered_until": "entrés jusqu’au",
        "exited_since": "sortis depuis le",
        "exited_until": "sortis jusqu’au",
    }

    def __init__(self, data: QueryDict, *, by):
        self.by = by
        self.people = {str(person.pk): person for person in _referents(by)}
        super().__init__(data, by=by)

    def full_clean(self) -> None:
        referent = cast(forms.ChoiceField, self.fields["referent"])
        referent.choices = [
            ("", "Tout le monde"),
            (MINE, "Mes dossiers"),
            (NOBODY, "Sans référent·e"),
            *((key, person.name) for key, person in self.people.items()),
        ]
        super().full_clean()

    @property
    def more(self) -> list[forms.BoundField]:
        """The fields that the page keeps folded until one of them is used."""
        return [self[name] for name in self.FOLDED]

    @property
    def has_more(self) -> bool:
        return any(self.data.get(name) for name in self.FOLDED)

    def words(self, name: str, value: Any) -> str:
        match name:
            case "sort":
                return ""
            case "state":
                return {EXITED: "terminés", ALL: "en cours et terminés"}[value]
            case "referent" if value in (MINE, NOBODY):
                return {MINE: "mes dossiers", NOBODY: "sans référent·e"}[value]
            case "referent":
                return f"référent·e\u00a0: {self.people[value].name}"
            case "module":
                return f"avec le module «\u202f{MODULES.label(value)}\u202f»"
            case "framework":
                return LEGAL_FRAMEWORKS.label(value).lower()
            case "reason":
                return f"motif\u00a0: {EXIT_REASONS.label(value).lower()}"
            case "silent":
                return f"sans contact depuis {settings.SILENT_MONTHS}\u00a0mois"
            case _ if name in self.WORDS:
                return f"{self.WORDS[name]} {short_date(value)}"
        return str(value)

    def narrow(self, episodes: EpisodeQuerySet) -> EpisodeQuerySet:
        asked = self.cleaned_data
        state = asked.get("state") or self._state_implied()
        if state == OPEN:
            episodes = episodes.open()
        elif state == EXITED:
            episodes = episodes.filter(exited_on__isnull=False)
        if asked.get("silent"):
            episodes = episodes.silent()
        if asked.get("module"):
            followed = EpisodeModule.objects.filter(code=asked["module"])
            episodes = episodes.filter(pk__in=followed.values("episode"))
        if referent := asked.get("referent"):
            known = {MINE: self.by.user.pk, NOBODY: None}
            episodes = episodes.filter(referent=known.get(referent, referent))
        given = {c: asked[name] for name, c in self.COLUMNS.items() if asked.get(name)}
        return episodes.filter(**given).order_by(*SORTS[asked.get("sort") or ""])

    def _state_implied(self) -> str:
        """Asking about exits asks for those that are out; about entries alone, for all of them."""
        asked = self.cleaned_data
        if any(asked.get(name) for name in ("exited_since", "exited_until", "reason")):
            return EXITED
        return ALL if asked.get("entered_since") or asked.get("entered_until") else OPEN
