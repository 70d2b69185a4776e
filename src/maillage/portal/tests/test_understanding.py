"""Everyday words, slips and accents: what somebody in a hurry types is understood."""

import pytest

from maillage.portal import places
from maillage.portal.needs import CODES, needs, understand


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("avocat gratuit", "complaint"),
        ("AVOCAT GRATUI", "complaint"),
        ("il me frappe", "danger"),
        ("Il ma frapé", "danger"),
        ("elle me frape", "danger"),
        ("il va me tuer", "danger"),
        ("mon fils a vu", "children"),
        ("ma fille a peur", "children"),
        ("où dormir ce soir", "housing"),
        ("hebergemant", "housing"),
        ("j’ai frappé ma femme", "stop"),
        ("je perds le contrôle", "stop"),
        ("je m’énerve contre elle", "stop"),
        ("mon voisin crie", "witness"),
        ("jai peur de lui", "talk"),
        ("je suis enceinte", "health"),
        ("il prend mon salaire", "money"),
    ],
)
def test_a_sentence_leads_to_what_it_speaks_of(typed, first):
    assert understand(typed)[0].code == first


@pytest.mark.parametrize("typed", ["", "zzz", "bonjour", "…"])
def test_what_says_nothing_leads_nowhere(typed):
    assert understand(typed) == []


def test_a_danger_comes_before_all_that_is_said_beside_it():
    said = [need.code for need in understand("il frappe mon fils et je cherche un logement")]

    assert said[0] == "danger"
    assert {"children", "housing"} <= set(said)


def test_who_strikes_is_not_taken_for_who_is_struck():
    assert "danger" not in [need.code for need in understand("je la frappe")]
    assert "stop" not in [need.code for need in understand("il me frappe")]


def test_each_need_names_lines_of_the_file():
    from maillage.portal.helplines import LINES, read

    known = {line.code for line in read(LINES)}
    assert tuple(needs()) == CODES
    assert len(CODES) == 10
    for need in needs().values():
        assert need.lines
        assert set(need.lines) <= known


class TestPlaces:
    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("Béziers", "34032"),
            ("beziers", "34032"),
            ("béziés", "34032"),
            ("montpelier", "34172"),
            ("carcasonne", "11069"),
            ("st pons de thomieres", "34284"),
            ("Clermont l'Hérault", "34079"),
            ("34 500", "34032"),
        ],
    )
    def test_a_commune_is_found_without_accents_and_with_slips(self, typed, code):
        assert places.find(typed)[0].code == code

    @pytest.mark.parametrize("typed", ["", "  ", "zzzzzz", "00000", "-"])
    def test_what_is_no_commune_finds_none(self, typed):
        assert places.find(typed) == []

    def test_a_beginning_gives_the_largest_first(self):
        names = [found.name for found in places.find("lezignan")]

        assert names[:2] == ["Lézignan", "Lézignan-Corbières"]

    @pytest.mark.parametrize(
        ("typed", "code"), [("paris", "75056"), ("Mende", "48095"), ("lezignan", None), ("x", None)]
    )
    def test_one_is_taken_without_asking_when_there_is_no_doubt(self, typed, code):
        one = places.the_one(typed)

        assert (one and one.code) == code

    def test_namesakes_are_told_apart_by_their_postcode(self):
        labels = {found.label for found in places.find("Saint-Denis")}

        assert {"Saint-Denis (93200)", "Saint-Denis (97400)"} <= labels

    @pytest.mark.parametrize(
        ("one", "other", "kilometres"),
        [("34032", "34172", 61), ("75056", "69123", 392), ("34032", "11069", 70)],
    )
    def test_distances_are_those_of_a_map_within_a_tenth(self, one, other, kilometres):
        a, b = places.commune(one), places.commune(other)

        found = places.distance(a.latitude, a.longitude, b.latitude, b.longitude)
        assert found == pytest.approx(kilometres, rel=0.1)

    def test_a_commune_without_coordinates_stands_among_its_neighbours(self):
        saint_thibery = places.find("Vailhan")[0]
        beziers = places.commune("34032")

        far = places.distance(
            saint_thibery.latitude, saint_thibery.longitude, beziers.latitude, beziers.longitude
        )
        assert far < 40
