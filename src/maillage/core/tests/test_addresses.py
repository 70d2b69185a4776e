"""The address that a template writes is the one that Django finds."""

import pytest
from django.template import Context, Template
from django.urls import NoReverseMatch, path, re_path, reverse, set_script_prefix

from maillage.core.addresses import address


def _view(request, **given): ...


urlpatterns = [
    path("fixe/", _view, name="fixed"),
    path("dossiers/<str:uid>/", _view, name="one"),
    path("dossiers/<str:uid>/pieces/<int:rank>/", _view, name="two"),
    path("{accolades}/<slug:code>/", _view, name="braces"),
    re_path(r"^annee/(?P<year>20\d\d)/$", _view, name="particular"),
]


@pytest.fixture(autouse=True)
def routes(settings):
    settings.ROOT_URLCONF = __name__


CASES = [
    ("fixed",),
    ("one", "kd8s2pq"),
    ("one", "1"),
    ("one", "été & co?"),
    ("one", "a/../b"),
    ("two", "kd8s2pq", 12),
    ("two", "12", "12"),
    ("two", "0standing-in0", 3),
    ("braces", "stage"),
    ("particular", 2026),
]


@pytest.mark.parametrize("asked", CASES)
def test_is_what_reverse_says_twice_in_a_row(asked):
    view_name, *args = asked

    def said(find) -> str | type:
        try:
            return find()
        except NoReverseMatch as error:
            return type(error)

    expected = said(lambda: reverse(view_name, args=args))
    assert said(lambda: address(view_name, *args)) == expected
    assert said(lambda: address(view_name, *args)) == expected


@pytest.mark.parametrize("asked", [("nowhere",), ("one",), ("particular", 1999), ("two", "a", "b")])
def test_what_leads_nowhere_is_an_error(asked):
    with pytest.raises(NoReverseMatch):
        address(*asked)


def test_below_a_folder_of_the_host():
    address("one", "abc")
    set_script_prefix("/maillage/")
    try:
        assert address("one", "abc") == "/maillage/dossiers/abc/"
    finally:
        set_script_prefix("/")


def test_the_tag_of_the_templates_uses_it():
    drawn = Template("{% url 'two' uid 4 %}").render(Context({"uid": "a<b"}))

    assert drawn == "/dossiers/a%3Cb/pieces/4/"
