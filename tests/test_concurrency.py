"""Two people at once, in real threads, through the pages, as the role that serves them."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maillage.core import rowlock
from maillage.core.models import TrailEntry
from maillage.core.tests.roles import APPLICATION, connected_as
from maillage.network.models import Membership
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory, SiteFactory
from maillage.programme.episodes.models import Episode, Note
from maillage.programme.episodes.tests.factories import EpisodeFactory
from maillage.programme.intake.models import Referral
from maillage.programme.intake.tests.factories import ReferralFactory

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")
PATIENCE = 20


@pytest.fixture
def house(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("two transactions that write at once: PostgreSQL alone has them")
    branch = OrganisationFactory(branch=True)
    house = SimpleNamespace(
        branch=branch,
        site=SiteFactory(organisation=branch),
        first=MembershipFactory(organisation=branch),
        second=MembershipFactory(organisation=branch),
        manager=MembershipFactory(organisation=branch, manager=True),
    )
    house.waiting = ReferralFactory(
        participant__organisation=branch, waiting=True, site=house.site, steps=house.first
    )
    accepted = ReferralFactory(participant__organisation=branch, accepted=True, steps=house.first)
    house.episode = EpisodeFactory(referral=accepted, site=house.site, referent=house.first.user)
    with connected_as(APPLICATION):
        yield house


class Running(threading.Thread):
    """An act of its own thread and connection; `answer` waits for it, and raises what it raised."""

    def __init__(self, act: Callable[[], object]):
        super().__init__(daemon=True)
        self.act, self.error, self.given = act, None, None
        self.start()

    def run(self) -> None:
        try:
            self.given = self.act()
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def answer(self):
        self.join(PATIENCE)
        assert not self.is_alive()
        if self.error:
            raise self.error
        return self.given


def post(by: Membership, route: str, *args, **fields) -> Callable[[], HttpResponse]:
    """Somebody who is signed in and about to send a form."""
    client = Client(raise_request_exception=False)
    client.force_login(by.user)
    client.get(reverse("network"))  # chooses the membership
    return lambda: client.post(reverse(route, args=args), fields)


def at_once(*acts: Callable[[], HttpResponse]) -> list[HttpResponse]:
    ready = threading.Barrier(len(acts))

    def when_all_are(act):
        def run():
            ready.wait(PATIENCE)
            return act()

        return run

    return [running.answer() for running in [Running(when_all_are(act)) for act in acts]]


def wait_until_somebody_waits() -> None:
    """Until another connection of ours stands before a lock."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def verbs(by: Membership) -> list[str]:
    with rowlock.acting(by):
        return list(TrailEntry.objects.order_by("pk").values_list("verb", flat=True))


def one_won_the_other_was_told(answers: list[HttpResponse]) -> None:
    assert sorted(answer.status_code == 302 for answer in answers) == [False, True]
    told = next(answer for answer in answers if answer.status_code != 302)
    assert told.status_code in (200, 403)
    text = told.content.decode()
    assert "Quelqu’un d’autre a modifié" in text or "terminé" in text or "Impossible" in text


def test_two_exits_of_one_follow_up_leave_one(house):
    uid = house.episode.referral.uid

    def leave(by):
        return post(by, "episode_exit", uid, version=1, on="aujourd’hui", reason="concertee")

    answers = at_once(leave(house.first), leave(house.second))

    one_won_the_other_was_told(answers)
    assert verbs(house.manager).count("episode_exited") == 1
    with rowlock.acting(house.manager):
        episode = Episode.objects.get()
        assert (episode.version, episode.exited_on) == (2, timezone.localdate())


def test_two_people_who_accept_one_referral_open_one_follow_up(house):
    def accept(by):
        return post(
            by,
            "episode_accept",
            house.waiting.uid,
            version=1,
            entered_on="aujourd’hui",
            site=house.site.pk,
            referent=by.user.pk,
            marital_status="marie",
            employment="retraite",
            resources="retraite",
        )

    answers = at_once(accept(house.first), accept(house.second))

    one_won_the_other_was_told(answers)
    assert verbs(house.manager).count("referral_accepted") == 1
    with rowlock.acting(house.manager):
        assert Episode.objects.filter(referral=house.waiting).count() == 1


class TestAMembershipThatEndsMeanwhile:
    def revoke(self, by: Membership) -> Callable[[], None]:
        def run():
            with rowlock.acting(by):
                yesterday = timezone.localdate() - timedelta(days=1)
                Membership.objects.filter(pk=self.leaver.pk).update(ends_on=yesterday)
                self.revoked_at = time.monotonic()

        return run

    def note(self, house) -> Callable[[], HttpResponse]:
        self.leaver = house.first
        fields = {"kind": "factual", "on": "aujourd’hui", "text": "Vu ce jour."}
        return post(house.first, "note_new", house.waiting.uid, **fields)

    def notes(self, house) -> int:
        with rowlock.acting(house.manager):
            return Note.objects.count()

    def test_a_request_that_has_begun_is_done_before_and_nothing_is_done_after(self, house):
        send, send_again = self.note(house), self.note(house)

        with rowlock.acting(house.manager):  # the file is held: the note waits in its middle
            Referral.objects.select_for_update().get(pk=house.waiting.pk)
            writing = Running(send)
            wait_until_somebody_waits()
            ending = Running(self.revoke(house.manager))
            ending.join(0.5)
            assert ending.is_alive()
            assert writing.is_alive()
        answer = writing.answer()
        ending.answer()

        assert answer.status_code == 302
        assert (self.notes(house), verbs(house.manager)) == (1, ["note_written"])
        assert send_again().status_code == 302  # to the choice of a membership
        assert self.notes(house) == 1

    def test_a_request_that_begins_while_it_is_being_ended_is_refused_and_leaves_nothing(
        self, house
    ):
        send = self.note(house)

        with rowlock.acting(house.manager):
            Membership.objects.filter(pk=house.first.pk).update(
                ends_on=timezone.localdate() - timedelta(days=1)
            )
            writing = Running(send)
            wait_until_somebody_waits()
        answer = writing.answer()

        assert answer.status_code == 403
        assert "prendre fin" in answer.content.decode()
        assert (self.notes(house), verbs(house.manager)) == (0, [])

    def test_a_page_being_read_shows_nothing_more_from_that_moment(self, house):
        with transaction.atomic():
            rowlock.enter(house.first, writes=False)
            assert Referral.objects.count() == 2
            self.leaver = house.first
            Running(self.revoke(house.manager)).answer()
            assert Referral.objects.count() == 0
