"""Our controls are Django's: whatever is drawn is compared with what its templates draw."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html
from django.utils.safestring import mark_safe
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.core.controls import DRAWN
from maillage.core.forms import Renderer

TRICKY = st.text(alphabet="aé1 <>&\"'\u202f/=", max_size=8)
CHOICES = st.lists(
    st.one_of(
        st.tuples(TRICKY, TRICKY),
        st.tuples(TRICKY.filter(bool), st.lists(st.tuples(TRICKY, TRICKY), max_size=3)),
    ),
    max_size=4,
)
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "id": TRICKY,
        "class": TRICKY,
        "data-x": TRICKY,
        "rows": st.integers(1, 9),
        "required": st.booleans(),
    },
)
INPUTS = [
    forms.TextInput,
    forms.HiddenInput,
    forms.CheckboxInput,
    forms.EmailInput,
    forms.PasswordInput,
    forms.NumberInput,
    forms.Textarea,
]
LISTS = [forms.Select, forms.SelectMultiple, forms.RadioSelect, forms.CheckboxSelectMultiple]


def drawn_twice(widget, name, value, attributes):
    return [
        parse_html(str(widget.render(name, value, attributes, renderer=renderer())))
        for renderer in (Renderer, DjangoTemplates)
    ]


@pytest.mark.parametrize("widget", INPUTS)
@settings(max_examples=40)
@given(value=st.none() | TRICKY | st.integers() | st.booleans(), attributes=ATTRIBUTES)
def test_a_control_is_what_django_draws(widget, value, attributes):
    ours, theirs = drawn_twice(widget(), "n<&", value, attributes)

    assert ours == theirs


@pytest.mark.parametrize("widget", LISTS)
@settings(max_examples=40)
@given(choices=CHOICES, chosen=st.lists(TRICKY, max_size=2), attributes=ATTRIBUTES)
def test_a_list_of_choices_is_what_django_draws(widget, choices, chosen, attributes):
    is_one = widget in (forms.Select, forms.RadioSelect)
    value = (chosen or [""])[0] if is_one else chosen
    ours, theirs = drawn_twice(widget(choices=choices), "n", value, attributes)

    assert ours == theirs


@pytest.mark.parametrize("label", ["Lieu", "R&D <b>", mark_safe("<i>safe</i>")])
def test_a_label_is_what_django_draws(label):
    class Example(forms.Form):
        field = forms.CharField(label=label)

    ours, theirs = (
        Example(renderer=renderer())["field"] for renderer in (Renderer, DjangoTemplates)
    )

    assert parse_html(ours.label_tag()) == parse_html(theirs.label_tag())
    assert parse_html(ours.legend_tag()) == parse_html(theirs.legend_tag())


def test_what_somebody_typed_is_never_markup():
    drawn = forms.TextInput().render("n", '"><script>', {}, renderer=Renderer())

    assert drawn == '<input type="text" name="n" value="&quot;&gt;&lt;script&gt;">'


def test_a_control_of_another_kind_is_left_to_its_template():
    assert "django/forms/widgets/file.html" not in DRAWN
    assert 'type="file"' in forms.FileInput().render("n", None, renderer=Renderer())
