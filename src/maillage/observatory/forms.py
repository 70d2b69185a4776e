"""Which report one asks for."""

from typing import cast

from django import forms

from maillage.core.forms import Form


class ReportForm(Form):
    organisation = forms.ChoiceField(label="Antenne")
    year = forms.TypedChoiceField(label="Année", coerce=int)
    grid = forms.ChoiceField(
        label="Classes",
        help_text="Les mêmes personnes, dans les classes que demande un financeur ou une antenne.",
    )

    def __init__(self, *args, organisations, years, grids, **kwargs):
        super().__init__(*args, **kwargs)
        offered = {
            "organisation": organisations,
            "year": [(year, str(year)) for year in years],
            "grid": grids,
        }
        for name, choices in offered.items():
            cast(forms.ChoiceField, self.fields[name]).choices = choices
