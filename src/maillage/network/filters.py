"""What a list is narrowed to, read from its address, told back as sentences."""

from collections.abc import Iterator

from django import forms
from django.http import QueryDict

from maillage.core.forms import Form
from maillage.network.fields import offer
from maillage.network.models import Site


class SlugSiteField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        super().__init__(
            queryset=Site.objects.none(), to_field_name="slug", required=False, **kwargs
        )


class ListFilters(Form):
    """Fields of which each narrows a list; what is not understood narrows nothing and is told."""

    site = SlugSiteField(label="Lieu", empty_label="Tous les lieux")

    data: QueryDict

    def __init__(self, data: QueryDict, *, by):
        super().__init__(data)
        offer(self, "site", by.organisation.sites.all())
        for field in self.fields.values():
            setattr(field, "hide_optional", True)  # noqa: B010 — read by the template alone
        self.is_valid()

    @property
    def asked(self) -> dict[str, str]:
        """What was asked and understood, as its address says it: codes and days, no name."""
        return {name: str(self.data[name]) for name, value in self.cleaned_data.items() if value}

    @property
    def sentences(self) -> Iterator[tuple[str, str]]:
        """Each condition in words, with the address of the same list without it."""
        for name, value in self.cleaned_data.items():
            if value and (words := self.words(name, value)):
                rest = self.data.copy()
                for key in (name, "page"):
                    rest.pop(key, None)
                yield words, f"?{rest.urlencode()}"

    def words(self, name: str, value) -> str:
        return str(value)
