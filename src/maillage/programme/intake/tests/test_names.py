"""Who is found, by what one types, in one branch alone."""

from datetime import date

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.core.text import words
from maillage.network.tests.factories import MembershipFactory
from maillage.programme.intake import names
from maillage.programme.intake.models import Participant
from maillage.programme.intake.tests.factories import ParticipantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(branch):
    def make(last_name, first_name="Camille", **given):
        return ParticipantFactory(
            organisation=branch, last_name=last_name, first_name=first_name, **given
        )

    return make


@pytest.mark.parametrize(
    ("last_name", "first_name", "typed"),
    [
        ("Martin", "Paul", "mar"),
        ("Martin", "Paul", "MARTIN"),
        ("Martin", "Paul", "paul martin"),
        ("Martin", "Paul", "  martin   pau "),
        ("Lefèvre", "Héloïse", "lefevre heloise"),
        ("Lefevre", "Heloise", "LEFÈVRE Héloïse"),
        ("Saint-Amand", "Jean-Noël", "jean saint"),
        ("Saint-Amand", "Jean-Noël", "saintamand"),
        ("Saint-Amand", "Jean-Noël", "jeannoel"),
        ("Saint-Amand", "Jean-Noël", "amand noel"),
        ("D’Urcé", "Anne", "durce"),
        ("D’Urcé", "Anne", "d'urcé"),
        ("D’Urcé", "Anne", "urce anne"),
        ("de la Tour", "Luc", "de la tour"),
        ("de la Tour", "Luc", "delatour"),
        ("de la Tour", "Luc", "latour luc"),
        ("de la Tour", "Luc", "tour"),
        ("Lefort", "Luc", "le fort"),
        ("Lefort", "Luc", "luc le fort"),
        ("Benali", "Karim", "ben ali karim"),
        ("Li", "Bo", "li"),
        ("Li", "Bo", "bo li"),
        ("Œuvrard", "Zoé", "oeuvrard"),
        ("Müller", "Jörg", "muller jorg"),
        ("Abcdefghijklmnop", "Max", "abcdefghijklmno"),
        ("Martin", "Paul", "6/5/1984"),
        ("Martin", "Paul", "06051984"),
        ("Martin", "Paul", "6/5/84"),
        ("Martin", "Paul", "6 mai 1984"),
        ("Martin", "Paul", "martin 6/5/1984"),
        ("Martin", "Paul", "1984-05-06 paul"),
        ("Martin", "Paul", "2031-0007"),
        ("Martin", "Paul", "2031-0"),
        ("Martin", "Paul", "06 39 98 12 34"),
        ("Martin", "Paul", "+33639981234"),
        ("Martin", "Paul", "0639981234"),
    ],
)
def test_somebody_is_found(known, reception, last_name, first_name, typed):
    person = known(last_name, first_name, reference="2031-0007", phone="+33639981234")
    known("Zuzu", "Wendy", birth_date=date(1950, 1, 1), phone="+33639980000")

    assert names.search(typed, by=reception) == [person]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "m",
        "ma",
        "artin",
        "martin jean",
        "martinez",
        "abcdefghijklmnoq",
        "7/5/1984",
        "martin 7/5/1984",
        "32/5/1984",
        "06 39 98 12 35",
        "2032",
        "'; DROP TABLE",
        "%",
        "_",
    ],
)
def test_nobody_is_found(known, reception, typed):
    known("Martin", "Paul", reference="2031-0007", phone="+33639981234")
    known("Abcdefghijklmnop", "Max", reference="A7")

    assert names.search(typed, by=reception) == []


def test_a_birth_two_digits_ahead_of_today_is_of_the_past_century(known, reception):
    person = known("Ancien", birth_date=date(1928, 2, 3))

    assert names.search("3/2/28", by=reception) == [person]


