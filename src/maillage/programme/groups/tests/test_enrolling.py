"""What happens to a demand: each act a dated step; a mistake is undone and nothing overwritten."""

import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from maillage.core.errors import Refused
from maillage.core.models import TrailEntry
from maillage.programme.episodes.tests.test_concurrency import at_once
from maillage.programme.groups.actions import convening, enrolling
from maillage.programme.groups.actions.convening import Chosen
from maillage.programme.groups.models import Convocation, Enrolment, Offer
from maillage.programme.groups.statistics import convened_by_run, in_order
from maillage.programme.groups.tests import factories
from maillage.programme.groups.tests.enrolments import act, convene, end, today
from maillage.programme.groups.tests.test_attendance import tick
from maillage.programme.intake import actions as intake
from maillage.programme.intake.models import Barrier

pytestmark = pytest.mark.django_db


def states(enrolment) -> list[str]:
    return [step.status for step in enrolment.steps.all()]


class TestAStepNotedByMistake:
    def test_is_undone_and_stays_in_the_history(self, house, waiting, course):
        group, enrolment = course(), waiting()
        convene(house, group, enrolment)
        act(house, enrolment, "miss", reason="Pas venu")

        enrolling.undo(by=house.manager, enrolment=enrolment, reason="C’était un autre")

        enrolment.refresh_from_db()
        assert (enrolment.status, enrolment.group) == ("convened", group)
        assert states(enrolment) == ["to_convene", "convened", "absent", "convened"]
        assert [step.status for step in enrolment.steps.standing()] == ["to_convene", "convened"]
        told = TrailEntry.objects.get(verb="enrolment_step_undone")
        assert (told.target, told.details["undone"]) == (enrolment.uid, "absent")

    def test_is_not_told_to_the_figures(self, house, waiting, course):
        group, enrolment = course(), waiting()
        convene(house, group, enrolment)
        assert convened_by_run(organisation=house.branch) == {group.pk: 1}

        enrolling.undo(by=house.reception, enrolment=enrolment)

        assert convened_by_run(organisation=house.branch) == {}
        assert [step.status for step in in_order(enrolment.steps.all())] == ["to_convene"]

    def test_is_undone_one_after_the_other_to_the_demand_itself(self, house, waiting, course):
        enrolment = waiting()
        convene(house, course(), enrolment)
        act(house, enrolment, "confirm")

        for expected in ("convened", "to_convene"):
            enrolling.undo(by=house.reception, enrolment=enrolment)
            enrolment.refresh_from_db()
            assert enrolment.status == expected

        assert enrolment.group is None
        with pytest.raises(Refused, match="pas d’étape à annuler"):
            enrolling.undo(by=house.reception, enrolment=enrolment)

    def test_brings_back_until_when_a_postponement_was(self, house, waiting):
        enrolment, until = waiting(), today() + timedelta(days=40)
        enrolling.postpone(by=house.reception, enrolment=enrolment, until=until)
        act(house, enrolment, "cancel", reason="Erreur")

        enrolling.undo(by=house.reception, enrolment=enrolment)

        enrolment.refresh_from_db()
        assert (enrolment.status, enrolment.not_before) == ("postponed", until)
        assert enrolment.ended_on is None

    def test_takes_no_place_that_was_given_meanwhile(self, house, waiting, course):
        group, enrolment = course(capacity=1), waiting()
        convene(house, group, enrolment)
        act(house, enrolment, "cancel")
        convene(house, group, waiting())

        with pytest.raises(Refused, match="ont été prises depuis"):
            enrolling.undo(by=house.reception, enrolment=enrolment)

        enrolment.refresh_from_db()
        assert enrolment.status == "cancelled"

    def test_puts_no_couple_together(self, house, waiting, course):
        group, one, other = course(), waiting(), waiting()
        convene(house, group, one)
        act(house, one, "withdraw")
        enrolling.keep_apart(by=house.reception, one=one.participant, other=other.participant)
        convene(house, group, other)

        with pytest.raises(Refused, match="même session"):
            enrolling.undo(by=house.reception, enrolment=one)

    def test_leaves_a_day_free_that_only_the_mistake_forbade(self, house, waiting, course):
        asked = today() - timedelta(days=20)
        enrolment = waiting(sent={"received_on": asked})
        convene(house, course(), enrolment, on=today() - timedelta(days=10))
        act(house, enrolment, "miss")
        enrolling.undo(by=house.reception, enrolment=enrolment)

        act(house, enrolment, "confirm", on=today() - timedelta(days=3))

        enrolment.refresh_from_db()
        assert enrolment.status == "confirmed"

    def test_is_corrected_in_the_register_where_it_came_from_it(self, house, waiting, course):
        group = course(starts_on=today())
        session = group.sessions.first()
        session.starts_at = timezone.now()
        session.save()
        enrolment = waiting(group=group)
        tick(house.practitioner, session, enrolment)

        with pytest.raises(Refused, match="émargement"):
            enrolling.undo(by=house.reception, enrolment=enrolment)

    @pytest.mark.parametrize("who", ["dpo", "coordinator"])
    def test_is_not_undone_by_who_convenes_nobody(self, house, waiting, who):
        with pytest.raises(PermissionDenied):
            enrolling.undo(by=getattr(house, who), enrolment=waiting())

    def test_is_not_undone_by_a_stranger(self, house, waiting, course):
        enrolment = waiting()
        convene(house, course(), enrolment)

        with pytest.raises((Enrolment.DoesNotExist, course().DoesNotExist)):
            enrolling.undo(by=house.stranger, enrolment=enrolment)

    def test_is_undone_once(self, house, waiting, course):
        enrolment = waiting()
        convene(house, course(), enrolment)
        enrolling.undo(by=house.reception, enrolment=enrolment)
        wrong = enrolment.steps.get(status="convened")

        with pytest.raises(IntegrityError):
            enrolment.steps.create(
                status="to_convene", on=today(), by=house.reception.user, undoes=wrong
            )


