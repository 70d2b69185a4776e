"""An emergency opens a restricted file for a time, with a reason, told at once and reviewed."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from tests.houses import WHY, House, bar, browser, restrict

from maillage.barriers import actions
from maillage.core.errors import Refused
from maillage.core.models import TrailEntry
from maillage.network.models import Membership
from maillage.network.tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def open_it(house: House, by: Membership, reason: str = WHY):
    return actions.open_exceptionally(by=by, reference=house.file.reference, reason=reason)


class TestAnEmergency:
    def test_opens_a_restricted_file_for_an_hour_and_no_longer(self, house):
        restrict(house)
        assert not house.sees(house.worker)

        assert open_it(house, house.worker) == house.file

        assert house.sees(house.worker)
        house.wall.accesses.objects.update(
            opened_at=timezone.now() - timedelta(minutes=61), until=timezone.now()
        )
        assert not house.sees(house.worker)

    def test_lasts_as_long_as_the_host_says(self, house, settings):
        settings.EXCEPTIONAL_MINUTES = 5
        restrict(house)

        open_it(house, house.worker)

        [access] = house.wall.accesses.objects.all()
        assert access.until - access.opened_at == timedelta(minutes=5)

    def test_opens_to_whoever_asked_alone(self, house):
        restrict(house)

        open_it(house, house.worker)

        assert not house.sees(house.reception)

    def test_tells_the_manager_at_once_on_their_page_and_by_mail(
        self, house, django_capture_on_commit_callbacks
    ):
        restrict(house)

        with django_capture_on_commit_callbacks(execute=True):
            open_it(house, house.worker)

        today = browser(house.manager).get(reverse("today"), follow=True).content.decode()
        assert "ouvert en urgence" in today
        assert house.worker.user.name in today
        assert {m.to[0] for m in mail.outbox} == {
            house.manager.user.email,
            house.other_manager.user.email,
        }
        assert all(house.file.reference not in m.subject + m.body for m in mail.outbox)

    def test_says_nothing_to_a_manager_who_is_barred(
        self, house, django_capture_on_commit_callbacks
    ):
        restrict(house)
        bar(house, house.other_manager)

        with django_capture_on_commit_callbacks(execute=True):
            open_it(house, house.worker)

        today = browser(house.other_manager).get(reverse("today"), follow=True).content.decode()
        assert house.file.reference not in today
        assert [m.to[0] for m in mail.outbox] == [house.manager.user.email]

    def test_warns_on_the_page_of_the_file(self, house):
        restrict(house)
        open_it(house, house.worker)
        route = house.wall.file_route

        page = house.page(house.worker, route, house.file.uid).content.decode()

        assert "Accès exceptionnel jusqu’à" in page
        quiet = house.page(house.practitioner, route, house.file.uid).content.decode()
        assert "Accès exceptionnel jusqu’à" not in quiet

    def test_wants_a_reason(self, house):
        restrict(house)
        with pytest.raises(Refused):
            open_it(house, house.worker, reason="vite")

        assert not house.sees(house.worker)

    def test_answers_the_same_for_a_barred_file_and_for_none(self, house):
        bar(house, house.worker)

        def told(reference: str) -> str:
            page = house.page(house.worker, "exceptional_access", reference=reference, reason=WHY)
            assert page.status_code == 200
            text = page.content.decode().replace(reference, "")
            return "\n".join(line for line in text.splitlines() if "csrf" not in line.lower())

        assert told(house.file.reference) == told("9999-9999")

    def test_opens_nothing_of_another_organisation_or_side(self, house):
        restrict(house)

        for by in (house.stranger, house.other_side):
            assert open_it(house, by) is None

        assert house.wall.accesses.objects.count() == 0

    @pytest.mark.parametrize("role", ["dpo", "coordinator", "administrator"])
    def test_is_of_roles_that_read_files(self, house, role):
        by = MembershipFactory(
            organisation=house.file.organisation, support=house.side == "support", **{role: True}
        )
        restrict(house)

        with pytest.raises(PermissionDenied):
            open_it(house, by)

    def test_is_reviewed_by_a_manager_once(self, house):
        restrict(house)
        open_it(house, house.worker)
        access = house.wall.accesses.objects.get()

        house.page(house.manager, "access_review", access.pk, verdict="unjustified", comment="Non")

        access.refresh_from_db()
        assert (access.verdict, access.reviewed_by) == ("unjustified", house.manager.user)
        with pytest.raises(Refused):
            actions.review(by=house.other_manager, opening=access, verdict="seen")

    def test_is_not_reviewed_by_whoever_opened(self, house):
        restrict(house)
        open_it(house, house.worker)
        promoted = MembershipFactory(
            organisation=house.file.organisation,
            user=house.worker.user,
            support=house.side == "support",
            manager=True,
        )
        access = house.wall.accesses.objects.get()

        with pytest.raises(Refused):
            actions.review(by=promoted, opening=access, verdict="seen")

    def test_leaves_its_entries_in_the_trail(self, house):
        restrict(house)
        open_it(house, house.worker)

        entry = TrailEntry.objects.latest("pk")
        assert (entry.verb, entry.file) == ("exceptional_access_opened", house.file.uid)
        assert WHY not in str(entry.details)
