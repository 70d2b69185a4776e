"""What a reminder says, which way it takes, and from when it is due."""

from datetime import date, datetime, time
from types import SimpleNamespace

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from maillage.programme.intake.models import Participant
from maillage.programme.reminders.models import ContactChoice
from maillage.programme.reminders.planning import Meeting, way_to
from maillage.programme.reminders.tests.conftest import MAILBOX, PHONE, THURSDAY
from maillage.programme.reminders.wording import words

pytestmark = pytest.mark.django_db


class TestTheWords:
    def test_are_a_day_and_an_hour(self):
        assert words(THURSDAY) == "Rendez-vous jeudi 4 décembre à 14 h"

    def test_are_those_of_the_clock_of_france(self):
        assert words(datetime(2031, 7, 1, 12, 30, tzinfo=THURSDAY.tzinfo)).endswith("30")

    @given(st.datetimes(datetime(2025, 1, 1), datetime(2040, 1, 1)))
    def test_tell_nothing_else_whatever_the_moment(self, moment):
        text = words(timezone.make_aware(moment))

        left = text.split()
        assert left[0] == "Rendez-vous"
        assert len(text) <= 50  # one SMS, with room to spare
        assert not {"stage", "violence", "cpca", "justice", "spip"} & {w.lower() for w in left}


class TestTheWay:
    """A property: nothing leaves where it was not chosen, or is not safe."""

    @given(
        is_on=st.booleans(),
        sms=st.booleans(),
        mail=st.booleans(),
        shared_phone=st.booleans(),
        shared_mailbox=st.booleans(),
        phone=st.sampled_from(["", PHONE]),
        mailbox=st.sampled_from(["", MAILBOX]),
        wrong=st.sets(st.sampled_from([PHONE, MAILBOX])),
    )
    def test_is_chosen_safe_known_and_right_or_says_why_not(
        self, is_on, sms, mail, shared_phone, shared_mailbox, phone, mailbox, wrong
    ):
        someone = Participant(phone=phone, email=mailbox, phone_is_shared=shared_phone)
        choice = ContactChoice(
            is_on=is_on, by_sms=sms, by_email=mail, mailbox_is_shared=shared_mailbox
        )

        way = way_to(someone, choice, wrong)

        assert bool(way.channel) != bool(way.why_not)
        if way.channel:
            assert is_on
            assert way.address
            assert way.address not in wrong
        if way.channel == "sms":
            assert sms
            assert way.address == phone
            assert not shared_phone
        if way.channel == "email":
            assert mail
            assert way.address == mailbox
            assert not shared_mailbox

    def test_is_none_as_long_as_nobody_chose(self):
        assert way_to(Participant(phone=PHONE), None).why_not == ("no_choice",)


def test_a_meeting_is_due_from_the_morning_two_working_days_before():
    monday = timezone.make_aware(datetime.combine(date(2031, 12, 8), time(9)))
    meeting = Meeting(SimpleNamespace(pk=1), monday)

    assert timezone.localtime(meeting.leaves_at).date() == date(2031, 12, 4)  # a week-end between
