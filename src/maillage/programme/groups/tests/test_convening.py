"""Places of a group: none is sold twice, nobody is convened twice, each step stays."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from maillage.core.errors import Refused
from maillage.core.models import TrailEntry
from maillage.network.tests.factories import OrganisationFactory
from maillage.programme.episodes.tests.test_concurrency import at_once
from maillage.programme.groups.actions import convening, enrolling
from maillage.programme.groups.actions.convening import Chosen
from maillage.programme.groups.models import Convocation, Enrolment
from maillage.programme.groups.tests import factories
from maillage.programme.intake.actions import redirect, register_referral
from maillage.programme.intake.models import Barrier, Participant
from maillage.programme.intake.tests.factories import ParticipantFactory

pytestmark = pytest.mark.django_db
SOON = timedelta(days=21)


@pytest.fixture
def waiting(house):
    """Somebody who waits for a course; another one each time it is called."""

    def one(**given):
        person = ParticipantFactory(organisation=house.branch, **given.pop("person", {}))
        referral = house.referral(participant=person, received_on=date(2026, 1, 5))
        return factories.enrolment(referral, user=house.practitioner.user, **given)

    return one


@pytest.fixture
def course(house):
    def one(**given):
        made_from = factories.template(house.branch, capacity=2, smallest=1)
        return factories.group(house.branch, house.site, template=made_from, **given)

    return one


class TestAPlace:
    def test_is_given_with_its_reasons_and_a_dated_step(self, house, waiting, course):
        group, enrolment = course(), waiting()

        convening.convene(
            by=house.reception, group=group, enrolment=enrolment, rank=3, reasons=[["urgent"]]
        )

        enrolment.refresh_from_db()
        assert (enrolment.status, enrolment.group) == ("convened", group)
        kept = Convocation.objects.get(enrolment=enrolment)
        assert (kept.rank, kept.reasons, kept.by) == (3, [["urgent"]], house.reception.user)
        assert [step.status for step in enrolment.steps.all()] == ["to_convene", "convened"]
        told = TrailEntry.objects.filter(verb="enrolment_convened").get()
        assert (told.target, told.file) == (enrolment.uid, enrolment.participant.uid)

    def test_is_not_given_beyond_the_last(self, house, waiting, course):
        group = course()
        for _ in range(2):
            convening.convene(by=house.reception, group=group, enrolment=waiting())

        with pytest.raises(Refused, match="Toutes les places"):
            convening.convene(by=house.reception, group=group, enrolment=waiting())

    def test_is_given_to_more_than_there_are_places_where_the_run_says_so(
        self, house, waiting, course
    ):
        group = course(most=3)
        for _ in range(3):
            convening.convene(by=house.reception, group=group, enrolment=waiting())

        assert convening.seated(group) == 3

    def test_is_free_again_once_somebody_asks_for_later(self, house, waiting, course):
        group, leaving = course(capacity=1), waiting()
        convening.convene(by=house.reception, group=group, enrolment=leaving)
        until = timezone.localdate() + timedelta(days=40)

        enrolling.postpone(by=house.reception, enrolment=leaving, until=until, reason="Travail")
        convening.convene(by=house.reception, group=group, enrolment=waiting())

        leaving.refresh_from_db()
        assert (leaving.status, leaving.group, leaving.not_before) == ("postponed", None, until)
        assert leaving.steps.last().group == group

    def test_of_a_file_one_may_not_see_still_counts(self, house, waiting, course):
        group, hidden = course(capacity=1), waiting()
        convening.convene(by=house.reception, group=group, enrolment=hidden)
        Barrier.objects.create(
            file=hidden.participant, organisation=house.branch, user=house.colleague.user,
            by=house.manager.user,
        )  # fmt: skip

        assert not Enrolment.objects.visible_to(house.colleague).filter(pk=hidden.pk).exists()
        with pytest.raises(Refused, match="Toutes les places"):
            convening.convene(by=house.colleague, group=group, enrolment=waiting())


class TestWhoMayNotSitThere:
    def test_the_other_one_of_a_couple(self, house, waiting, course):
        group, one, other = course(), waiting(), waiting()
        enrolling.keep_apart(by=house.reception, one=one.participant, other=other.participant)
        convening.convene(by=house.reception, group=group, enrolment=one)

        with pytest.raises(Refused, match="même session"):
            convening.convene(by=house.reception, group=group, enrolment=other)

    def test_a_man_in_a_session_for_women(self, house, waiting, course):
        with pytest.raises(Refused, match="réservé"):
            convening.convene(
                by=house.reception, group=course(audience="women"), enrolment=waiting()
            )

    def test_somebody_before_the_day_they_asked_for(self, house, waiting, course):
        enrolment = waiting(not_before=timezone.localdate() + timedelta(days=60))

        with pytest.raises(Refused, match="pas avant"):
            convening.convene(by=house.reception, group=course(), enrolment=enrolment)

    def test_somebody_once_a_closed_group_began(self, house, waiting, course):
        group = course(starts_on=timezone.localdate() - timedelta(days=1))

        with pytest.raises(Refused, match="a commencé"):
            convening.convene(by=house.reception, group=group, enrolment=waiting())

    def test_somebody_who_waits_for_something_else(self, house, waiting, course):
        with pytest.raises(Refused, match="autre chose"):
            convening.convene(
                by=house.reception, group=course(), enrolment=waiting(kind="workshop")
            )

    def test_somebody_twice(self, house, waiting, course):
        enrolment = waiting()
        convening.convene(by=house.reception, group=course(), enrolment=enrolment)

        with pytest.raises(Refused, match="n’est plus à convoquer"):
            convening.convene(by=house.reception, group=course(), enrolment=enrolment)


class TestTheWholeList:
    def test_leaves_out_whoever_is_no_longer_free_and_keeps_the_rest(self, house, waiting, course):
        gone, free = waiting(), waiting()
        convening.convene(by=house.reception, group=course(), enrolment=gone)

        done, left = convening.convene_all(
            by=house.manager, group=course(), chosen=[Chosen(gone), Chosen(free)]
        )

        assert done == [free]
        assert [one for one, _ in left] == [gone]

    @pytest.mark.parametrize("who", ["dpo", "coordinator"])
    def test_is_not_for_who_convenes_nobody(self, house, waiting, course, who):
        with pytest.raises(PermissionDenied):
            convening.convene(by=getattr(house, who), group=course(), enrolment=waiting())

    @pytest.mark.parametrize("who", ["stranger", "other_side", "ended"])
    def test_is_unknown_to_strangers(self, house, waiting, course, who):
        with pytest.raises((PermissionDenied, Enrolment.DoesNotExist, course().DoesNotExist)):
            convening.convene(by=getattr(house, who), group=course(), enrolment=waiting())


class TestAsking:
    def test_puts_on_the_list_at_the_rank_of_the_referral(self, house):
        referral = house.referral(received_on=date(2026, 1, 5))

        enrolment = enrolling.ask(by=house.reception, referral=referral, kind="course")

        assert (enrolment.asked_on, enrolment.status) == (date(2026, 1, 5), "to_convene")
        with pytest.raises(Refused, match="déjà inscrite"):
            enrolling.ask(by=house.reception, referral=referral, kind="course")

    def test_past_six_months_the_agreement_of_the_referrer_is_asked_then_kept(self, house, waiting):
        enrolment = waiting()
        with pytest.raises(Refused, match="pas encore été demandé"):
            enrolling.agree_extension(by=house.reception, enrolment=enrolment)

        enrolling.ask_extension(by=house.reception, enrolment=enrolment)
        enrolling.agree_extension(by=house.reception, enrolment=enrolment)

        enrolment.refresh_from_db()
        assert enrolment.extension_agreed_on == timezone.localdate()

    def test_two_files_are_kept_apart_once_whatever_the_order(self, house, waiting):
        one, other = waiting().participant, waiting().participant
        first = enrolling.keep_apart(by=house.reception, one=other, other=one)

        assert enrolling.keep_apart(by=house.reception, one=one, other=other) == first
        with pytest.raises(Refused, match="autre personne"):
            enrolling.keep_apart(by=house.reception, one=one, other=one)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_receptions_sell_no_place_twice(self, house, waiting, course):
        group = course(capacity=1)
        one, other = waiting(), waiting()

        raised = at_once(
            lambda: convening.convene(by=house.reception, group=group, enrolment=one),
            lambda: convening.convene(by=house.manager, group=group, enrolment=other),
        )

        assert sorted(type(error).__name__ for error in raised) == ["NoneType", "Refused"]
        assert convening.seated(group) == 1

    def test_two_receptions_convene_nobody_twice(self, house, waiting, course):
        here, there, enrolment = course(), course(), waiting()

        raised = at_once(
            lambda: convening.convene(by=house.reception, group=here, enrolment=enrolment),
            lambda: convening.convene(by=house.manager, group=there, enrolment=enrolment),
        )

        assert sorted(type(error).__name__ for error in raised) == ["NoneType", "Refused"]
        assert Convocation.objects.filter(enrolment=enrolment).count() == 1

    def test_a_couple_convened_by_two_at_once_does_not_meet(self, house, waiting, course):
        group, one, other = course(), waiting(), waiting()
        enrolling.keep_apart(by=house.reception, one=one.participant, other=other.participant)

        raised = at_once(
            lambda: convening.convene(by=house.reception, group=group, enrolment=one),
            lambda: convening.convene(by=house.manager, group=group, enrolment=other),
        )

        assert sorted(type(error).__name__ for error in raised) == ["NoneType", "Refused"]


def test_a_person_of_another_branch_is_not_kept_apart_here(house, waiting):
    foreign: Participant = ParticipantFactory(organisation=house.stranger.organisation)

    with pytest.raises(Refused, match="pas de dossier ici"):
        enrolling.keep_apart(by=house.reception, one=waiting().participant, other=foreign)


class TestWhatAReferralAsks:
    def register(self, house, *modules):
        return register_referral(
            by=house.reception,
            identity={"last_name": "Inventé", "first_name": "Camille", "sex": "H"},
            referral={
                "received_on": date(2026, 1, 5),
                "referrer_category": "spip",
                "legal_framework": "presentenciel",
            },
            modules=modules,
        )

    def test_is_on_the_list_at_once_with_no_other_act(self, house):
        referral = self.register(house, "stage", "suivi_psychologique")

        enrolment = Enrolment.objects.get()
        assert (enrolment.kind, enrolment.asked_on) == ("course", date(2026, 1, 5))
        assert enrolment.participant == referral.participant

    def test_and_follows_to_the_branch_that_receives_it(self, house):
        referral = self.register(house, "stage")
        other = OrganisationFactory(branch=True)

        redirect(by=house.manager, referral=referral, to=other, on=timezone.localdate())

        theirs = Enrolment.objects.get(organisation=other)
        assert theirs.asked_on == timezone.localdate()
        assert not Enrolment.objects.visible_to(house.manager).to_convene().exists()
