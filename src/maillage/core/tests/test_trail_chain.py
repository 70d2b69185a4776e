"""The trail holds together: whatever is changed, taken away, added or moved in it is found."""

import random
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.core import chain, trail
from maillage.core.models import ReadEntry, TrailEntry, TrailHead
from maillage.core.tests.chains import FEBRUARY, Somebody, act, break_in, verify
from maillage.core.tests.guards import lifted

pytestmark = pytest.mark.django_db


class TestAChain:
    def test_an_entry_holds_the_hash_of_the_one_before_and_of_every_column_of_its_own(
        self, somebody
    ):
        first = act(somebody, target="abc", file="def", rows=3, asked={"b": 1.0, "a": "é"})

        genesis = sha256(b"maillage trail 1\0via-voltaire/programme/act/2026-02").digest()
        told = (
            '[1,"2026-02-10T09:30:00.000000+00:00","via-voltaire","programme",'
            f'{somebody.user.pk},"reception","note_written","abc","def",'
            '{"asked":{"a":"é","b":1},"rows":3}]'
        )
        assert (first.position, first.hash) == (1, sha256(genesis + told.encode()).digest())
        second = act(somebody)
        assert second.position == 2
        assert TrailHead.objects.values_list("position", "hash").get() == (2, second.hash)

    @pytest.mark.parametrize(
        ("model", "kind"), [(TrailEntry, "act"), (ReadEntry, "read")], ids=["acts", "looks"]
    )
    def test_no_column_is_left_out_of_the_hash(self, model, kind):
        columns = {field.attname for field in model._meta.concrete_fields}

        assert columns - {"id", "chain_id", "hash", "position"} == set(chain.COLUMNS[kind])

    def test_each_organisation_side_kind_and_month_of_paris_has_its_own(self, somebody, clock):
        act(somebody)
        act(somebody, organisation="apex")
        act(Somebody(somebody.user, side="support"))
        trail.record_read("file", by=somebody, file="abcdef")
        clock["now"] = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # March in Paris
        act(somebody)

        assert set(TrailHead.objects.values_list("organisation", "side", "kind", "month")) == {
            ("via-voltaire", "programme", "act", "2026-02"),
            ("apex", "programme", "act", "2026-02"),
            ("via-voltaire", "support", "act", "2026-02"),
            ("via-voltaire", "programme", "read", "2026-02"),
            ("via-voltaire", "programme", "act", "2026-03"),
        }
        assert trail.version("via-voltaire", "programme") == 2
        assert verify() == []

    def test_a_look_costs_one_statement_or_three_and_the_marks_of_a_transaction(
        self, somebody, django_assert_num_queries
    ):
        trail.record_read("file", by=somebody, file="abcdef")

        with django_assert_num_queries(1 if connection.vendor == "postgresql" else 5):
            trail.record_read("file", by=somebody, file="abcdef")

    @pytest.mark.parametrize(
        "details",
        [{"n": 1e16}, {"n": 0.1}, {"n": -0.0}, {"n": 10**30}, {"at": FEBRUARY}, {"l": [1.0, None]}],
        ids=str,
    )
    def test_what_json_rewrites_still_verifies(self, somebody, details):
        act(somebody, **details)

        assert verify() == []


