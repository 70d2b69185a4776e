"""Who is proposed as perhaps the same person, and who is not."""

from datetime import date

import pytest

from maillage.programme.intake.duplicates import SHOWN, _resembling, probable_duplicates
from maillage.programme.intake.tests.factories import ParticipantFactory

pytestmark = pytest.mark.django_db
BORN, OTHER = date(1981, 2, 3), date(1992, 11, 20)


def proposed(by, known, typed):
    last_name, first_name, birth_date = known
    ParticipantFactory(
        organisation=by.organisation,
        last_name=last_name,
        first_name=first_name,
        birth_date=birth_date,
    )
    last_name, first_name, birth_date = typed
    found = probable_duplicates(
        by=by, last_name=last_name, first_name=first_name, birth_date=birth_date
    )
    return found[0] if found else None


@pytest.mark.parametrize(
    ("known", "typed", "reasons"),
    [
        (("Lefèvre", "Paul", None), ("Lefebvre", "Paul", None), ("nom proche",)),
        (("Lefebvre", "Paul", None), ("LEFEVRE", "paul", None), ("nom proche",)),
        (("Thibaud", "Luc", None), ("Thibault", "Luc", None), ("nom proche",)),
        (("Renaud", "Luc", None), ("Renault", "Luc", None), ("nom proche",)),
        (("Dupond", "Jean", None), ("Dupont", "Jean", None), ("nom proche",)),
        (("Gauthier", "Léa", None), ("Gautier", "Lea", None), ("nom proche",)),
        (("Rousseau", "Léa", None), ("Rousso", "Léa", None), ("nom proche",)),
        (("Haddad", "Mohamed", None), ("Adad", "Mohammed", None), ("nom proche",)),
        (("Durand", "Paul", None), ("Durnad", "Paul", None), ("nom proche",)),
        (("Martin", "Paul", None), ("Martin", "Paul", None), ("même nom",)),
        (("Martin", "Paul", None), ("MÀRTIN", "Pàul", None), ("même nom",)),
        (("Martin", "Paul", BORN), ("Martin", "Paul", OTHER), ("même nom",)),
        (("Dupont", "Jean", None), ("Jean", "Dupont", None), ("même nom",)),
        (("Martin", "Paul", None), ("Martin", "", None), ("nom proche",)),
        (("Martin-Roux", "Paul", None), ("Martin", "Paul", None), ("nom proche",)),
        (("Dupont", "Jean-Pierre", None), ("Dupont", "Jean", None), ("nom proche",)),
        (
            ("Dupont", "Marie", BORN),
            ("Martin", "Marie", BORN),
            ("même date de naissance",),
        ),
        (
            ("Martin", "Paul", BORN),
            ("Martin", "Polo", BORN),
            ("nom proche", "même date de naissance"),
        ),
        (("Martin", "Paul", BORN), ("", "", BORN), ("même date de naissance",)),
        (
            ("Durant", "Paul", date(1981, 3, 2)),
            ("Durand", "Paul", BORN),
            ("nom proche", "date de naissance voisine"),
        ),
    ],
)
def test_they_may_be_the_same_person(reception, known, typed, reasons):
    found = proposed(reception, known, typed)

    assert found is not None
    assert found.reasons == reasons


@pytest.mark.parametrize(
    ("known", "typed"),
    [
        (("Martin", "Paul", None), ("Martin", "Sophie", None)),
        (("Martin", "Paul", None), ("Martinez", "Paul", None)),
        (("Martin", "Paul", None), ("Marchand", "Paul", None)),
        (("Dupond", "Jean", BORN), ("Dupont", "Jean", OTHER)),
        (("Bernard", "Luc", BORN), ("Durand", "Paul", BORN)),
        (("Li", "Bo", None), ("Lu", "Bo", None)),
        (("Petit", "Paul", None), ("Petiot", "Pauline", None)),
        (("", "", None), ("", "", None)),
        (("", "", BORN), ("Martin", "Paul", OTHER)),
    ],
)
def test_they_are_different_people(reception, known, typed):
    assert proposed(reception, known, typed) is None


def test_the_likeliest_comes_first_and_ten_at_most(reception):
    for _ in range(SHOWN + 3):
        ParticipantFactory(
            organisation=reception.organisation, last_name="Dupond", first_name="Jean"
        )
    same = ParticipantFactory(
        organisation=reception.organisation, last_name="Dupont", first_name="Jean", birth_date=BORN
    )

    found = probable_duplicates(
        by=reception, last_name="Dupont", first_name="Jean", birth_date=None
    )

    assert found[0].participant == same
    assert len(found) == SHOWN


@pytest.mark.parametrize("who", ["stranger", "other_side", "gone"])
def test_nobody_of_another_branch_or_side_is_proposed(reception, request, who):
    ParticipantFactory(organisation=reception.organisation, last_name="Dupont", first_name="Jean")

    found = probable_duplicates(
        by=request.getfixturevalue(who), last_name="Dupont", first_name="Jean", birth_date=None
    )

    assert found == []


def test_a_person_is_not_a_duplicate_of_themselves(reception):
    person = ParticipantFactory(organisation=reception.organisation)

    found = probable_duplicates(
        by=reception,
        last_name=person.last_name,
        first_name=person.first_name,
        birth_date=None,
        but=person.pk,
    )

    assert found == []


@pytest.mark.parametrize(
    ("first_name", "typed"),
    [("Mickaël", "Michaël"), ("Philippe", "Filipe"), ("", "Paul"), ("Jo", "Jo")],
)
def test_a_first_name_spelt_otherwise_or_not_known_hides_nobody(reception, first_name, typed):
    assert proposed(reception, ("Salamandre", first_name, None), ("Salamandre", typed, None))


def test_a_frequent_name_is_compared_by_both_names(reception):
    """Whoever bears the last name alone is not read, let alone opened."""
    for first_name in ("Luc", "Anne", "Rémi"):
        ParticipantFactory(
            organisation=reception.organisation, last_name="Martin", first_name=first_name
        )
    keys = _resembling(reception.organisation_id, "Martin", "Paul", None)

    assert list(keys) == []
