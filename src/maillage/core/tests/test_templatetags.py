"""What templates write: figures, dates, states, and the icons they name."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from maillage.core.templatetags import maillage as tags


def render(text: str, request=None, **context) -> str:
    return Template(text).render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (999, "999"),
        (1544, "1\u202f544"),
        (1234567, "1\u202f234\u202f567"),
        (-1200, "\u22121\u202f200"),
        (12.5, "12,5"),
        (Decimal("3.00"), "3"),
        (None, "–"),
        ("", "–"),
    ],
)
def test_a_figure_is_grouped_with_narrow_spaces_and_none_is_not_zero(value, written):
    assert tags.number(value) == written


@given(st.integers(-(10**12), 10**12))
def test_a_whole_figure_keeps_every_digit(value):
    assert int(tags.number(value).replace("\u202f", "").replace("\u2212", "-")) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [(2.25, "2,3"), (2.35, "2,4"), (2, "2,0"), (1999.95, "2\u202f000,0")],
)
def test_a_place_after_the_comma_is_rounded_half_up(value, written):
    assert tags.number(value, 1) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (200, "200\u00a0€"),
        (Decimal("12.50"), "12,50\u00a0€"),
        (Decimal("1380.00"), "1\u202f380\u00a0€"),
        (0, "0\u00a0€"),
        (None, "–"),
    ],
)
def test_money_shows_its_cents_when_it_has_some(value, written):
    assert tags.euros(value) == written


@pytest.mark.parametrize(
    ("part", "base", "written"),
    [
        (401, 546, "73,4\u00a0%"),
        (1, 3, "33,3\u00a0%"),
        (1, 2000, "0,1\u00a0%"),
        (7, 7, "100,0\u00a0%"),
        (0, 12, "0,0\u00a0%"),
        (0, 0, "–"),
    ],
)
def test_a_share_has_one_decimal_and_none_without_a_base(part, base, written):
    assert tags.percent(part, base) == written


def test_dates_and_hours_are_those_of_paris():
    late_evening = datetime(2026, 2, 2, 23, 30, tzinfo=UTC)

    assert tags.long_date(late_evening) == "mardi 3 février 2026"
    assert tags.short_date(late_evening) == "03/02/2026"
    assert tags.hour(late_evening) == "0\u00a0h\u00a030"
    assert tags.hour(time(18, 15)) == "18\u00a0h\u00a015"
    assert tags.long_date(date(2026, 3, 1)) == "dimanche 1er mars 2026"


def test_midnight_is_an_hour_and_none_is_not():
    assert tags.hour(time(0, 0)) == "0\u00a0h"
    assert tags.hour(None) == "–"


def test_the_age_of_a_thing_counts_from_today():
    today = timezone.localdate()

    assert tags.ago(today) == "aujourd’hui"
    assert tags.ago(today - timedelta(days=9)) == "il y a 9\u00a0jours"
    assert tags.ago(None) == "–"


def test_a_masked_name_keeps_its_initials_alone():
    assert tags.masked("Jean-Marie dupont") == "J.\u00a0D."
    assert tags.masked("") == ""


def test_a_state_is_a_word_a_shape_and_a_colour():
    written = render('{% state word "late" %}', word="en retard <b>")

    assert 'class="state late"' in written
    assert "bi-exclamation-triangle-fill" in written
    assert "en retard &lt;b&gt;" in written


def test_a_state_of_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        render('{% state "x" "lat" %}')


@pytest.mark.parametrize(
    ("part", "whole", "width"),
    [(1, 4, "25.0%"), (9, 4, "100.0%"), (-1, 4, "0.0%"), (1, 0, "0.0%"), (None, 4, "0.0%")],
)
def test_a_bar_stays_between_nothing_and_the_whole(part, whole, width):
    assert f'class="part" width="{width}"' in tags.bar(part, whole)


class TestNavigation:
    @pytest.mark.parametrize(
        ("path", "mark"),
        [
            ("/espace/dossiers/", ' aria-current="page"'),
            ("/espace/dossiers/abc/", ' aria-current="true"'),
            ("/espace/", ""),
        ],
    )
    def test_marks_the_page_and_what_stands_under_it(self, rf, path, mark):
        assert render('{% nav_current "/espace/dossiers/" %}', rf.get(path)) == mark

    def test_the_first_word_is_not_marked_by_what_stands_under_it(self, rf):
        asked = rf.get("/espace/dossiers/")

        assert render('{% nav_current "/espace/" exact=True %}', asked) == ""

    def test_a_breadcrumb_has_three_words_at_most(self):
        with pytest.raises(TemplateSyntaxError):
            render('{% breadcrumb "a" "/a" "b" "/b" "c" "/c" here="d" %}')

    def test_a_breadcrumb_ends_with_the_page_itself(self):
        written = render('{% breadcrumb "Dossiers" "/espace/dossiers/" here="D-2031" %}')

        assert '<a href="/espace/dossiers/">Dossiers</a>' in written
        assert '<span aria-current="page">D-2031</span>' in written

    def test_a_parameter_changes_and_the_others_stay(self, rf):
        asked = rf.get("/liste/?site=agde&page=3")

        assert render("{% query page=4 %}", asked) == "?site=agde&amp;page=4"
        assert render("{% query page=None %}", asked) == "?site=agde"
        assert render("{% query page=None site=None %}", asked) == "/liste/"


class TestMessages:
    @pytest.mark.parametrize(
        ("tag", "kind"),
        [("success", "done"), ("warning", "soon"), ("error", "late"), ("info", "info")],
    )
    def test_take_the_colour_of_what_they_say(self, tag, kind):
        assert tags.message_kind(tag) == kind

    @pytest.mark.parametrize(
        ("extra", "address"),
        [
            ("undo:/espace/x/", "/espace/x/"),
            ("big undo:/espace/x/", "/espace/x/"),
            ("undo:https://example.org/", ""),
            ("undo://example.org/", ""),
            ("", ""),
            (None, ""),
        ],
    )
    def test_are_undone_on_our_own_pages_alone(self, extra, address):
        assert tags.undo_url(extra) == address


def test_every_icon_that_a_template_names_is_drawn():
    root = Path(tags.__file__).parents[2]
    names = set()
    for page in root.rglob("templates/**/*.html"):
        names |= set(re.findall(r'{% icon "([^"]+)"', page.read_text()))
        names |= set(re.findall(r'icon_name="([^"]+)"', page.read_text()))
    names |= set(tags.STATE_ICONS.values())
    sheet = dict(settings.STATICFILES_DIRS)["icons"] / "bootstrap-icons.css"

    assert len(names) > 10
    assert names - set(re.findall(r"\.bi-([a-z0-9-]+)::before", sheet.read_text())) == set()


def colours(sheet: str) -> tuple[dict[str, str], dict[str, str]]:
    light, dark = sheet.split("prefers-color-scheme: dark")[:2]
    pattern = r"--([a-z-]+): (#[0-9a-f]{6});"
    of_light = dict(re.findall(pattern, light))
    return of_light, of_light | dict(re.findall(pattern, dark.split("@media print")[0]))


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXTS = [
    *((ink, ground) for ink in ("ink", "muted", "accent") for ground in ("paper", "surface")),
    *((kind, ground) for kind in ("late", "soon", "done", "info") for ground in ("surface",)),
    *((kind, f"{kind}-soft") for kind in ("late", "soon", "done", "info")),
    *((side, f"{side}-soft") for side in ("side-programme", "side-support")),
    ("ink", "sunken"),
    ("muted", "sunken"),
    ("on-accent", "accent"),
    ("accent-strong", "accent-soft"),
]
LINES = [
    (line, ground)
    for line in ("line", "focus", "side-programme", "side-support")
    for ground in ("paper", "surface")
]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_lines_stand_out_from_their_ground(scheme):
    sheet = (Path(tags.__file__).parents[1] / "static/core/tokens.css").read_text()
    tokens = colours(sheet)[scheme]

    measured = {pair: contrast(tokens[pair[0]], tokens[pair[1]]) for pair in TEXTS + LINES}

    assert {pair: m for pair, m in measured.items() if pair in TEXTS and m < 5.6} == {}
    assert {pair: m for pair, m in measured.items() if pair in LINES and m < 3} == {}


def test_the_measure_of_contrast_is_that_of_the_rule():
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
