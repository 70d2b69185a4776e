"""A query that is written once gives, for every key, what the queryset itself would give."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import CharField, F, Value
from django.test.utils import CaptureQueriesContext

from maillage.core import trail
from maillage.core.models import ReadEntry, TrailEntry, User
from maillage.core.prepared import PLACE, Prepared, PreparedKeys
from maillage.core.tests.chains import Somebody

pytestmark = pytest.mark.django_db

DAY = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)


def union(key, most=10):
    def rows(model, kind):
        named = {"n_kind": Value(kind, output_field=CharField()), "n_at": F("at")}
        found = model.objects.filter(by=User(pk=key)).order_by().annotate(**named)
        return found.values_list(*named, "file")

    both = rows(TrailEntry, "act").union(rows(ReadEntry, "look"), all=True)
    return both.order_by("-n_at")[:most]


@pytest.fixture
def people(monkeypatch):
    people = [User.objects.create_user(f"p{n}@example.org", name=f"P{n}") for n in range(2)]
    for rank, person in enumerate([*people, people[0]]):
        monkeypatch.setattr("django.utils.timezone.now", lambda at=DAY + timedelta(hours=rank): at)
        trail.record("v", by=Somebody(person), file=f"act{rank}")
        trail.record_read("file", by=Somebody(person), file=f"look{rank}")
    return people


def test_each_key_gets_its_own_rows_with_moments_and_texts_as_django_gives_them(people):
    prepared = Prepared(union)

    for person in [*people, *people]:
        assert prepared.rows(person.pk) == list(union(person.pk))
    assert prepared.rows(people[1].pk) == [
        ("act", DAY + timedelta(hours=1), "act1"),
        ("look", DAY + timedelta(hours=1), "look1"),
    ]


def test_what_else_shapes_the_query_is_kept_apart(people):
    prepared = Prepared(union)

    assert len(prepared.rows(people[0].pk, 1)) == 1
    assert len(prepared.rows(people[0].pk, 3)) == 3
    assert len(prepared.rows(people[0].pk)) == 4


def test_a_key_that_nobody_has_gets_nothing(people):
    assert Prepared(union).rows(0) == []


def test_rows_cost_one_query_and_never_ask_for_the_place_of_the_key(people):
    prepared = Prepared(union)
    with CaptureQueriesContext(connection) as queries:
        prepared.rows(people[0].pk)
        prepared.rows(people[1].pk)

    assert len(queries) == 2
    assert not any(str(PLACE) in query["sql"] for query in queries)


def test_a_query_that_forgets_its_key_is_refused():
    with pytest.raises(ValueError, match="key"):
        Prepared(lambda key: User.objects.filter(is_active=True).values_list("pk")).rows(1)


class TestKeysForAnIn:
    def keys(self, *values, how=()):
        made = PreparedKeys(
            lambda user, since, *kinds: [
                User.objects.filter(pk=user).values("pk"),
                TrailEntry.objects.filter(at__gte=since, verb__in=kinds or ["v"]).values("by"),
            ]
        )
        return made.given(*values, how=how)

    def test_they_are_those_of_every_queryset_for_the_values_of_the_moment(self, people):
        first, second = people
        late, later = DAY + timedelta(minutes=30), DAY + timedelta(days=1)

        assert set(User.objects.filter(pk__in=self.keys(first.pk, later))) == {first}
        assert set(User.objects.filter(pk__in=self.keys(0, late))) == {first, second}
        assert set(User.objects.exclude(pk__in=self.keys(second.pk, later))) == {first}

    def test_what_else_shapes_them_is_kept_apart(self, people):
        given = self.keys(0, DAY, how=("another verb",))

        assert set(User.objects.filter(pk__in=given)) == set()

    def test_a_value_that_is_never_asked_for_is_an_error(self, people):
        blind_to_the_second = PreparedKeys(
            lambda user, since: [User.objects.filter(pk=user).values("pk")]
        )
        with pytest.raises(ValueError, match="do not ask"):
            blind_to_the_second.given(1, DAY)
