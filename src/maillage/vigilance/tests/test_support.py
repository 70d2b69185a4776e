"""The watch over the support side; and a word for whatever a trail may tell, on both sides."""

# ruff: noqa: F811, F401

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

import maillage
from maillage.core.models import ReadEntry
from maillage.network.actors import CommandLine
from maillage.network.roles import Role
from maillage.support.reception import actions as reception
from maillage.support.reception.tests.conftest import house, signed_in
from maillage.vigilance import files
from maillage.vigilance.actions import examine
from maillage.vigilance.journal import READS, WORDS
from maillage.vigilance.models import Alert
from maillage.vigilance.rules import oversees

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(house, clock):
    return house.helped(coordinator=house.pathway.user, last_name="Imaginée")


@pytest.fixture
def raised(house):
    """The rules met on the support side of the house, by whom, in which file, how often."""

    def look():
        examine(by=CommandLine(house.organisation, "support"))
        alerts = Alert.objects.filter(organisation=house.organisation).select_related("who")
        return [(a.side, a.rule, a.who, a.file, a.count) for a in alerts]

    return look


class TestTheFilesOfTheSide:
    def test_are_those_of_the_house_for_who_watches_over_them(self, house, person):
        for who in (house.manager, house.dpo):
            assert list(files.traceable(who)) == [person]
        for who in (house.reception, house.pathway, house.stranger, house.other_side):
            assert not files.traceable(who).filter(uid=person.uid).exists()
        assert files.references(house.other_side, [person.uid]) == {}

    def test_of_a_side_that_is_not_known_are_refused(self, house, person):
        nowhere = SimpleNamespace(side="nowhere", organisation_id=house.organisation.pk)

        with pytest.raises(PermissionDenied):
            files.traceable(nowhere)

    def test_have_a_class_for_each_side(self):
        assert set(files.SIDES) == {"programme", "support"}


class TestOpening:
    def test_by_who_neither_coordinates_nor_acts_is_an_alert(self, house, person, read, raised):
        read(house.pathway, person.uid)
        read(house.reception, person.uid)

        assert raised() == [("support", "unassigned", house.reception.user, person.uid, 1)]

    def test_on_the_day_of_an_act_is_none(self, house, person, read, raised):
        read(house.reception, person.uid)
        reception.add_contact(by=house.reception, beneficiary=person, channel="visit")

        assert raised() == []

    def test_by_the_manager_is_none(self, house, person, read, raised):
        read(house.manager, person.uid)

        assert raised() == []

    @pytest.mark.parametrize("side", ["programme", "support"])
    def test_is_overseen_by_the_manager_alone(self, side):
        assert [role for role in Role.values if oversees(side, role)] == ["manager"]


class TestSearching:
    def test_ones_own_name_is_an_alert_whether_somebody_is_found_or_not(
        self, house, person, signed_in, raised
    ):
        user = house.reception.user
        user.name = "Zoé Imaginée"
        user.save()

        signed_in(house.reception).post(reverse("beneficiary_search"), {"q": "imagine"})

        assert ("support", "own_name", user, "", 1) in raised()

    def test_the_same_words_again_and_again_is_an_alert_and_none_of_them_is_kept(
        self, house, person, signed_in, raised
    ):
        client = signed_in(house.reception)
        for typed in ("imaginée", "IMAGINEE", "Imaginée"):
            client.post(reverse("beneficiary_search"), {"q": typed})

        assert "same_search" in {rule for _, rule, *_ in raised()}
        kept = repr(list(ReadEntry.objects.filter(what="search").values()))
        assert "imagin" not in kept.lower()


def told(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ")


def test_the_trail_of_a_file_tells_acts_and_looks_in_words_and_no_name(
    house, person, read, signed_in
):
    reception.set_needs(by=house.pathway, beneficiary=person, needs=["housing"])
    read(house.reception, person.uid, what="act")

    page = told(signed_in(house.dpo).get(reverse("file_trail", args=[person.uid])))

    for words in ("Besoins mis à jour", "Formulaire d’un acte ouvert", person.reference):
        assert words in page
    assert "IMAGINÉE" not in page.upper()


def _told_of(function: str) -> set[str]:
    """The first word that the code gives to a function of the trail, everywhere."""
    found = set()
    for path in Path(maillage.__file__).parent.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if named and node.func.attr == function and isinstance(node.args[0], ast.Constant):
                found |= _words_of(node, function)
    return found


def _words_of(node: ast.Call, function: str) -> set[str]:
    of_a_file = any(given.arg == "file" for given in node.keywords)
    return {node.args[0].value} if of_a_file or function == "record_read" else set()


@pytest.mark.parametrize(("function", "words"), [("record", WORDS), ("record_read", READS)])
def test_whatever_the_trail_of_a_file_holds_has_its_word(function, words):
    told_of = _told_of(function)

    assert len(told_of) > 10
    assert told_of <= set(words)
