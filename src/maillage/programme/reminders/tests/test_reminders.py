"""A reminder leaves once, along the choices of the person, in words that tell nothing."""

import email
import json
from datetime import date, datetime, timedelta
from email import policy

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maillage.barriers.actions import bar
from maillage.core.models import TrailEntry
from maillage.network.actors import CommandLine
from maillage.programme.episodes.tests.factories import AppointmentFactory
from maillage.programme.episodes.tests.test_concurrency import at_once
from maillage.programme.groups.tests import factories as groups
from maillage.programme.intake.models import Participant
from maillage.programme.intake.tests.factories import ParticipantFactory
from maillage.programme.reminders.actions import check_number, choose, hear, send_due
from maillage.programme.reminders.models import ContactChoice, Reminder, State
from maillage.programme.reminders.providers import signature_of
from maillage.programme.reminders.tests.conftest import (
    KEY,
    MAILBOX,
    PHONE,
    THURSDAY,
    UNKNOWN,
    UNKNOWN_BOX,
)

pytestmark = pytest.mark.django_db


TUESDAY = timezone.make_aware(datetime(2031, 12, 2, 10))  # two working days before


@pytest.fixture
def person(house):
    known = {"phone": PHONE, "email": MAILBOX, "last_name": "Alizari", "first_name": "Camille"}
    return ParticipantFactory(organisation=house.branch, **known)


@pytest.fixture
def expected(house, person):
    """An appointment on Thursday 4 December 2031 at 14:00."""
    return AppointmentFactory(
        referral=house.referral(participant=person),
        practitioner=house.practitioner.user,
        starts_at=THURSDAY,
    )


def chosen(house, person, *, is_on=True, sms=True, mail=False, shared=False) -> ContactChoice:
    return choose(
        by=house.reception,
        participant=person,
        is_on=is_on,
        by_sms=sms,
        by_email=mail,
        mailbox_is_shared=shared,
    )


def send(house, now=TUESDAY):
    return send_due(by=CommandLine(house.branch), now=now)


class TestSending:
    def test_an_sms_leaves_two_working_days_before(self, house, person, expected, operator):
        chosen(house, person)

        assert not send(house, now=TUESDAY - timedelta(minutes=5))
        told = send(house)

        assert told == {State.HANDED: 1}
        assert operator.messages == [{"to": PHONE, "text": "Rendez-vous jeudi 4 décembre à 14 h"}]
        assert operator.keys == [f"Bearer {KEY}"]

    def test_once_however_often_it_is_run(self, house, person, expected, operator):
        chosen(house, person)

        for hours in (0, 1, 24):
            send(house, now=TUESDAY + timedelta(hours=hours))

        assert len(operator.messages) == 1
        assert TrailEntry.objects.filter(verb="reminder_sent", file=person.uid).count() == 1

    def test_without_a_choice_nothing_leaves(self, house, person, expected, operator):
        assert not send(house)
        assert operator.messages == []

    def test_nor_once_the_person_wants_none(self, house, person, expected, operator):
        chosen(house, person)
        chosen(house, person, is_on=False)

        assert not send(house)
        assert ContactChoice.objects.count() == 2  # what was said before stays

    def test_nor_to_a_telephone_known_to_be_shared(self, house, person, expected, operator):
        chosen(house, person)
        Participant.objects.filter(pk=person.pk).update(phone_is_shared=True)

        assert not send(house)
        assert operator.messages == []

    def test_nor_at_night_nor_when_it_is_too_late(self, house, person, expected, operator):
        chosen(house, person)

        assert not send(house, now=TUESDAY.replace(hour=22))
        assert not send(house, now=THURSDAY.replace(hour=13))

    def test_nor_for_an_appointment_that_no_longer_stands(self, house, person, expected, operator):
        chosen(house, person)
        expected.status = "cancelled"
        expected.save()

        assert not send(house)

    def test_an_appointment_that_moved_is_reminded_of_its_new_moment(
        self, house, person, expected, operator
    ):
        chosen(house, person)
        send(house)
        expected.starts_at = THURSDAY + timedelta(days=7)
        expected.save()

        send(house, now=TUESDAY + timedelta(days=7))

        assert [m["text"] for m in operator.messages][1:] == [
            "Rendez-vous jeudi 11 décembre à 14 h"
        ]

    def test_the_first_session_of_each_day_of_a_course(self, house, person, operator):
        run = groups.group(house.branch, house.site, starts_on=date(2031, 12, 4))
        referral = house.referral(participant=person)
        groups.enrolment(referral, user=house.practitioner.user, group=run)
        afternoon = run.sessions.first()
        afternoon.pk, afternoon.number = None, 9
        afternoon.starts_at += timedelta(hours=5)
        afternoon.save()
        chosen(house, person)

        send(house)
        send(house, now=TUESDAY + timedelta(days=1))

        assert [m["text"] for m in operator.messages] == [
            "Rendez-vous jeudi 4 décembre à 9 h",
            "Rendez-vous vendredi 5 décembre à 9 h",
        ]

    def test_never_to_the_people_of_another_branch(self, house, person, expected, operator):
        chosen(house, person)

        assert not send_due(by=CommandLine(house.stranger.organisation), now=TUESDAY)

    def test_the_command_goes_through_the_organisations(self, house, person, capsys, operator):
        now = timezone.localtime()
        soon = now.replace(hour=14, minute=0, second=0, microsecond=0) + timedelta(days=1)
        AppointmentFactory(
            referral=house.referral(participant=person),
            practitioner=house.practitioner.user,
            starts_at=soon,
        )
        chosen(house, person)

        call_command("reminders")

        is_day = 9 <= now.hour < 19
        said = capsys.readouterr().out
        assert ("remis à l’opérateur : 1" in said) == is_day
        assert len(operator.messages) == is_day


