"""Choices that forms of both sides offer: terms of a code list, places of one's organisation."""

from functools import partial

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from maillage.core.vocabulary import Vocabulary
from maillage.network.models import Site


def terms(vocabulary: Vocabulary, empty: str | None = None) -> list[tuple[str, str]]:
    """The terms in use today, after an empty choice where one is named."""
    chosen = vocabulary.choices(timezone.localdate())
    return chosen if empty is None else [("", empty), *chosen]


def one_of(vocabulary: Vocabulary, label: str, **kwargs) -> forms.ChoiceField:
    empty = kwargs.pop("empty", "Choisir…")
    return forms.ChoiceField(label=label, choices=partial(terms, vocabulary, empty), **kwargs)


def known_or_not(vocabulary: Vocabulary, label: str) -> forms.ChoiceField:
    """A question whose last answer, « Non précisé », is given unless one chooses another."""
    return forms.ChoiceField(label=label, choices=partial(terms, vocabulary), initial="non_precise")


def several_of(vocabulary: Vocabulary, label: str) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=partial(terms, vocabulary),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


def long_text(label: str, rows: int = 4, **kwargs) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": rows}),
        **kwargs,
    )


def open_sites(by) -> QuerySet[Site]:
    """The sites of the organisation that are open today."""
    today = timezone.localdate()
    return by.organisation.sites.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))


class SiteField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        super().__init__(queryset=Site.objects.none(), **kwargs)


def offer(form: forms.Form, name: str, rows: QuerySet) -> None:
    """Lets one of these rows be chosen in a field of the form."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
