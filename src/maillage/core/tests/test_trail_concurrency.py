"""Many write at once, really: threads, each with a connection of its own."""

import threading

import pytest
from django.db import connection, transaction

from maillage.core import chain, trail
from maillage.core.models import ReadEntry, TrailEntry, TrailHead, User
from maillage.core.tests.chains import Somebody, verify

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 20


def at_once(*acts) -> None:
    """Runs each act in its own thread, all from the same moment; raises what one raised."""
    ready, raised = threading.Barrier(len(acts)), []

    def run(act):
        try:
            ready.wait(20)
            act()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[each]) for each in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if raised:
        raise raised[0]


@pytest.fixture
def somebody():
    return Somebody(User.objects.create_user("accueil@example.org", name="Accueil"))


def test_twenty_writers_of_one_organisation_give_one_unbroken_chain(somebody):
    def write():
        for _ in range(3):
            with transaction.atomic():
                trail.record("note_written", by=somebody)
            trail.record_read("file", by=somebody, file="abcdef")

    at_once(*[write] * WRITERS)

    for entries in (TrailEntry, ReadEntry):
        places = entries.objects.order_by("position").values_list("position", flat=True)
        assert list(places) == list(range(1, 3 * WRITERS + 1))
    assert TrailHead.objects.count() == 2
    assert trail.version("via-voltaire", "programme") == 3 * WRITERS
    assert verify() == []


def test_an_act_undone_leaves_no_hole(somebody):
    def write(is_kept):
        with transaction.atomic():
            trail.record("note_written", by=somebody)
            transaction.set_rollback(not is_kept)

    at_once(*[lambda kept=n % 2: write(kept) for n in range(WRITERS)])

    assert TrailEntry.objects.count() == WRITERS // 2
    assert verify() == []


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
class TestWhoWaitsForWhom:
    """While one transaction of an organisation holds the head of its chain."""

    @pytest.fixture
    def held(self, somebody):
        """Whether the others write before the one that holds the head commits."""
        with transaction.atomic():  # each chain has begun
            trail.record("begun", by=somebody)
            trail.record("begun", by=somebody, organisation="apex")
        taken, free = threading.Event(), threading.Event()

        def hold():
            with transaction.atomic():
                trail.record("held", by=somebody)
                taken.set()
                free.wait(20)
            connection.close()

        holder = threading.Thread(target=hold)
        holder.start()
        assert taken.wait(20)
        yield lambda act: self.done_within(act, 1)
        free.set()
        holder.join(20)
        self.waiting.join(20)
        assert verify() == []

    def done_within(self, act, seconds):
        def run():
            with transaction.atomic():
                act()
            connection.close()

        self.waiting = threading.Thread(target=run)
        self.waiting.start()
        self.waiting.join(seconds)
        return not self.waiting.is_alive()

    def test_another_organisation_does_not(self, held, somebody):
        assert held(lambda: trail.record("b", by=somebody, organisation="apex"))

    def test_the_other_side_of_the_same_does_not(self, held, somebody):
        assert held(lambda: trail.record("b", by=Somebody(somebody.user, side="support")))

    def test_a_look_in_the_same_does_not(self, held, somebody):
        assert held(lambda: trail.record_read("file", by=somebody, file="abcdef"))

    def test_an_act_of_the_same_does(self, held, somebody):
        assert not held(lambda: trail.record("b", by=somebody))


def test_verification_while_people_write_finds_nothing(somebody):
    found, done = [], threading.Event()

    def write():
        for _ in range(40):
            with transaction.atomic():
                trail.record("note_written", by=somebody)
        done.set()

    def look():
        while not done.is_set():
            for head in TrailHead.objects.all():
                found.extend(chain.faults_of(head))

    at_once(write, look)

    assert found == []