class TestCarriers:
    def test_a_mail_server_gets_a_neutral_message(self, house, person, expected, mail_server):
        chosen(house, person, sms=False, mail=True)

        assert send(house) == {State.HANDED: 1}

        sender, to, raw = mail_server[0]
        told = email.message_from_bytes(raw, policy=policy.default)
        assert (sender, to) == ("agenda@exemple.test", [MAILBOX])
        assert told["Subject"] == "Rendez-vous"
        assert told.get_content().strip() == "Rendez-vous jeudi 4 décembre à 14 h"
        for secret in ("Alizari", "Camille ", str(house.branch)):
            assert secret.encode() not in raw

    def test_a_mailbox_that_does_not_exist_is_flagged(self, house, person, expected, mail_server):
        person.email = UNKNOWN_BOX
        person.save()
        chosen(house, person, sms=False, mail=True)

        assert send(house) == {State.WRONG: 1}
        assert way_to_now(person).why_not == ("wrong",)

    def test_a_number_that_does_not_exist_is_flagged_and_used_no_more(
        self, house, person, expected, operator
    ):
        person.phone = UNKNOWN
        person.save()
        chosen(house, person)
        assert send(house) == {State.WRONG: 1}

        AppointmentFactory(
            referral=expected.referral,
            practitioner=house.practitioner.user,
            starts_at=THURSDAY + timedelta(days=7),
        )
        assert not send(house, now=TUESDAY + timedelta(days=7))

    def test_until_it_is_corrected_or_checked(self, house, person, expected, operator):
        person.phone = UNKNOWN
        person.save()
        chosen(house, person)
        send(house)

        person.phone = PHONE
        person.save()
        assert way_to_now(person).channel == "sms"
        person.phone = UNKNOWN
        person.save()
        assert way_to_now(person).why_not == ("wrong",)
        assert check_number(by=house.reception, participant=person) == 1
        assert way_to_now(person).channel == "sms"

    def test_a_carrier_that_breaks_down_is_told_and_not_tried_twice(
        self, house, person, expected, operator
    ):
        operator.status = 500
        chosen(house, person)

        assert send(house) == {State.FAILED: 1}
        assert not send(house)

    def test_without_a_carrier_the_message_stays_on_the_machine_without_the_number(
        self, house, person, expected, settings, tmp_path
    ):
        settings.DATA_DIR = tmp_path
        chosen(house, person)

        send(house)

        [written] = (tmp_path / "outbox").iterdir()
        told = json.loads(written.read_text())
        assert told["text"] == "Rendez-vous jeudi 4 décembre à 14 h"
        assert PHONE not in written.read_text() + written.name

    def test_the_number_is_sealed_where_the_reminder_is_kept(
        self, house, person, expected, operator
    ):
        from django.db import connection

        chosen(house, person)
        send(house)

        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM reminders_reminder")
            assert PHONE not in repr(cursor.fetchall())


def way_to_now(person):
    from maillage.programme.reminders.reading import now_of

    return now_of(Participant.objects.get(pk=person.pk))[1]


