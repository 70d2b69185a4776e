"""Choices that several forms of this room offer."""

from collections.abc import Iterable
from functools import partial

from django import forms
from django.db.models import Q, QuerySet

from maillage.network.models import Organisation, branches
from maillage.network.vocabularies import REFERRER_CATEGORIES

BRANCH = "antenne"


class ReferrerField(forms.ModelChoiceField):
    """The organisation that refers, listed under its category; a branch under its own."""

    def __init__(self, **kwargs):
        super().__init__(
            queryset=Organisation.objects.none(),
            required=False,
            empty_label="Non précisée",
            **kwargs,
        )

    def list_for(self, by, category: str = "") -> None:
        """Lists all referrers, or those of one category."""
        others = branches().exclude(pk=by.organisation_id)
        self.queryset = Organisation.objects.filter(
            ~Q(referrer_category="") | Q(pk__in=others.values("pk"))
        ).order_by("name")
        self.choices = partial(self._listed, others, category)

    def _listed(self, others: QuerySet[Organisation], category: str) -> list[tuple]:
        """Read only where the field is drawn: what was sent is sought by its key."""
        named: dict[str, list[tuple[int, str]]] = {}
        referrers = Organisation.objects.exclude(referrer_category="").order_by("name")
        for code, pk, name in referrers.values_list("referrer_category", "pk", "name"):
            named.setdefault(code, []).append((pk, name))
        named[BRANCH] = list(others.order_by("name").values_list("pk", "name"))
        chosen = named.get(category, []) if category else _groups(named)
        return [("", self.empty_label), *chosen]


def _groups(named: dict[str, list[tuple[int, str]]]) -> Iterable[tuple[str, list]]:
    return [
        (REFERRER_CATEGORIES.label(code), named[code])
        for code in REFERRER_CATEGORIES.codes
        if named.get(code)
    ]
