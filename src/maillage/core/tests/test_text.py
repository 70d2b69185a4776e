"""Words are compared as people mean them, however they were typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.core.text import fold, squash, words


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Hérault", "herault"),
        ("CŒUR", "coeur"),
        ("Yıldız", "yildiz"),
        ("Łukasz", "lukasz"),
        ("Straße", "strasse"),
        ("Ñandú", "nandu"),
        ("𝓐nne", "anne"),
    ],
)
def test_case_and_accents_do_not_count(typed, folded):
    assert fold(typed) == folded


def test_hyphens_and_apostrophes_separate_words():
    assert words("Jean-Noël D’Urcé") == ["jean", "noel", "d", "urce"]


def test_codes_are_compared_without_anything_but_letters_and_digits():
    assert squash("Clermont-l’Hérault") == squash("CLERMONT L_HERAULT") == "clermontlherault"


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)
