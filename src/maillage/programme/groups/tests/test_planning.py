"""Offers by versions, runs over working days, and nothing that is taken twice."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from maillage.core.calendar import is_working_day
from maillage.core.errors import Refused, Stale
from maillage.core.models import TrailEntry
from maillage.programme.episodes.tests.factories import AppointmentFactory
from maillage.programme.episodes.tests.test_concurrency import at_once
from maillage.programme.groups import programme
from maillage.programme.groups.actions import editing, planning
from maillage.programme.groups.forms.planning import EurosField
from maillage.programme.groups.models import Group, Offer, Room, SessionMove
from maillage.programme.groups.programme import Module, Planned
from maillage.programme.groups.tests import factories
from maillage.programme.intake.tests.factories import ParticipantFactory

pytestmark = pytest.mark.django_db
LOZERE = """J1 9h 3h30 : Le cadre de loi (juriste) ; Violences et conflits (psychologue)
J1 13h30 3h30 : Communication et compromis (travailleur social)
J2 9h 3h30 : Stéréotypes (travailleur social)
J2 13h30 3h30 : Le parent (éducateur) ; Bilan"""


@pytest.fixture
def offer(house):
    return planning.describe_offer(
        by=house.manager, offer=None, kind="course", name="Stage", entry="closed",
        audience="mixed", is_current=True,
    )  # fmt: skip


@pytest.fixture
def template(house, offer):
    def write(**changes):
        given = {
            "planned": programme.read(LOZERE),
            "capacity": 12,
            "smallest": 6,
            "required_minutes": 840,
            "instalments": 3,
            "prices": {"presentenciel": 20_000, "volontaire": 0},
        }
        return planning.write_template(by=house.manager, offer=offer, **given | changes)

    return write


@pytest.fixture
def plan(house, template):
    made = template()

    def one(**changes):
        given = {
            "template": made,
            "site": house.site,
            "starts_on": date(2027, 3, 4),
            "capacity": 12,
            "most": 16,
            "audience": "mixed",
        }
        return planning.plan_group(**{"by": house.reception} | given | changes)

    return one


class TestTheLinesOfATemplate:
    def test_say_days_hours_lengths_modules_and_who_speaks(self):
        first, _, _, last = programme.read(LOZERE)

        assert first == Planned(
            1,
            time(9),
            210,
            (
                Module("Le cadre de loi", 105, "lawyer"),
                Module("Violences et conflits", 105, "psychologist"),
            ),
        )
        assert last.modules[1].speaker == "other"

    def test_are_written_back_as_they_are_read(self, template):
        made = template()

        assert programme.read(programme.written(made)) == programme.read(LOZERE)

    def test_each_module_says_what_is_to_be_brought(self, template):
        text = "J1 9h 3h : Loi (juriste) {code pénal, diaporama} ; Échanges (psychologue)"

        first, second = programme.read(text)[0].modules
        made = template(planned=programme.read(text), required_minutes=180)

        assert (first.material, second.material) == ("code pénal, diaporama", "")
        assert programme.written(made) == text

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "J1"),
            ("J2 9h 3h : Loi", "premier jour"),
            ("J1 9h : Loi", "Ligne 1"),
            ("J1 25h 3h : Loi", "n’existe pas"),
            ("J1 9h 5min : Loi", "15"),
            ("J1 9h 3h : Loi (clown)", "qui anime"),
            ("J1 9h 3h : Loi\nJ1 8h 1h : Avant", "Ligne 2"),
        ],
    )
    def test_are_refused_by_the_line_that_is_wrong(self, text, told):
        with pytest.raises(Refused, match=told):
            programme.read(text)

    def test_three_formats_are_three_templates_and_their_hours_are_counted(self, house, template):
        """I57: 12 h, 2 × 7 h, 20 sessions and an individual review."""
        weekly = "\n".join(f"J{1 + 5 * n} 18h 2h : Parole" for n in range(20))
        review = "\nJ101 17h 1h : Bilan (éducateur) [individuel]"
        apex = "\n".join(f"J{d} {h} 3h : Module" for d in (1, 2) for h in ("9h", "13h30"))

        lengths = [
            template(planned=programme.read(text), required_minutes=60).minutes
            for text in (apex, LOZERE, weekly + review)
        ]

        assert lengths == [12 * 60, 14 * 60, 41 * 60]


class TestATemplate:
    def test_that_was_used_never_changes_the_next_version_does(self, house, plan, template):
        group = plan()

        changed = template(capacity=8)

        group.refresh_from_db()
        assert (group.template.number, group.template.capacity) == (1, 12)
        assert (changed.number, changed.capacity) == (2, 8)

    def test_says_what_each_legal_framework_pays_in_cents(self, template):
        prices = {p.legal_framework: p.cents for p in template().prices.all()}

        assert prices == {"presentenciel": 20_000, "volontaire": 0}

    def test_does_not_ask_for_more_hours_than_it_has(self, template):
        with pytest.raises(Refused, match="dépasse celle des séances"):
            template(required_minutes=841)

    def test_is_written_by_who_answers_for_the_branch(self, house, offer):
        with pytest.raises(PermissionDenied):
            planning.write_template(
                by=house.practitioner, offer=offer, planned=programme.read(LOZERE), capacity=12,
                smallest=6, required_minutes=1, instalments=1, prices={},
            )  # fmt: skip


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.lists(st.integers(0, 8), max_size=12))
def test_a_run_is_held_on_worked_days_alone_in_order(first, gaps):
    if not is_working_day(first):
        with pytest.raises(Refused, match="jour ouvré"):
            programme.days(first, [0, *gaps])
        return
    found = programme.days(first, [0, *gaps])

    assert len(found) == len(gaps) + 1
    assert found[0] == first
    assert found == sorted(found)
    assert all(map(is_working_day, found))
    for before, after, gap in zip(found[:-1], found[1:], [0, *gaps][1:], strict=True):
        worked = [before + timedelta(days=n) for n in range(1, (after - before).days + 1)]
        assert sum(map(is_working_day, worked)) == gap


class TestARun:
    def test_has_the_sessions_and_modules_of_its_template(self, plan):
        group = plan()

        sessions = list(group.sessions.all())
        assert [(s.day, s.minutes) for s in sessions] == [
            (date(2027, 3, 4), 210),
            (date(2027, 3, 4), 210),
            (date(2027, 3, 5), 210),
            (date(2027, 3, 5), 210),
        ]
        assert [m.title for m in sessions[0].modules.all()] == [
            "Le cadre de loi",
            "Violences et conflits",
        ]
        assert (group.number, group.starts_on, group.ends_on) == (
            "2027-01",
            date(2027, 3, 4),
            date(2027, 3, 5),
        )

    def test_leaves_out_holidays(self, plan):
        """5 May 2027 is a Wednesday, 6 May Ascension Day, 7 May a Friday."""
        assert plan(starts_on=date(2027, 5, 5)).ends_on == date(2027, 5, 7)

    def test_is_numbered_in_its_branch_and_year(self, plan):
        plan()

        assert plan(starts_on=date(2027, 4, 1)).number == "2027-02"

    def test_does_not_take_a_room_twice(self, house, plan):
        room = planning.add_room(by=house.manager, site=house.site, name="Salle", seats=12)
        plan(room=room)

        with pytest.raises(Refused, match="salle est prise"):
            plan(room=room)
        assert Group.objects.count() == 1

    def test_does_not_take_somebody_twice(self, house, plan):
        plan(speakers=[house.practitioner.user])

        with pytest.raises(Refused, match="anime déjà"):
            plan(speakers=[house.practitioner.user])

    def test_nor_during_an_appointment(self, house, plan):
        AppointmentFactory(
            referral=house.referral(),
            practitioner=house.practitioner.user,
            starts_at=timezone.make_aware(datetime(2027, 3, 4, 12, 0)),
            minutes=60,
        )

        with pytest.raises(Refused, match="rendez-vous"):
            plan(speakers=[house.practitioner.user])


class TestMovingASession:
    def test_keeps_when_it_was_to_be(self, house, plan):
        first = plan().sessions.first()
        was, later = first.starts_at, timezone.make_aware(datetime(2027, 3, 9, 14, 0))

        planning.move_session(by=house.reception, session=first, starts_at=later)

        first.refresh_from_db()
        assert first.starts_at == later
        assert SessionMove.objects.get().was_at == was
        assert first.group.__class__.objects.get().ends_on == date(2027, 3, 9)

    def test_with_all_that_follow_moves_them_by_as_many_days(self, house, plan):
        group = plan()
        at = timezone.make_aware(datetime(2027, 3, 11, 9, 0))

        moved = planning.move_session(
            by=house.reception, session=group.sessions.first(), starts_at=at, with_following=True
        )

        assert len(moved) == 4
        assert [s.day for s in group.sessions.all()] == [
            date(2027, 3, 11),
            date(2027, 3, 11),
            date(2027, 3, 12),
            date(2027, 3, 12),
        ]

    def test_into_the_past_is_refused(self, house, plan):
        with pytest.raises(Refused, match="futur"):
            planning.move_session(
                by=house.reception, session=plan().sessions.first(),
                starts_at=timezone.now() - timedelta(days=1),
            )  # fmt: skip


class TestCancellingARun:
    def test_sends_everybody_back_to_the_list(self, house, plan):
        group = plan()
        enrolment = factories.enrolment(
            house.referral(received_on=date(2026, 1, 5)), user=house.manager.user, group=group
        )

        planning.cancel_group(by=house.reception, group=group, reason="Intervenant absent")

        enrolment.refresh_from_db()
        group.refresh_from_db()
        assert (enrolment.status, enrolment.group) == ("to_convene", None)
        assert (group.status, group.cancelled_because) == ("cancelled", "Intervenant absent")

    def test_is_refused_once_somebody_came(self, house, plan):
        group = plan()
        factories.enrolment(
            house.referral(received_on=date(2026, 1, 5)), user=house.manager.user, group=group,
            status="attending",
        )  # fmt: skip

        with pytest.raises(Refused, match="ont commencé"):
            planning.cancel_group(by=house.reception, group=group, reason="X")


@pytest.mark.django_db(transaction=True)
def test_two_people_who_plan_in_one_room_at_once_take_it_once(house, plan):
    room = planning.add_room(by=house.manager, site=house.site, name="Salle", seats=12)

    raised = at_once(lambda: plan(room=room), lambda: plan(room=room, by=house.manager))

    assert sorted(type(error).__name__ for error in raised) == ["NoneType", "Refused"]
    assert Group.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "cents"), [("200", 20_000), ("66,67 €", 6_667), ("0.5", 50), ("", None)]
)
def test_amounts_are_read_as_french_people_type_them(typed, cents):
    assert EurosField(required=False).clean(typed) == cents


class TestThePages:
    def test_a_run_is_previewed_then_planned(self, house, template, send):
        made = template()
        fields = {
            "template": made.pk, "site": house.site.pk, "starts_on": "5/5/2027",
            "audience": "mixed", "capacity": "12", "most": "16",
        }  # fmt: skip

        shown = send("group_new", by=house.reception, **fields).content.decode()
        assert "mercredi 5 mai 2027" in shown
        assert "Ascension" in shown
        assert not Group.objects.exists()

        send("group_new", by=house.reception, **fields, confirm="1")
        assert Group.objects.get().ends_on == date(2027, 5, 7)

    def test_an_offer_is_described_then_its_template(self, house, send):
        send(
            "offer_new", by=house.manager, kind="talk_group", name="Parole", entry="open",
            audience="men", is_current="on",
        )  # fmt: skip
        offer = Offer.objects.get()

        send(
            "template_new", offer.uid, by=house.manager, sessions="J1 18h 2h : Parole",
            capacity="8", smallest="3", required_hours="2", instalments="1",
        )  # fmt: skip

        made = offer.templates.get()
        assert (made.capacity, made.minutes) == (8, 120)

    @pytest.mark.parametrize("page", ["groups", "offers", "calendar", "course_waiting_list"])
    def test_a_list_costs_the_same_for_many(
        self, house, signed_in, plan, page, django_assert_max_num_queries
    ):
        for day in range(1, 20):
            plan(starts_on=date(2027, 4, 1) if day == 3 else date(2027, 6, day % 4 + 1))
        client = signed_in(house.manager)

        with django_assert_max_num_queries(24):
            assert client.get(reverse(page)).status_code == 200

    def test_rooms_are_named_once_a_site(self, house):
        planning.add_room(by=house.manager, site=house.site, name="Salle", seats=12)

        with pytest.raises(Refused, match="existe déjà"):
            planning.add_room(by=house.manager, site=house.site, name="salle", seats=9)
        assert Room.objects.count() == 1


class TestChangingARun:
    @pytest.fixture
    def run(self, house):
        return factories.group(house.branch, house.site, capacity=8, most=10)

    def change(self, house, run, **given):
        run.refresh_from_db()
        told = {
            "by": house.manager,
            "group": run,
            "version": run.version,
            "capacity": 8,
            "most": 10,
            "audience": "mixed",
            "room": None,
            "speakers": [],
        }
        return editing.edit_group(**(told | given))

    def test_places_room_and_speakers_of_the_sessions_to_come(self, house, run):
        room = planning.add_room(by=house.manager, site=house.site, name="Salle 1", seats=12)

        self.change(house, run, capacity=12, most=15, room=room, speakers=[house.colleague.user])

        run.refresh_from_db()
        assert (run.capacity, run.most) == (12, 15)
        for session in run.sessions.all():
            assert session.room == room
            assert [one.user for one in session.speakers.all()] == [house.colleague.user]
        assert TrailEntry.objects.filter(verb="group_changed", target=run.uid).exists()

    def test_who_leads_one_session_alone_stays(self, house, run):
        first = run.sessions.first()
        first.speakers.create(user=house.colleague.user, function="lawyer")

        self.change(house, run, speakers=[house.practitioner.user])

        leads = {one.user for one in first.speakers.all()}
        assert leads == {house.colleague.user, house.practitioner.user}

    def test_is_refused_below_those_already_convened(self, house, run):
        for _ in range(3):
            factories.enrolment(house.referral(), user=house.practitioner.user, group=run)

        with pytest.raises(Refused, match="3 personnes sont déjà convoquées"):
            self.change(house, run, capacity=2, most=2)

    def test_is_refused_for_a_public_that_those_convened_are_not_of(self, house, run):
        person = ParticipantFactory(organisation=house.branch, sex="H")
        referral = house.referral(participant=person)
        factories.enrolment(referral, user=house.practitioner.user, group=run)

        with pytest.raises(Refused, match="pas de ce public"):
            self.change(house, run, audience="women")

    def test_is_refused_where_somebody_leads_elsewhere_at_that_hour(self, house, run):
        other = factories.group(house.branch, house.site, starts_on=run.starts_on)
        self.change(house, other, speakers=[house.colleague.user])

        with pytest.raises(Refused, match="anime déjà"):
            self.change(house, run, speakers=[house.colleague.user])

    def test_tells_the_second_of_two_who_change_it_at_once(self, house, run):
        opened = run.version
        self.change(house, run, capacity=9)

        with pytest.raises(Stale):
            self.change(house, run, version=opened, capacity=6)

        run.refresh_from_db()
        assert run.capacity == 9

    def test_is_unknown_to_a_stranger_and_not_for_reception(self, house, run):
        with pytest.raises((PermissionDenied, Group.DoesNotExist)):
            self.change(house, run, by=house.stranger)