class TestASecondSummons:
    def test_to_one_run_stands_beside_the_first(self, house, waiting, course):
        group, enrolment = course(), waiting()
        convene(house, group, enrolment, rank=4, reasons=[["urgent"]])
        act(house, enrolment, "withdraw")

        convene(house, group, enrolment, rank=1, reasons=[["by_hand"]])

        kept = Convocation.objects.filter(enrolment=enrolment).order_by("pk")
        assert [(one.rank, one.reasons) for one in kept] == [(4, [["urgent"]]), (1, [["by_hand"]])]
        assert convened_by_run(organisation=house.branch) == {group.pk: 1}

    def test_follows_an_absence(self, house, waiting, course):
        enrolment = waiting()
        convene(house, course(), enrolment)
        act(house, enrolment, "miss")

        convene(house, course(), enrolment)

        assert states(enrolment) == ["to_convene", "convened", "absent", "convened"]

    def test_to_a_group_that_goes_on_counts_from_its_next_session(self, house, waiting, course):
        """The run began long before the day until which the person asked to wait."""
        offer = factories.offer(house.branch, kind=Offer.Kind.TALK_GROUP, entry=Offer.Entry.OPEN)
        made_from = factories.template(house.branch, offer=offer, sessions=60, minutes=120)
        group = course(template=made_from, starts_on=today() - timedelta(days=30))
        kind, yesterday = {"kind": "talk_group"}, today() - timedelta(days=1)
        free = waiting(not_before=yesterday, status="postponed", **kind)
        later = waiting(not_before=today() + timedelta(days=50), status="postponed", **kind)

        convene(house, group, free)
        with pytest.raises(Refused, match="pas avant"):
            convene(house, group, later)

    def test_keeps_an_absent_partner_out_of_the_room(self, house, waiting, course):
        """Who was absent once may still come to the next session of the run."""
        group, one, other = course(), waiting(), waiting()
        enrolling.keep_apart(by=house.reception, one=one.participant, other=other.participant)
        convene(house, group, one)
        act(house, one, "miss")

        with pytest.raises(Refused, match="même session"):
            convene(house, group, other)


