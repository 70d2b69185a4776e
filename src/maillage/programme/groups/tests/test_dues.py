"""What absences and limits ask of a branch, until somebody has answered (R80, R88, R153)."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from maillage.network.models import Agreement
from maillage.network.tests.factories import MembershipFactory, OrganisationFactory
from maillage.programme.groups.actions import convening, enrolling
from maillage.programme.groups.reading.dues import dues
from maillage.programme.intake.models import Barrier
from maillage.programme.letters.models import Letter

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def today() -> date:
    return timezone.localdate()


@pytest.fixture
def absent(house, waiting, course):
    """Somebody who was convened and did not come."""

    def one(**given):
        enrolment = waiting(**given)
        convening.convene(by=house.reception, group=course(), enrolment=enrolment)
        return enrolling.act(by=house.reception, enrolment=enrolment, act="miss", reason="")

    return one


def asked(by, enrolment=None, **given) -> list[str]:
    return [
        due.what for due in dues(by, **given) if enrolment is None or due.enrolment == enrolment
    ]


def send(house, enrolment, kind: str, on: date | None = None) -> None:
    Letter.objects.create(
        organisation=house.branch, participant=enrolment.participant, about=enrolment.uid,
        kind=kind, content="{}", by=house.reception.user, way="post", sent_on=on or today(),
    )  # fmt: skip


class TestAnAbsence:
    def test_asks_for_a_warning_and_a_notice_to_the_referrer(self, house, absent):
        assert sorted(asked(house.reception, absent())) == ["notice", "warning"]

    @pytest.mark.parametrize(
        ("sent", "left"),
        [(["warning"], ["notice"]), (["notice"], ["warning"]), (["warning", "notice"], [])],
    )
    def test_asks_no_more_for_what_was_sent(self, house, absent, sent, left):
        enrolment = absent()
        for kind in sent:
            send(house, enrolment, kind)

        assert asked(house.reception, enrolment) == left

    def test_is_not_answered_by_a_letter_of_before(self, house, absent):
        enrolment = absent()
        send(house, enrolment, "warning", on=today() - DAY)

        assert "warning" in asked(house.reception, enrolment)

    def test_is_not_answered_by_a_letter_that_was_made_and_not_sent(self, house, absent):
        enrolment = absent()
        send(house, enrolment, "warning")
        Letter.objects.update(sent_on=None, way="")

        assert "warning" in asked(house.reception, enrolment)

    def test_that_was_excused_asks_for_nothing(self, house, absent):
        enrolment = absent()
        enrolling.act(by=house.reception, enrolment=enrolment, act="excuse", reason="Hôpital")

        assert asked(house.reception, enrolment) == []

    def test_noted_by_mistake_asks_for_nothing(self, house, absent):
        enrolment = absent()
        enrolling.undo(by=house.manager, enrolment=enrolment, reason="C’était un autre")

        assert asked(house.reception, enrolment) == []

    def test_after_another_speaks_for_both(self, house, absent, course):
        enrolment = absent()
        send(house, enrolment, "warning")
        send(house, enrolment, "notice")
        convening.convene(by=house.reception, group=course(), enrolment=enrolment)
        enrolling.act(by=house.reception, enrolment=enrolment, act="miss", reason="")
        Letter.objects.update(sent_on=today() - DAY)

        assert sorted(asked(house.reception, enrolment)) == ["notice", "warning"]

    def test_is_told_within_fifteen_days_without_an_agreement(self, house, absent):
        enrolment = absent()

        [notice] = [due for due in dues(house.reception) if due.what == "notice"]
        assert notice.by_when == today() + timedelta(days=15)
        assert notice.enrolment == enrolment

    def test_is_told_within_the_delay_of_the_agreement(self, house, absent):
        court = OrganisationFactory()
        Agreement.objects.create(
            organisation=house.branch, partner=court, title="Convention", notice_days=4
        )
        absent(sent={"referrer": court})

        [notice] = [due for due in dues(house.reception) if due.what == "notice"]
        assert notice.by_when == today() + timedelta(days=4)
        assert notice.look == "soon"


class TestALimitPassed:
    def test_asks_for_the_agreement_then_for_its_answer_then_for_nothing(self, house, late):
        enrolment = late()
        assert asked(house.reception, enrolment) == ["agreement"]

        enrolling.ask_extension(by=house.reception, enrolment=enrolment)
        assert asked(house.reception, enrolment) == ["answer"]

        enrolling.agree_extension(by=house.reception, enrolment=enrolment)
        assert asked(house.reception, enrolment) == []

    def test_that_was_refused_asks_what_follows(self, house, late):
        enrolment = late()
        enrolling.ask_extension(by=house.reception, enrolment=enrolment)
        enrolling.refuse_extension(by=house.reception, enrolment=enrolment)

        assert asked(house.reception, enrolment) == ["refused"]


def test_the_most_pressing_comes_first_and_no_more_of_each_than_asked(house, late, absent):
    for _ in range(3):
        late()
        absent()

    found = dues(house.reception, most=2)
    assert [due.by_when for due in found] == sorted(due.by_when for due in found)
    assert sorted(due.what for due in found) == ["agreement"] * 2 + ["notice"] * 2 + ["warning"] * 2


def test_nobody_is_told_what_concerns_a_file_that_they_may_not_see(house, late, absent):
    here, gone = late(), absent()
    for enrolment in (here, gone):
        Barrier.objects.create(
            organisation=house.branch, file=enrolment.participant, user=house.colleague.user,
            reason="Voisin", by=house.manager.user,
        )  # fmt: skip

    assert asked(house.manager) != []
    for nobody in (house.stranger, house.other_side, house.colleague, MembershipFactory()):
        assert asked(nobody) == []


def test_the_page_says_it(house, late, signed_in):
    enrolment = late()

    page = signed_in(house.reception).get(reverse("enrolment_dues")).content.decode()

    assert "Accord de l’orienteur à demander" in page
    assert enrolment.participant.display_name in page