class TestWhatACarrierSays:
    def post(self, told, signature=None):
        body = json.dumps(told).encode()
        given = signature_of(body) if signature is None else signature
        return Client().post(
            reverse("delivery"),
            body,
            content_type="application/json",
            headers={"X-Signature": given},
        )

    def test_is_kept_and_shown_when_it_is_signed(
        self, house, person, expected, operator, signed_in
    ):
        chosen(house, person)
        send(house)

        assert self.post({"id": "m1", "state": "delivered"}).status_code == 204

        page = signed_in(house.reception).get(reverse("reminders")).content.decode()
        assert State.DELIVERED.label in page

    def test_is_refused_unsigned(self, house, operator):
        assert self.post({"id": "m1", "state": "wrong"}, signature="0" * 64).status_code == 403
        assert self.post({"id": "m1", "state": "wrong"}, signature="é").status_code == 403

    def test_that_nobody_has_the_number_flags_it(self, house, person, expected, operator):
        chosen(house, person)
        send(house)

        self.post({"id": "m1", "state": "wrong"})

        assert way_to_now(person).why_not == ("wrong",)

    def test_is_read_in_words_that_are_known_alone(self, house, operator):
        assert self.post({"id": "m1", "state": "exploded"}).status_code == 400
        assert self.post(["m1"]).status_code == 400

    def test_received_is_not_undone_by_a_late_word(self, db):
        for state in ("handed", "delivered", "failed"):
            hear("m1", state)

        from maillage.core.models import Delivery

        assert Delivery.objects.get().state == "delivered"


class TestWhoMay:
    def test_note_a_choice(self, house, person):
        for by in (house.reception, house.practitioner, house.manager):
            choose(
                by=by, participant=person, is_on=True, by_sms=True, by_email=False,
                mailbox_is_shared=False,
            )  # fmt: skip
        for by in (house.stranger, house.other_side, house.ended):
            with pytest.raises((PermissionDenied, Participant.DoesNotExist)):
                choose(
                    by=by, participant=person, is_on=True, by_sms=True, by_email=False,
                    mailbox_is_shared=False,
                )  # fmt: skip

    def test_whoever_is_shut_out_of_the_file_sees_nothing_of_it(
        self, house, person, expected, operator, signed_in
    ):
        chosen(house, person)
        send(house)
        bar(
            by=house.manager,
            file=person,
            user=house.colleague.user,
            reason="Ce sont des voisins de palier",
        )

        page = signed_in(house.colleague).get(reverse("reminders"))

        assert page.context["sent"] == []
        assert person.reference not in page.content.decode()
        address = reverse("contact_choice", args=[person.uid])
        assert signed_in(house.colleague).get(address).status_code == 404


class TestThePages:
    def test_the_choice_is_noted_from_the_file(self, house, person, signed_in):
        house.referral(participant=person)
        client = signed_in(house.reception)
        address = reverse("contact_choice", args=[person.uid])
        assert "aucun choix noté" in client.get(address).content.decode()

        sent = client.post(address, {"is_on": "on", "by_sms": "on"})

        assert sent.url == reverse("file", args=[person.uid])
        shown = client.get(reverse("file", args=[person.uid])).content.decode()
        assert "Rappels de rendez-vous" in shown
        assert "Par sms" in shown or "Par SMS" in shown

    def test_a_choice_of_no_way_is_refused(self, house, person, signed_in):
        address = reverse("contact_choice", args=[person.uid])

        shown = signed_in(house.reception).post(address, {"is_on": "on"})

        assert "Choisissez au moins un moyen" in shown.content.decode()
        assert not ContactChoice.objects.exists()

    def test_the_list_says_why_nobody_is_reminded(self, house, person, signed_in):
        soon = timezone.now() + timedelta(days=3)
        AppointmentFactory(
            referral=house.referral(participant=person),
            practitioner=house.practitioner.user,
            starts_at=soon,
        )

        page = signed_in(house.reception).get(reverse("reminders")).content.decode()

        assert "aucun choix noté" in page

    def test_costs_the_same_for_many(self, house, signed_in, django_assert_max_num_queries):
        def fill(count):
            for _ in range(count):
                someone = ParticipantFactory(organisation=house.branch, phone=PHONE)
                AppointmentFactory(
                    referral=house.referral(participant=someone),
                    practitioner=house.practitioner.user,
                    starts_at=timezone.now() + timedelta(days=2),
                )
                chosen(house, someone)

        client = signed_in(house.reception)
        fill(2)
        client.get(reverse("reminders"))
        with django_assert_max_num_queries(30) as few:
            client.get(reverse("reminders"))
        fill(6)
        with django_assert_max_num_queries(30) as many:
            client.get(reverse("reminders"))
        assert len(many) == len(few)


@pytest.mark.django_db(transaction=True)
def test_two_machines_that_send_at_once_send_one(house, operator):
    person = ParticipantFactory(organisation=house.branch, phone=PHONE)
    AppointmentFactory(
        referral=house.referral(participant=person),
        practitioner=house.practitioner.user,
        starts_at=THURSDAY,
    )
    chosen(house, person)

    raised = at_once(*(lambda: send(house) for _ in range(4)))

    assert raised == [None] * 4
    assert len(operator.messages) == 1
    assert Reminder.objects.count() == 1
