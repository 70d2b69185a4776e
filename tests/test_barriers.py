"""Who is kept out of a file, on both sides alike: attacked through every page that could tell."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.houses import WHY, House, bar, browser, file_of, restrict

from maillage.barriers import actions
from maillage.barriers.walls import wall_of
from maillage.core.errors import Refused
from maillage.core.models import TrailEntry
from maillage.network.models import Membership
from maillage.network.tests.factories import MembershipFactory
from maillage.programme.intake.models import Participant
from maillage.programme.intake.tests.factories import ParticipantFactory

pytestmark = pytest.mark.django_db


class TestSomebodyBarred:
    @pytest.mark.parametrize("who", ["reception", "worker", "practitioner", "other_manager"])
    def test_does_not_see_the_file_whatever_their_role(self, house, who):
        barred = getattr(house, who)
        assert house.sees(barred)

        bar(house, barred)

        assert not house.sees(barred)
        assert house.page(barred, house.wall.file_route, house.file.uid).status_code == 404

    def test_is_told_what_a_file_that_does_not_exist_would_tell(self, house):
        bar(house, house.worker)
        route = house.wall.file_route

        barred = house.page(house.worker, route, house.file.uid)
        nothing = house.page(house.worker, route, "2" * 12)

        assert barred.content == nothing.content

    def test_alone_is_kept_out_and_the_others_see_no_change(self, house):
        bar(house, house.worker)

        for other in (house.reception, house.practitioner, house.manager):
            assert house.sees(other)

    def test_sees_every_other_file(self, house):
        other = file_of(house.side, house.file.organisation, house.practitioner.user)

        bar(house, house.worker)

        assert list(house.wall.visible(house.worker)) == [other]

    def test_may_not_open_it_in_an_emergency_and_the_manager_is_told(self, house):
        bar(house, house.worker)

        opened = actions.open_exceptionally(
            by=house.worker, reference=house.file.reference, reason=WHY
        )

        assert opened is None
        assert not house.sees(house.worker)
        told = house.page(house.manager, "today").status_code
        assert told in (200, 302)
        [attempt] = house.wall.accesses.objects.all()
        assert attempt.is_refused
        assert not attempt.is_open

    def test_sees_it_again_once_the_barrier_is_lifted(self, house):
        barrier = bar(house, house.worker)

        actions.lift_barrier(by=house.manager, barrier=barrier)

        assert house.sees(house.worker)

    def test_cannot_lift_it_even_as_a_manager(self, house):
        barrier = bar(house, house.other_manager)

        answer = house.page(house.other_manager, "barrier_lift", barrier.pk, lift="1")

        assert answer.status_code == 404
        assert not house.sees(house.other_manager)

    def test_reads_nothing_of_it_on_the_page_of_protection(self, house):
        bar(house, house.other_manager)

        page = house.page(house.other_manager, "protection").content.decode()

        assert house.file.reference not in page
        assert house.file.uid not in page

    def test_is_not_barred_in_the_file_of_the_same_key_on_the_other_side(self, house):
        theirs = file_of(
            "support" if house.side == "programme" else "programme",
            house.file.organisation,
            house.other_side.user,
        )
        same_user = MembershipFactory(
            organisation=house.file.organisation,
            user=house.worker.user,
            support=house.side == "programme",
        )

        bar(house, house.worker)

        assert wall_of(same_user.side).visible(same_user).filter(pk=theirs.pk).exists()


class TestBarring:
    @pytest.mark.parametrize("who", ["reception", "worker", "practitioner"])
    def test_is_the_manager_s(self, house, who):
        with pytest.raises(PermissionDenied):
            actions.bar(
                by=getattr(house, who), file=house.file, user=house.reception.user, reason=WHY
            )

    @pytest.mark.parametrize("who", ["stranger", "other_side"])
    def test_is_of_no_file_one_does_not_see(self, house, who):
        by = getattr(house, who)
        files = wall_of(by.side).files
        with pytest.raises((files.DoesNotExist, IntegrityError)):
            actions.bar(by=by, file=house.file, user=house.worker.user, reason=WHY)

        assert house.page(by, "file_bar", house.file.uid).status_code == 404

    def test_is_of_a_colleague_who_reads_files(self, house):
        with pytest.raises(Refused):
            actions.bar(by=house.manager, file=house.file, user=house.stranger.user, reason=WHY)

    def test_wants_a_reason(self, house):
        with pytest.raises(Refused):
            actions.bar(by=house.manager, file=house.file, user=house.worker.user, reason="non")

    def test_leaves_one_entry_in_the_trail_without_the_reason(self, house):
        bar(house, house.worker)

        entry = TrailEntry.objects.get()
        assert (entry.verb, entry.file, entry.side) == ("worker_barred", house.file.uid, house.side)
        assert entry.details == {"member": house.worker.user.pk}

    def test_is_done_from_the_page_of_the_file(self, house):
        answer = house.page(
            house.manager, "file_bar", house.file.uid, user=house.worker.user.pk, reason=WHY
        )

        assert answer.status_code == 302
        assert not house.sees(house.worker)


class TestDeclaringALink:
    def test_shuts_oneself_out_at_once_and_waits_for_the_manager(self, house):
        answer = house.page(house.worker, "file_declare", house.file.uid, reason="Ma voisine.")

        assert answer.status_code == 302
        assert not house.sees(house.worker)
        today = browser(house.manager).get(reverse("today"), follow=True).content.decode()
        assert f"{house.worker.user.name} connaît la personne" in today
        assert house.file.reference in today

    def test_is_told_until_the_manager_has_read_it(self, house):
        barrier = actions.declare(by=house.worker, file=house.file)

        house.page(house.manager, "barrier_seen", barrier.pk, seen="1")

        today = browser(house.manager).get(reverse("today"), follow=True).content.decode()
        assert "connaît la personne" not in today
        assert not house.sees(house.worker)

    def test_may_be_done_by_whoever_sees_the_file_and_nobody_else(self, house):
        assert house.page(house.reception, "file_declare", house.file.uid).status_code == 200
        assert house.page(house.stranger, "file_declare", house.file.uid).status_code == 404

    def test_writes_to_the_managers_without_a_name_or_a_reference(
        self, house, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            actions.declare(by=house.worker, file=house.file, reason="Ma voisine.")

        sent = {message.to[0] for message in mail.outbox}
        assert sent == {house.manager.user.email, house.other_manager.user.email}
        for message in mail.outbox:
            told = message.subject + message.body
            for secret in (
                house.file.reference,
                house.file.uid,
                house.file.last_name,
                house.worker.user.name,
                "voisine",
            ):
                assert secret not in told


class TestAPageThatReads:
    """It seeks the hidden files twice at most, and keeps them no longer than itself."""

    def reading(self, by: Membership) -> Membership:
        by.read_once = {}
        return by

    def seeks(self, house: House, by: Membership) -> list[bool]:
        """Whether each of four lists asks the table of barriers."""
        asked = []
        for _ in range(4):
            with CaptureQueriesContext(connection) as ran:
                list(house.wall.visible(by))
            asked.append(any(house.wall.barriers._meta.db_table in q["sql"] for q in ran))
        return asked

    @pytest.mark.parametrize("who", ["worker", "manager"])
    def test_asks_twice_and_no_more(self, house, who):
        assert self.seeks(house, self.reading(getattr(house, who))) == [True, True, False, False]

    def test_hides_the_same_each_time(self, house):
        restrict(house)
        bar(house, house.other_manager)
        for who in (house.other_manager, house.worker):
            by = self.reading(who)
            assert [house.sees(by) for _ in range(4)] == [False] * 4

    def test_shows_the_same_each_time(self, house):
        by = self.reading(house.worker)

        assert [house.sees(by) for _ in range(4)] == [True] * 4

    def test_leaves_many_to_the_database(self, house, monkeypatch):
        monkeypatch.setattr("maillage.barriers.walls.KEPT", 0)
        bar(house, house.worker)
        by = self.reading(house.worker)

        assert [house.sees(by) for _ in range(4)] == [False] * 4

    def test_is_followed_by_one_that_asks_again(self, house):
        route = "file" if house.side == "programme" else "beneficiary"
        assert house.page(house.worker, route, house.file.uid).status_code == 200
        bar(house, house.worker)

        assert house.page(house.worker, route, house.file.uid).status_code == 404

    def test_keeps_nothing_where_it_writes(self, house):
        assert self.seeks(house, house.worker) == [True] * 4

    def test_is_told_by_the_request_what_it_may_keep(self, house):
        search = "search" if house.side == "programme" else "beneficiary_search"
        shown = house.page(house.worker, search)
        searched = house.page(house.worker, search, q="Untel")
        written = house.page(house.worker, "save_draft", form="essai")

        assert shown.wsgi_request.membership.read_once is not None
        assert searched.wsgi_request.membership.read_once is not None
        assert written.wsgi_request.membership.read_once is None


BROKEN = {
    "barrier_once_while_up": lambda h, of: [
        h.wall.barriers.objects.create(user=h.worker.user, by=h.manager.user, **of)
        for _ in range(2)
    ],
    "barrier_lifting_is_whole": lambda h, of: h.wall.barriers.objects.create(
        user=h.worker.user, by=h.manager.user, lifted_at=timezone.now(), **of
    ),
    "restriction_once_while_up": lambda h, of: [
        h.wall.restrictions.objects.create(by=h.manager.user, **of) for _ in range(2)
    ],
    "restriction_lifting_is_whole": lambda h, of: h.wall.restrictions.objects.create(
        by=h.manager.user, lifted_by=h.manager.user, **of
    ),
    "reader_named_once": lambda h, of: [
        h.wall.readers.objects.create(
            restriction=h.wall.restrictions.objects.get_or_create(by=h.manager.user, **of)[0],
            user=h.worker.user,
            organisation=of["organisation"],
        )
        for _ in range(2)
    ],
    "access_verdict_known": lambda h, of: _access(h, of, verdict="bof", **_signed(h)),
    "access_verdict_is_signed": lambda h, of: _access(h, of, verdict="seen"),
    "access_refused_opens_nothing": lambda h, of: _access(h, of, is_refused=True),
    "access_reviewed_by_another": lambda h, of: _access(
        h, of, verdict="seen", reviewed_at=timezone.now(), reviewed_by=h.worker.user
    ),
}


UNIQUE = {
    "barrier_once_while_up": "barrier.user_id",
    "restriction_once_while_up": "restriction.file_id",
    "reader_named_once": "namedreader.restriction_id",
}


def _signed(house: House) -> dict[str, Any]:
    return {"reviewed_at": timezone.now(), "reviewed_by": house.manager.user}


def _access(house: House, of: dict[str, Any], **given):
    now = timezone.now()
    return house.wall.accesses.objects.create(
        user=house.worker.user,
        reason=WHY,
        opened_at=now,
        until=now + timedelta(hours=1),
        **given,
        **of,
    )


@pytest.mark.parametrize("constraint", BROKEN)
def test_the_database_refuses(house, constraint):
    of = {"organisation": house.file.organisation, "file": house.file}
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        BROKEN[constraint](house, of)

    told = str(refusal.value)
    assert constraint in told or UNIQUE.get(constraint, constraint) in told


def test_every_constraint_of_both_sides_is_tried(house):
    wall = house.wall
    tables = (wall.barriers, wall.restrictions, wall.readers, wall.accesses)
    declared = {c.name for table in tables for c in table._meta.constraints}
    prefix = wall.files._meta.app_label

    assert declared == {f"{prefix}_{name}" for name in BROKEN}


def test_a_file_takes_its_protection_with_it_when_it_is_erased():
    person = ParticipantFactory()
    manager = MembershipFactory(organisation=person.organisation, manager=True)
    actions.declare(by=MembershipFactory(organisation=person.organisation), file=person)
    actions.restrict(by=manager, file=person, reason=WHY)

    person.delete()

    assert not Participant.objects.exists()
    wall = wall_of("programme")
    assert not wall.barriers.objects.exists()
    assert not wall.restrictions.objects.exists()
