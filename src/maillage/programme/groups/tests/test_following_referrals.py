import pytest

from maillage.core.errors import Refused
from maillage.programme.groups.actions import enrolling
from maillage.programme.groups.models import Enrolment
from maillage.programme.groups.tests.enrolments import act, convene, end, today
from maillage.programme.intake import actions as intake

pytestmark = pytest.mark.django_db


class TestWhoJusticeSendsBack:
    def test_comes_back_first(self, house, waiting):
        enrolment = waiting()
        act(house, enrolment, "return", reason="Réquisition")
        first = waiting()

        act(house, enrolment, "reopen")

        enrolment.refresh_from_db()
        assert enrolment.is_returned_by_court
        listed = Enrolment.objects.visible_to(house.reception).to_convene().in_order()
        assert list(listed) == [enrolment, first]

    def test_comes_first_too_by_a_new_referral(self, house, waiting):
        enrolment = waiting()
        act(house, enrolment, "return")
        again = house.referral(participant=enrolment.participant, number=2)

        assert enrolling.ask(by=house.reception, referral=again, kind="course").is_returned_by_court

    def test_is_not_taken_up_beside_another_demand_of_the_same_kind(self, house, waiting):
        enrolment = waiting()
        act(house, enrolment, "cancel")
        enrolling.ask(by=house.reception, referral=enrolment.referral, kind="course")

        for again in (
            lambda: act(house, enrolment, "reopen"),
            lambda: enrolling.undo(by=house.reception, enrolment=enrolment),
        ):
            with pytest.raises(Refused, match="Une autre demande"):
                again()


class TestAReferralThatEnds:
    @pytest.mark.parametrize("how", ["return_to_referrer", "close_without_entry"])
    def test_frees_the_place(self, house, waiting, course, how):
        group, enrolment = course(capacity=1), waiting()
        convene(house, group, enrolment)

        end(house, enrolment.referral, how)

        enrolment.refresh_from_db()
        assert (enrolment.status, enrolment.ended_on) == ("cancelled", today())
        convene(house, group, waiting())

    def test_leaves_who_was_absent_absent(self, house, waiting, course):
        """What the report says of them: absent, not cancelled (I7)."""
        enrolment = waiting()
        convene(house, course(), enrolment)
        act(house, enrolment, "miss")

        end(house, enrolment.referral)

        enrolment.refresh_from_db()
        assert enrolment.status == "absent"
        assert not Enrolment.objects.visible_to(house.manager).to_convene().exists()
        with pytest.raises(Refused, match="orientation est terminée"):
            convene(house, course(), enrolment)

    def test_taken_up_again_takes_the_demand_up_and_makes_no_second_one(self, house, waiting):
        enrolment = waiting()
        enrolment.referral.requested_modules.create(code="stage")
        end(house, enrolment.referral)

        intake.reopen(by=house.manager, referral=enrolment.referral)

        enrolment.refresh_from_db()
        assert enrolment.status == "to_convene"
        assert Enrolment.objects.count() == 1


class TestAReferralThatIsCorrected:
    def correct(self, house, referral, modules):
        referral.refresh_from_db()
        given = {name: getattr(referral, name) for name in intake.REFERRAL}
        intake.update_referral(
            by=house.reception, referral=referral, version=referral.version, obligations=[],
            modules=modules, **given,
        )  # fmt: skip

    def test_puts_nobody_back_on_a_list_that_they_left(self, house, waiting):
        enrolment = waiting()
        enrolment.referral.requested_modules.create(code="stage")
        act(house, enrolment, "cancel", reason="N’habite plus ici")

        self.correct(house, enrolment.referral, ["stage"])

        assert Enrolment.objects.count() == 1

    def test_takes_off_the_list_who_is_no_longer_asked_for_it(self, house, waiting):
        enrolment = waiting()
        enrolment.referral.requested_modules.create(code="stage")

        self.correct(house, enrolment.referral, ["groupe_parole"])

        enrolment.refresh_from_db()
        assert enrolment.status == "cancelled"
        assert Enrolment.objects.get(kind="talk_group").status == "to_convene"

    def test_leaves_a_convened_person_to_whoever_convened_them(self, house, waiting, course):
        enrolment = waiting()
        enrolment.referral.requested_modules.create(code="stage")
        convene(house, course(), enrolment)

        self.correct(house, enrolment.referral, [])

        enrolment.refresh_from_db()
        assert enrolment.status == "convened"