class TestAnAbsence:
    def test_is_excused_once_the_proof_comes(self, house, waiting, course):
        enrolment = waiting()
        convene(house, course(), enrolment)
        act(house, enrolment, "miss")

        act(house, enrolment, "excuse", reason="Certificat reçu")

        enrolment.refresh_from_db()
        assert (enrolment.status, enrolment.group) == ("excused", None)


class TestTheAgreementOfTheReferrer:
    def test_is_asked_once_and_answered_once(self, house, late):
        enrolment = late()
        enrolling.ask_extension(by=house.reception, enrolment=enrolment)
        with pytest.raises(Refused, match="déjà été demandé"):
            enrolling.ask_extension(by=house.reception, enrolment=enrolment)

        enrolling.refuse_extension(by=house.reception, enrolment=enrolment)

        with pytest.raises(Refused, match="déjà notée"):
            enrolling.agree_extension(by=house.reception, enrolment=enrolment)

    def test_noted_by_mistake_is_taken_back_and_the_trail_keeps_the_days(self, house, late):
        enrolment = late()
        enrolling.ask_extension(by=house.reception, enrolment=enrolment)
        enrolling.agree_extension(by=house.reception, enrolment=enrolment)

        enrolling.forget_extension(by=house.reception, enrolment=enrolment)

        enrolment.refresh_from_db()
        assert (enrolment.extension_asked_on, enrolment.extension_agreed_on) == (None, None)
        told = TrailEntry.objects.get(verb="enrolment_extension_forgotten").details
        assert told["extension_agreed_on"] == today().isoformat()

    @pytest.mark.parametrize("days", [1, -400])
    def test_is_neither_of_tomorrow_nor_before_the_demand(self, house, late, days):
        with pytest.raises(Refused):
            enrolling.ask_extension(
                by=house.reception, enrolment=late(), on=today() + timedelta(days=days)
            )


class TestTwoPeopleKeptApart:
    def test_who_sit_together_already_are_told(self, house, waiting, course):
        group, one, other = course(), waiting(), waiting()
        convene(house, group, one)
        convene(house, group, other)

        enrolling.keep_apart(by=house.reception, one=one.participant, other=other.participant)

        assert enrolling.seated_together(one.participant, other.participant) == group
        assert enrolling.seated_together(one.participant, waiting().participant) is None

    def test_may_be_convened_together_again(self, house, waiting, course):
        group, one, other = course(), waiting(), waiting()
        enrolling.keep_apart(by=house.reception, one=one.participant, other=other.participant)

        enrolling.lift_apart(by=house.manager, one=other.participant, other=one.participant)

        convene(house, group, one)
        convene(house, group, other)
        assert TrailEntry.objects.filter(verb="kept_apart_lifted").count() == 2

    def test_are_not_brought_together_by_who_may_not_see_one(self, house, waiting):
        one, other = waiting(), waiting()
        enrolling.keep_apart(by=house.reception, one=one.participant, other=other.participant)
        Barrier.objects.create(
            file=other.participant, organisation=house.branch, user=house.colleague.user,
            by=house.manager.user,
        )  # fmt: skip

        with pytest.raises(Refused, match="ne sont pas séparées"):
            enrolling.lift_apart(by=house.colleague, one=one.participant, other=other.participant)


