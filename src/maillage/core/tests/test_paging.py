import pytest
from django.core.paginator import Paginator
from django.db.models import Count
from django.db.models.functions import Reverse

from maillage.core.models import User
from maillage.core.paging import KeyedPaginator

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    User.objects.bulk_create(
        User(email=f"{n}@example.org", name=f"{n % 4}-{n}", password="!") for n in range(25)
    )
    counted = User.objects.annotate(n=Count("memberships")).prefetch_related("memberships")
    return counted.order_by(Reverse("name").desc(), "pk")


@pytest.mark.parametrize("number", ["1", "2", "3", "99", "x", None])
def test_a_page_by_its_keys_is_the_page(people, number):
    ours, theirs = (
        paginator(people, 10).get_page(number) for paginator in (KeyedPaginator, Paginator)
    )

    assert list(ours) == list(theirs)
    assert (ours.number, ours.paginator.count) == (theirs.number, 25)
    assert all(person.n == 0 for person in ours)


def test_a_page_of_nothing_is_empty(people):
    assert list(KeyedPaginator(people.none(), 10).get_page(1)) == []


def test_a_page_costs_the_count_the_keys_and_the_rows(people, django_assert_num_queries):
    with django_assert_num_queries(3):
        list(KeyedPaginator(people.prefetch_related(None), 10).get_page(2))
