"""The first page of the day: each piece follows a permission, each number opens its list."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.core.models import ReadEntry
from maillage.programme.episodes.actions import follow
from maillage.programme.episodes.reading.monday import read_monday, spans
from maillage.programme.episodes.reading.today import read_desk
from maillage.programme.episodes.tests.counting import assert_flat
from maillage.programme.episodes.tests.factories import AppointmentFactory
from maillage.programme.intake.tests.factories import (
    ContactAttemptFactory,
    ObligationFactory,
    ParticipantFactory,
)

pytestmark = pytest.mark.django_db


def at(days: int, hour: int = 10) -> datetime:
    """An hour of the day so many days from today, in Paris."""
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour)))


def meeting(house, *, by=None, days=0, **given):
    given.setdefault("referral", house.referral())
    who = (by or house.practitioner).user
    return AppointmentFactory(practitioner=who, starts_at=at(days), **given)


class TestAPractitioner:
    def test_sees_their_own_meetings_of_the_day_in_order(self, house):
        second = meeting(house, referral=house.referral())
        second.starts_at = at(0, 15)
        second.save()
        first = meeting(house)
        meeting(house, by=house.colleague)
        meeting(house, days=1)
        meeting(house, days=-1)

        assert read_desk(house.practitioner).appointments == [first, second]

    def test_does_not_see_what_was_postponed_or_cancelled(self, house):
        meeting(house, status="postponed")
        meeting(house, status="cancelled")

        assert read_desk(house.practitioner).appointments == []

    def test_sees_past_meetings_that_nobody_marked(self, house):
        old = meeting(house, days=-9)
        late = meeting(house, days=-1)
        meeting(house, days=-1, status="kept")

        assert list(read_desk(house.practitioner).late) == [late, old]

    def test_sees_the_seven_days_to_come_by_day(self, house):
        soon, later = meeting(house, days=1), meeting(house, days=7)
        meeting(house, days=8)

        today = timezone.localdate()
        assert read_desk(house.practitioner).week == [
            (today + timedelta(days=1), [soon]),
            (today + timedelta(days=7), [later]),
        ]

    def test_sees_their_silent_files_and_not_those_of_a_colleague(self, house):
        mine = house.episode(silent=True)
        house.episode(silent=True, referent=house.colleague.user)

        assert list(read_desk(house.practitioner).silent) == [mine]

    def test_sees_the_obligations_of_their_files_that_end_this_week(self, house):
        episode = house.episode()
        ending = ObligationFactory(
            referral=episode.referral, ends_on=timezone.localdate() + timedelta(days=7)
        )
        ObligationFactory(
            referral=episode.referral,
            code="bracelet",
            ends_on=timezone.localdate() + timedelta(days=8),
        )

        assert list(read_desk(house.practitioner).ending) == [ending]

    def test_sees_what_others_did_in_their_files_once_a_kind(self, house):
        episode = house.episode()
        other = house.episode(referent=house.colleague.user)
        for referral, by in (
            (episode.referral, house.reception),
            (episode.referral, house.reception),
            (episode.referral, house.practitioner),
            (other.referral, house.reception),
        ):
            follow.write_note(by=by, referral=referral, kind="factual", text="Vu.")

        changes = read_desk(house.practitioner).changes

        assert [(c.what, c.who, c.participant) for c in changes] == [
            ("Note écrite", house.reception.user.name, episode.participant)
        ]

    def test_may_look_at_the_whole_branch(self, house, signed_in):
        other = meeting(house, by=house.colleague)

        desk = read_desk(house.practitioner, whole_branch=True)

        assert desk.appointments == [other]
        told = signed_in(house.practitioner).get(reverse("today"), {"de": "antenne"})
        assert other.participant.display_name in told.content.decode()


class TestReception:
    def test_sees_every_meeting_of_the_branch(self, house):
        both = [meeting(house), meeting(house, by=house.colleague)]

        assert read_desk(house.reception).appointments == both

    def test_sees_what_was_just_received_urgent_first(self, house):
        house.referral(waiting=True)
        old = house.referral(received_on=date(2025, 9, 1))
        new = house.referral(received_on=date(2025, 9, 2))
        urgent = house.referral(is_urgent=True, received_on=date(2025, 8, 1))

        assert list(read_desk(house.reception).received) == [urgent, new, old]

    def test_sees_whom_to_call_and_not_who_was_tried_lately_or_has_a_meeting(self, house):
        never = house.referral(received_on=date(2025, 9, 1))
        tried = house.referral(received_on=date(2025, 9, 2))
        ContactAttemptFactory(referral=tried, at=timezone.now() - timedelta(days=3))
        ContactAttemptFactory(referral=house.referral(), at=timezone.now() - timedelta(days=1))
        meeting(house, days=2)
        house.referral(waiting=True)

        calls = read_desk(house.reception).calls

        assert list(calls) == [never, tried]

    def test_finds_the_search_box_ready(self, house, signed_in):
        client = signed_in(house.reception)

        assert client.get(reverse("today")).context["search_first"] is True
        assert signed_in(house.practitioner).get(reverse("today")).context["search_first"] is False

    def test_has_no_piece_of_who_practises(self, house):
        desk = read_desk(house.reception)

        assert (desk.changes, desk.has_both) == (None, False)


class TestAManager:
    def test_sees_who_waits_beyond_the_limit_and_what_is_due_in_a_month(self, house):
        today = timezone.localdate()
        waits = house.referral(waiting=True, received_on=add_months(today, -7))
        due = house.referral(due_on=today + timedelta(days=20))
        house.referral(due_on=today + timedelta(days=60))

        monday = read_monday(house.manager)

        assert (list(monday.too_long), list(monday.due)) == ([waits], [due])

    def test_sees_who_has_room_first(self, house):
        house.episode()
        house.episode()
        house.episode(referent=house.colleague.user)
        house.episode(referent=None)

        found = [(load.name, load.total) for load in read_monday(house.manager).roomiest]

        assert found == [
            (house.manager.user.name, 0),
            (house.colleague.user.name, 1),
            (house.practitioner.user.name, 2),
            ("Sans référent·e", 1),
        ]

    def test_sees_this_month_beside_the_last_over_the_same_days_and_whole(self):
        assert [(s.title, s.start, s.end) for s in spans(date(2026, 3, 30))] == [
            ("Mars, au 30", date(2026, 3, 1), date(2026, 3, 30)),
            ("Février, au 28", date(2026, 2, 1), date(2026, 2, 28)),
            ("Février entier", date(2026, 2, 1), date(2026, 2, 28)),
        ]
        assert spans(date(2026, 1, 1))[1].title == "Décembre, au 1er"

    def test_each_number_is_the_length_of_the_list_it_opens(self, house, signed_in):
        today = timezone.localdate()
        first, last = today.replace(day=1), add_months(today.replace(day=1), -1)
        house.episode(entered_on=first)
        house.episode(entered_on=last)
        house.episode(entered_on=last, exited_on=first, exit_reason="autre", last_contact_on=first)
        client = signed_in(house.manager)

        opened = {}
        for flow in read_monday(house.manager).flows[1:]:
            for span, count in flow.counts:
                asked = {flow.since: span.start.isoformat(), flow.until: span.end.isoformat()}
                listed = client.get(reverse(flow.route), asked).context["count"]
                assert listed == count, (flow.name, span.title)
                opened[flow.name, span.title.split(",")[0]] = count

        assert set(opened.values()) == {0, 1, 2}

    def test_the_page_shows_these_pieces(self, house, signed_in):
        told = signed_in(house.manager).get(reverse("today")).content.decode()

        assert "Qui a de la place" in told
        assert "Attendent depuis trop longtemps" in told


class TestWhoOpensNoFile:
    @pytest.mark.parametrize("who", ["dpo", "coordinator"])
    def test_reads_what_they_can_do_and_no_name(self, house, signed_in, who):
        meeting(house)
        house.episode(silent=True)

        told = signed_in(getattr(house, who)).get(reverse("today")).content.decode()

        assert "Votre espace" in told
        assert "INVENT" not in told.upper()
        assert not ReadEntry.objects.exists()


class TestMarkingFromThePage:
    def test_takes_one_click_and_says_how_to_take_it_back(self, house, signed_in):
        past = meeting(house, days=-1)
        client = signed_in(house.practitioner)

        answer = client.post(
            reverse("appointment_mark", args=[past.pk, "honore"]),
            {"next": reverse("today")},
            follow=True,
        )

        past.refresh_from_db()
        assert past.status == "kept"
        assert answer.redirect_chain == [(reverse("today"), 302)]
        undo = f"{reverse('appointment_mark', args=[past.pk, 'corriger'])}?next=%2Fespace%2F"
        assert f'action="{undo}"' in answer.content.decode()
        assert client.post(undo).url == reverse("today")
        past.refresh_from_db()
        assert past.status == "planned"

    def test_goes_to_no_other_site(self, house, signed_in):
        past = meeting(house, days=-1)

        answer = signed_in(house.practitioner).post(
            reverse("appointment_mark", args=[past.pk, "absence"]),
            {"next": "https://ailleurs.example/"},
        )

        assert answer.url == reverse("file", args=[past.participant.uid])

    def test_tells_when_a_colleague_was_quicker_and_changes_nothing(self, house, signed_in):
        past = meeting(house, days=-1, status="kept")

        answer = signed_in(house.reception).post(
            reverse("appointment_mark", args=[past.pk, "absence"]), follow=True
        )

        past.refresh_from_db()
        assert past.status == "kept"
        assert "déjà «\u202fhonoré\u202f»" in answer.content.decode()

    def test_refuses_what_is_to_come_with_its_reason(self, house, signed_in):
        coming = meeting(house, days=3)

        answer = signed_in(house.reception).post(
            reverse("appointment_mark", args=[coming.pk, "honore"]), follow=True
        )

        assert "n’a pas encore eu lieu" in answer.content.decode()

    def test_an_unknown_mark_is_not_found(self, house, signed_in):
        past = meeting(house, days=-1)

        answer = signed_in(house.reception).post(
            reverse("appointment_mark", args=[past.pk, "oublie"])
        )

        assert answer.status_code == 404

    def test_is_never_done_by_a_visit(self, house, signed_in):
        past = meeting(house, days=-1)

        answer = signed_in(house.reception).get(
            reverse("appointment_mark", args=[past.pk, "honore"])
        )

        past.refresh_from_db()
        assert (answer.status_code, past.status) == (405, "planned")


@pytest.mark.parametrize("who", ["practitioner", "reception", "manager"])
def test_the_page_costs_the_same_queries_however_full_the_day(house, signed_in, who):
    client = signed_in(getattr(house, who))

    def grow():
        person = ParticipantFactory(organisation=house.branch)
        episode = house.episode(participant=person, silent=True)
        for days in (-1, 0, 1):
            meeting(house, days=days, referral=episode.referral)
        ObligationFactory(referral=episode.referral, ends_on=timezone.localdate())
        house.referral(due_on=timezone.localdate())
        house.referral(waiting=True, received_on=add_months(timezone.localdate(), -8))
        follow.write_note(by=house.colleague, referral=episode.referral, kind="factual", text="Vu.")

    assert_flat(lambda: client.get(reverse("today")), grow)


def test_the_page_records_how_many_times_somebody_is_named(house, signed_in):
    meeting(house)
    house.episode(silent=True)

    signed_in(house.practitioner).get(reverse("today"))

    entry = ReadEntry.objects.get()
    assert (entry.what, entry.count, entry.file) == ("today", 2, "")


@pytest.mark.parametrize(("who", "told"), [("dpo", True), ("coordinator", False)])
def test_who_watches_over_the_data_is_told_that_no_backup_was_made(house, signed_in, who, told):
    page = signed_in(getattr(house, who)).get(reverse("today")).content.decode()

    assert ("Aucune sauvegarde n’a encore été faite" in page) is told