class TestWhoBegins:
    def test_while_another_follow_up_goes_on_has_the_module_added_to_it(self, house, course):
        episode = house.episode()
        again = house.referral(participant=episode.participant, number=2)
        group = course(starts_on=today())
        session = group.sessions.first()
        session.starts_at = timezone.now()
        session.save()
        enrolment = factories.enrolment(again, user=house.reception.user, group=group)

        tick(house.practitioner, session, enrolment)

        assert [module.code for module in episode.modules.filter(code="stage")] == ["stage"]
        assert episode.participant.episodes.count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_lists_in_opposite_orders_do_not_wait_for_each_other(self, house, waiting, course):
        people = [waiting() for _ in range(8)]
        here, there = course(capacity=8), course(capacity=8)

        def list_of(group, by, ordered):
            chosen = [Chosen(one) for one in ordered]
            return lambda: convening.convene_all(by=by, group=group, chosen=chosen)

        raised = at_once(
            list_of(here, house.reception, people), list_of(there, house.manager, people[::-1])
        )

        assert raised == [None, None]
        assert convening.seated(here) + convening.seated(there) == 8
        assert Convocation.objects.count() == 8

    def test_a_mistake_undone_and_a_summons_share_no_last_place(self, house, waiting, course):
        group, gone, other = course(capacity=1), waiting(), waiting()
        convene(house, group, gone)
        act(house, gone, "cancel")

        raised = at_once(
            lambda: enrolling.undo(by=house.reception, enrolment=gone),
            lambda: convening.convene(by=house.manager, group=group, enrolment=other),
        )

        assert sorted(type(error).__name__ for error in raised) == ["NoneType", "Refused"]
        assert convening.seated(group) == 1

    def test_a_summons_waits_for_whoever_parts_two_people(self, house, waiting, course):
        group, one, other = course(), waiting(), waiting()
        convene(house, group, one)
        is_parted = threading.Event()

        def part_slowly():
            with transaction.atomic():
                pair = {"one": one.participant, "other": other.participant}
                enrolling.keep_apart(by=house.manager, **pair)
                is_parted.set()
                time.sleep(0.7)

        def summon():
            is_parted.wait(10)
            convene(house, group, other)

        raised = at_once(part_slowly, summon)

        assert [type(error) for error in raised] == [type(None), Refused]

    def test_a_referral_that_ends_waits_for_a_summons_to_the_same_run(self, house, waiting, course):
        """Neither holds what the other waits for: the trail of a branch is held last."""
        group, gone = course(), waiting()
        convene(house, group, gone)
        others = [waiting() for _ in range(4)]
        chosen = [Chosen(one) for one in others]

        for _ in range(3):
            raised = at_once(
                lambda: convening.convene_all(by=house.manager, group=group, chosen=chosen),
                lambda: end(house, gone.referral),
            )
            assert raised == [None, None]
            for one in Enrolment.objects.filter(pk__in=[o.pk for o in others], status="convened"):
                act(house, one, "withdraw")
            intake.reopen(by=house.manager, referral=gone.referral)
            gone.refresh_from_db()
            if gone.status == "cancelled":
                act(house, gone, "reopen")
            convene(house, group, gone)

    def test_a_referral_that_ends_while_the_person_is_ticked_ends_or_begins(
        self, house, waiting, course
    ):
        group = course(starts_on=today())
        session = group.sessions.first()
        session.starts_at = timezone.now()
        session.save()
        enrolment = waiting(group=group)

        raised = at_once(
            lambda: tick(house.practitioner, session, enrolment),
            lambda: end(house, enrolment.referral),
        )

        assert {type(error) for error in raised} <= {type(None), PermissionDenied, Refused}
        enrolment.refresh_from_db()
        enrolment.referral.refresh_from_db()
        assert (enrolment.status, enrolment.referral.status) in {
            ("attending", "accepted"), ("cancelled", "returned"),
        }  # fmt: skip

    def test_one_mistake_undone_by_two_is_undone_once(self, house, waiting, course):
        enrolment = waiting()
        convene(house, course(), enrolment)
        act(house, enrolment, "confirm")

        at_once(
            lambda: enrolling.undo(by=house.reception, enrolment=enrolment),
            lambda: enrolling.undo(by=house.manager, enrolment=enrolment),
        )

        steps = enrolment.steps.filter(undoes__isnull=False)
        assert len(set(steps.values_list("undoes", flat=True))) == steps.count()
