"""Ticks on a telephone, what follows when a session closes, and what is attested by rules alone."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from maillage.barriers.actions import restrict
from maillage.core import seals
from maillage.core.errors import Refused
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.tests.test_concurrency import at_once
from maillage.programme.groups.actions import attending, certificates
from maillage.programme.groups.certifying import verdict
from maillage.programme.groups.models import Attendance, Certificate, Session
from maillage.programme.groups.tests import factories
from maillage.programme.intake.tests.factories import ParticipantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(house):
    """A course of two sessions of seven hours that were held these last two days."""
    yesterday = timezone.localdate() - timedelta(days=2)
    return factories.group(house.branch, house.site, starts_on=yesterday)


@pytest.fixture
def seated(house, held):
    def one(**given):
        person = ParticipantFactory(organisation=house.branch)
        referral = house.referral(participant=person, received_on=date(2026, 1, 5))
        return factories.enrolment(referral, user=house.practitioner.user, group=held, **given)

    return one


def tick(by, session, enrolment, present: bool = True, **given):
    given = {"tick": uuid4(), "ticked_at": timezone.now()} | given
    return attending.tick(by=by, session=session, enrolment=enrolment, is_present=present, **given)


class TestATick:
    def test_sent_twice_is_written_once(self, house, held, seated):
        enrolment, session, same = seated(), held.sessions.first(), uuid4()

        for _ in range(2):
            tick(house.practitioner, session, enrolment, tick=same)

        assert Attendance.objects.count() == 1
        assert enrolment.steps.filter(status="attending").count() == 1

    def test_the_later_of_two_stands_in_whatever_order_they_arrive(self, house, held, seated):
        enrolment, session, now = seated(), held.sessions.first(), timezone.now()

        tick(house.practitioner, session, enrolment, False, ticked_at=now)
        tick(house.colleague, session, enrolment, True, ticked_at=now - timedelta(minutes=3))

        assert not Attendance.objects.get().is_present

    def test_the_first_presence_opens_the_follow_up_with_its_module(self, house, held, seated):
        enrolment, session = seated(), held.sessions.first()

        tick(house.reception, session, enrolment)

        enrolment.refresh_from_db()
        assert enrolment.status == "attending"
        episode = Episode.objects.get(referral=enrolment.referral)
        assert (episode.entered_on, episode.site) == (session.day, house.site)
        assert [module.code for module in episode.modules.all()] == ["stage"]
        assert enrolment.referral.__class__.objects.get().status == "accepted"

    def test_an_absence_keeps_its_reason_and_no_lateness(self, house, held, seated):
        enrolment = seated()

        mark = tick(
            house.practitioner, held.sessions.first(), enrolment, False, reason="illness",
            minutes_late=20, complied=True,
        )  # fmt: skip

        assert (mark.reason, mark.minutes_late, mark.complied) == ("illness", 0, None)
        assert mark.is_justified

    def test_before_the_session_is_refused(self, house, seated, held):
        session = held.sessions.first()
        session.starts_at = timezone.now() + timedelta(hours=3)
        session.save()

        with pytest.raises(Refused, match="pas encore eu lieu"):
            tick(house.practitioner, session, seated())

    def test_of_somebody_of_another_group_is_refused_unless_it_catches_up(
        self, house, held, seated
    ):
        enrolment = seated()
        elsewhere = factories.group(house.branch, house.site, starts_on=held.starts_on)
        session = elsewhere.sessions.first()

        with pytest.raises(Refused, match="pas de ce groupe"):
            tick(house.practitioner, session, enrolment)
        tick(house.practitioner, session, enrolment, catches_up=held.sessions.last())

        assert verdict(enrolment).attended == 1

    def test_is_unknown_to_a_stranger(self, house, held, seated):
        with pytest.raises((PermissionDenied, seated().DoesNotExist)):
            tick(house.stranger, held.sessions.first(), seated())


@pytest.mark.django_db(transaction=True)
def test_thirty_people_ticking_at_once_lose_nothing(house, held, seated):
    everybody = [seated() for _ in range(30)]
    session = held.sessions.first()

    raised = at_once(*(lambda one=one: tick(house.practitioner, session, one) for one in everybody))

    assert raised == [None] * 30
    assert Attendance.objects.filter(is_present=True).count() == 30
    assert Episode.objects.count() == 30


class TestClosingASession:
    def test_asks_for_those_who_have_no_mark(self, house, held, seated):
        seated()

        with pytest.raises(Refused, match="1 personne"):
            attending.close_session(by=house.practitioner, session=held.sessions.first())

    def test_those_who_never_came_leave_excused_or_absent(self, house, held, seated):
        session = held.sessions.first()
        came, ill, gone = seated(), seated(), seated()
        tick(house.practitioner, session, came)
        tick(house.practitioner, session, ill, False, reason="illness")
        tick(house.practitioner, session, gone, False)

        told = attending.close_session(by=house.practitioner, session=session, debrief="Calme.")

        assert told == {"absent": 1, "excused": 1, "completed": 0}
        for one in (came, ill, gone):
            one.refresh_from_db()
        assert (came.status, ill.status, gone.status) == ("attending", "excused", "absent")
        assert ill.group is None
        assert Session.objects.get(pk=session.pk).debrief == "Calme."

    def test_after_the_last_one_whoever_met_the_rules_has_completed(self, house, held, seated):
        both, one_only = seated(), seated()
        for session in held.sessions.all():
            tick(house.practitioner, session, both)
            tick(house.practitioner, session, one_only, session.number == 1)
            attending.close_session(by=house.practitioner, session=session)

        both.refresh_from_db()
        one_only.refresh_from_db()
        held.refresh_from_db()
        assert (both.status, one_only.status, held.status) == ("completed", "absent", "finished")
        module = Episode.objects.get(referral=both.referral).modules.get()
        assert module.ends_on == held.sessions.last().day


def through(house, held, *enrolments, absent_at=(), **reason):
    """Both sessions held and closed; the first person is absent at those named."""
    for session in held.sessions.all():
        for rank, one in enumerate(enrolments):
            here = rank or session.number not in absent_at
            one.refresh_from_db()
            if one.takes_a_place:
                tick(house.practitioner, session, one, bool(here), **({} if here else reason))
        attending.close_session(by=house.practitioner, session=session)
    for one in enrolments:
        one.refresh_from_db()


class TestCatchingUp:
    """A session missed in one group is made up for in another (R102)."""

    @pytest.fixture
    def missed(self, house, held, seated):
        """One of two days, the other excused, in a course that is over since."""
        enrolment, (first, last) = seated(), held.sessions.all()
        tick(house.practitioner, first, enrolment)
        attending.close_session(by=house.practitioner, session=first)
        tick(house.practitioner, last, enrolment, False, reason="illness")
        attending.close_session(by=house.practitioner, session=last)
        return Attendance.objects.get(enrolment=enrolment, is_present=False)

    @pytest.fixture
    def next_one(self, house, held):
        """The same course again, a day later."""
        day = held.starts_on + timedelta(days=1)
        again = factories.group(house.branch, house.site, starts_on=day, template=held.template)
        first = again.sessions.first()
        first.starts_at += timedelta(hours=1)  # nobody is in two rooms at once
        first.save()
        return first

    def page(self, signed_in, by, session):
        return signed_in(by).get(reverse("catch_up", args=[session.pk]))

    def test_whoever_goes_on_is_offered_what_they_missed(self, house, missed, next_one, signed_in):
        shown = self.page(signed_in, house.practitioner, next_one)

        assert list(shown.context["missed"]) == [missed]

    def test_makes_up_for_the_session_and_ends_the_course(self, house, missed, next_one, signed_in):
        client = signed_in(house.practitioner)
        for _ in range(2):  # a double click
            client.post(reverse("catch_up", args=[next_one.pk]), {"missed": missed.pk})
        told = attending.close_session(by=house.practitioner, session=next_one)

        enrolment = missed.enrolment
        enrolment.refresh_from_db()
        assert told["completed"] == 1
        assert enrolment.status == "completed"
        assert enrolment.attendances.count() == 3
        assert verdict(enrolment).is_earned

    def test_ticked_again_it_stays_one(self, house, missed, next_one):
        attending.catch_up(by=house.practitioner, session=next_one, missed=missed)

        tick(house.practitioner, next_one, missed.enrolment, minutes_late=10)

        mark = Attendance.objects.get(session=next_one)
        assert (mark.minutes_late, mark.catches_up) == (10, missed.session)

    def test_is_offered_neither_twice_nor_where_the_course_is_another(
        self, house, missed, next_one, signed_in
    ):
        offer = factories.offer(house.branch, kind="workshop")
        workshop = factories.group(
            house.branch,
            house.site,
            starts_on=next_one.group.starts_on,
            template=factories.template(house.branch, offer=offer),
        )
        other = workshop.sessions.first()
        assert not self.page(signed_in, house.practitioner, other).context["missed"]

        attending.catch_up(by=house.practitioner, session=next_one, missed=missed)

        later = next_one.group.sessions.last()
        assert not self.page(signed_in, house.practitioner, later).context["missed"]

    def test_of_a_file_one_is_shut_out_of_is_not_offered(self, house, missed, next_one, signed_in):
        restrict(by=house.manager, file=missed.enrolment.participant, reason="Famille d’un agent")

        assert not self.page(signed_in, house.reception, next_one).context["missed"]
        assert self.page(signed_in, house.stranger, next_one).status_code == 404


class TestACertificate:
    def test_exists_when_hours_and_sessions_are_met(self, house, held, seated):
        enrolment = seated()
        through(house, held, enrolment)

        made = certificates.issue(by=house.practitioner, enrolment=enrolment)

        assert (made.kind, made.minutes) == ("completion", 840)
        assert made.number == f"{timezone.localdate().year}-0001"

    def test_otherwise_a_report_of_non_attendance_says_what_misses(self, house, held, seated):
        missed, other = seated(), seated()
        through(house, held, missed, other, absent_at=(2,))

        made = certificates.issue(by=house.practitioner, enrolment=missed)

        assert (made.kind, made.minutes) == ("non_attendance", 420)
        assert verdict(missed).missing == [
            "1 absence sans justificatif",
            "1 séance manquée, non rattrapée",
            "7\u00a0h suivies sur 14\u00a0h demandées",
        ]

    def test_does_not_exist_while_the_course_goes_on(self, house, held, seated):
        enrolment = seated()
        tick(house.practitioner, held.sessions.first(), enrolment)

        with pytest.raises(Refused, match="pas terminé"):
            certificates.issue(by=house.practitioner, enrolment=enrolment)

    def test_is_made_once_and_numbered_without_a_gap(self, house, held, seated):
        one, other = seated(), seated()
        through(house, held, one, other)
        year = timezone.localdate().year

        first = certificates.issue(by=house.practitioner, enrolment=one)
        with pytest.raises(Refused, match="déjà établi"):
            certificates.issue(by=house.practitioner, enrolment=one)
        second = certificates.issue(by=house.manager, enrolment=other)

        assert [first.number, second.number] == [f"{year}-0001", f"{year}-0002"]

    def test_lateness_counts_against_the_hours(self, house, held, seated):
        enrolment = seated()
        first, last = held.sessions.all()
        tick(house.practitioner, first, enrolment, minutes_late=30)
        tick(house.practitioner, last, enrolment)

        assert verdict(enrolment).missing == ["13\u00a0h\u00a030 suivies sur 14\u00a0h demandées"]

    def test_is_not_made_by_the_reception(self, house, held, seated):
        enrolment = seated()
        through(house, held, enrolment)

        with pytest.raises(PermissionDenied):
            certificates.issue(by=house.reception, enrolment=enrolment)


@pytest.mark.django_db(transaction=True)
def test_two_certificates_made_at_once_bear_two_numbers(house, held, seated):
    one, other = seated(), seated()
    through(house, held, one, other)

    raised = at_once(
        lambda: certificates.issue(by=house.practitioner, enrolment=one),
        lambda: certificates.issue(by=house.manager, enrolment=other),
    )

    assert raised == [None, None]
    assert len(set(Certificate.objects.values_list("number", flat=True))) == 2


def test_the_code_of_a_certificate_is_sealed_and_refused_once_revoked(house, held, seated):
    enrolment = seated()
    through(house, held, enrolment)
    made = certificates.issue(by=house.practitioner, enrolment=enrolment)

    assert seals.is_valid(made.code)
    certificates.revoke(by=house.practitioner, certificate=made, reason="Erreur de nom")
    assert not seals.is_valid(made.code)
    again = certificates.issue(by=house.practitioner, enrolment=enrolment)
    assert again.code != made.code


def test_the_page_of_certificates_costs_the_same_for_many(
    house, held, seated, signed_in, django_assert_max_num_queries
):
    everybody = [seated() for _ in range(6)]
    through(house, held, *everybody)
    client = signed_in(house.practitioner)

    with django_assert_max_num_queries(24):
        page = client.get(reverse("certificates", args=[held.uid])).content.decode()

    assert page.count("remplies</span>") == 6