class TestTheDatabaseRefuses:
    @pytest.mark.parametrize(
        ("guard", "statement"),
        [
            ("trail_act_is_never_changed", "UPDATE core_trailentry SET verb = 'x'"),
            ("trail_act_is_never_changed", "UPDATE core_trailentry SET at = at"),
            ("trail_act_is_kept", "DELETE FROM core_trailentry"),
            ("trail_look_is_never_changed", "UPDATE core_readentry SET file = ''"),
            ("trail_look_is_kept", "DELETE FROM core_readentry"),
            ("trail_head_only_grows", "UPDATE core_trailhead SET position = 0"),
            ("trail_head_only_grows", "UPDATE core_trailhead SET month = '2020-01'"),
            ("trail_head_is_kept", "DELETE FROM core_trailhead"),
        ],
    )
    def test_that_anything_is_changed_or_taken_away(self, somebody, guard, statement):
        act(somebody)
        trail.record_read("file", by=somebody, file="abcdef")

        with (
            pytest.raises(IntegrityError, match=guard),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert verify() == []

    @pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no TRUNCATE")
    @pytest.mark.parametrize("table", ["trailentry", "readentry", "trailhead"])
    def test_that_a_table_is_emptied(self, table):
        with (
            pytest.raises(IntegrityError, match="trail_is_not_emptied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"TRUNCATE core_{table} CASCADE")

    def test_a_kind_that_is_not_known(self):
        with pytest.raises(IntegrityError, match="trail_head_kind_known"), transaction.atomic():
            TrailHead.objects.create(kind="note", month="2026-02", hash=b"")

    def test_a_purge_by_nobody(self):
        with pytest.raises(IntegrityError, match="trail_head_purge_is_whole"), transaction.atomic():
            TrailHead.objects.create(
                kind="act", month="2026-02", hash=b"", first_hash=b"", purged_at=FEBRUARY
            )

    def test_two_entries_in_one_place(self, somebody):
        entry = act(somebody)
        entry.pk = None

        with pytest.raises(IntegrityError), transaction.atomic():
            entry.save(force_insert=True)

    def test_verify_says_when_a_guard_is_missing(self, somebody):
        act(somebody)

        with lifted():
            assert len(verify()) == len(chain.GUARDS) == 6
        assert verify() == []


class TestVerification:
    def test_says_which_entry_was_changed(self, ten):
        break_in("UPDATE core_trailentry SET verb = 'nothing' WHERE position = 4")

        assert verify() == [
            "✗ via-voltaire, programme, actes de 2026-02, entrée 4 : modifié, déplacé ou ajouté"
        ]

    def test_says_which_entries_are_gone(self, ten):
        break_in("DELETE FROM core_readentry WHERE position IN (4, 5)")

        assert verify() == [
            "✗ via-voltaire, programme, lectures de 2026-02, entrées 4 à 5 : il manque"
        ]

    def test_says_where_the_end_was_cut(self, ten):
        break_in("DELETE FROM core_trailentry WHERE position > 7")

        assert verify() == [
            "✗ via-voltaire, programme, actes de 2026-02, entrées 8 à 10 : il manque"
        ]

    def test_finds_an_entry_added_at_the_end_even_with_a_right_hash(self, ten):
        last = TrailEntry.objects.get(position=10)
        values = {column: getattr(last, column) for column in chain.COLUMNS["act"]}
        follows = chain.link(bytes(last.hash), "act", 11, values)
        TrailEntry.objects.create(chain=last.chain, position=11, hash=follows, **values)

        assert verify() == [
            "✗ via-voltaire, programme, actes de 2026-02, entrée 11 :"
            " ajouté après la fin de la chaîne"
        ]

    def test_finds_a_head_put_back(self, ten):
        break_in("UPDATE core_trailhead SET hash = %s WHERE kind = 'act'", b"0" * 32)

        assert verify() == [
            "✗ via-voltaire, programme, actes de 2026-02, entrée 10 :"
            " la tête de la chaîne ne s’accorde pas avec cette entrée"
        ]

    def test_looks_at_one_organisation_or_one_month_alone(self, ten):
        act(ten, organisation="apex")
        break_in("UPDATE core_trailentry SET verb = 'x' WHERE organisation = 'apex'")

        assert verify("--organisation", "via-voltaire") == []
        assert verify("--month", "2026-01") == []
        assert len(verify("--organisation", "apex", "--month", "2026-02")) == 1

    def test_reads_a_part_at_a_time(self, ten, monkeypatch):
        monkeypatch.setattr(chain, "AT_A_TIME", 3)
        break_in("DELETE FROM core_trailentry WHERE position = 4")

        assert len(verify()) == 1

    def test_an_entry_written_meanwhile_is_no_fault(self, ten):
        head = TrailHead.objects.get(kind="act")  # as verification read it
        act(ten)

        assert list(chain.faults_of(head)) == []


TABLE = {"act": "core_trailentry", "read": "core_readentry"}


def _changed(kind, places, draw):
    column, value = draw(
        st.sampled_from([("file", "zzz"), ("role", "x"), ("organisation", "o"), ("side", "s")])
    )
    sql = f"UPDATE {TABLE[kind]} SET {column} = %s WHERE position = %s"
    break_in(sql, value, places[0])
    return [places[0]]


def _removed(kind, places, draw):
    break_in(f"DELETE FROM {TABLE[kind]} WHERE position = %s", places[0])
    return [places[0]]


def _swapped(kind, places, draw):
    """Two entries trade places, each with its hash or leaving it."""
    first, second = places
    entries = chain.ENTRIES[kind].objects
    one, other = entries.get(position=first), entries.get(position=second)
    columns = [*chain.COLUMNS[kind], *(["hash"] if draw(st.booleans()) else [])]
    values = {column: getattr(other, column) for column in columns}
    back = {column: getattr(one, column) for column in columns}
    with lifted():
        entries.filter(pk=one.pk).update(**values)
        entries.filter(pk=other.pk).update(**back)
    return [first, second]


def _inserted(kind, places, draw):
    """A copy slipped in; all that follow move by one, and the head with them."""
    entries = chain.ENTRIES[kind].objects
    place = places[0]
    with lifted():
        for pk in entries.filter(position__gt=place).order_by("-position").values_list("pk"):
            row = entries.get(pk=pk[0])
            entries.filter(pk=pk[0]).update(position=row.position + 1)
        copy = entries.get(position=place)
        copy.pk, copy.position = None, place + 1
        copy.save(force_insert=True)
        TrailHead.objects.filter(kind=kind).update(position=11)
    return [place + 1]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_single_break_is_found_and_named(ten, data):
    """Whatever is done to one entry, the first fault that is told stands where it was done."""
    kind = data.draw(st.sampled_from(["act", "read"]))
    places = sorted(data.draw(st.lists(st.integers(1, 10), min_size=2, max_size=2, unique=True)))
    broken = data.draw(st.sampled_from([_changed, _removed, _swapped, _inserted]))
    with transaction.atomic():
        touched = broken(kind, places, data.draw)
        found = verify()
        transaction.set_rollback(True)

    word = {"act": "actes", "read": "lectures"}[kind]
    assert found
    named = [line for line in found if f"programme, {word} de 2026-02, entrée" in line]
    assert named == found
    first = int(found[0].split("entrée")[1].lstrip("s ").split(" ")[0])
    assert first == touched[0]
    assert verify() == []


def test_a_hundred_random_details_verify_on_either_database(somebody):
    rng = random.Random(4)
    for _ in range(100):
        act(
            somebody,
            n=rng.uniform(-1e20, 1e20),
            m=rng.random() ** 40,
            t="é\u202f" * rng.randrange(4),
        )

    assert verify() == []