@pytest.mark.parametrize("typed", ["salamandre", "6/5/1984", "2031-0007", "0639981234"])
@pytest.mark.parametrize("who", ["stranger", "other_side", "gone"])
def test_nobody_of_another_branch_or_side_is_ever_found(known, request, who, typed):
    known("Salamandre", reference="2031-0007", phone="+33639981234")

    assert names.search(typed, by=request.getfixturevalue(who)) == []


def test_two_branches_file_one_name_under_keys_that_cannot_be_compared(reception, stranger):
    ours = names.digests(reception.organisation_id, "Salamandre", "Ondine", None)
    theirs = names.digests(stranger.organisation_id, "Salamandre", "Ondine", None)

    assert not ours & theirs


def test_a_short_name_is_found_beyond_fifty_namesakes(known, reception):
    person = known("Martin", "Li")
    for number in range(names.SHOWN + 5):
        known("Martin", f"Camille{number}")

    assert names.search("li martin", by=reception) == [person]


def test_one_more_than_can_be_shown_is_given_so_that_it_can_be_told(known, reception):
    for number in range(names.SHOWN + 3):
        known("Martin", f"Camille{number}")

    assert len(names.search("martin", by=reception)) == names.SHOWN + 1


def test_search_costs_the_same_queries_for_one_as_for_many(
    known, reception, django_assert_num_queries
):
    known("Martin")
    with django_assert_num_queries(1):
        names.search("martin", by=reception)
    for _ in range(8):
        known("Martin")
    with django_assert_num_queries(1):
        assert len(names.search("martin", by=reception)) == 9


LETTERS = "abcdefghijklmnopqrstuvwxyzàâäçéèêëîïôöùûüÿœæABCDEFGHIJKLMNOPQRSTUVWXYZÉÈÇ"
name_word = st.text(LETTERS, min_size=3, max_size=14)
a_name = st.lists(name_word, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from([" ", "-", "’", "'"]).map(lambda sign: sign.join(parts))
)


@settings(max_examples=60, deadline=None)
@given(last_name=a_name, first_name=a_name, data=st.data())
def test_anybody_is_found_by_any_three_letters_on_of_their_words_in_any_order(
    last_name, first_name, data
):
    chosen = data.draw(
        st.lists(
            st.sampled_from([w for w in words(f"{last_name} {first_name}") if len(w) >= 3]),
            min_size=1,
            max_size=4,
        )
    )
    typed = [word[: data.draw(st.integers(3, len(word)))] for word in chosen]
    if data.draw(st.booleans()):
        typed = [word.upper() for word in typed]
    with transaction.atomic():
        by = MembershipFactory()
        person = ParticipantFactory(
            organisation=by.organisation, last_name=last_name, first_name=first_name
        )
        found = names.search(" ".join(typed), by=by)
        transaction.set_rollback(True)

    assert found == [person]


class TestWhatWasSearchedFillsTheForm:
    @pytest.mark.parametrize(
        ("typed", "last_name", "first_name", "birth_date"),
        [
            ("dupont jean", "dupont", "jean", None),
            ("Jean DUPONT", "DUPONT", "Jean", None),
            ("DE LA TOUR Luc", "DE LA TOUR", "Luc", None),
            ("DUPONT JEAN", "DUPONT", "JEAN", None),
            ("dupont 3/2/1981", "dupont", "", date(1981, 2, 3)),
            ("3/2/1981", "", "", date(1981, 2, 3)),
            ("2026-0012", "", "", None),
            ("", "", "", None),
        ],
    )
    def test_as_a_name_and_a_birth(self, typed, last_name, first_name, birth_date):
        assert names.guess(typed) == {
            "last_name": last_name,
            "first_name": first_name,
            "birth_date": birth_date,
        }

    def test_or_as_a_telephone_number(self):
        assert names.guess("06 39 98 12 34") == {"phone": "06 39 98 12 34"}


def test_a_file_without_a_name_has_no_key(reception):
    person = ParticipantFactory(organisation=reception.organisation, unnamed=True)

    assert not person.name_keys.exists()
    assert Participant.objects.visible_to(reception).get() == person
