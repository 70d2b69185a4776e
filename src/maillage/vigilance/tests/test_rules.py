"""Which reads are worth a look, and which are the day's work."""

import pytest
from django.db import transaction

from maillage.core import trail
from maillage.core.models import ReadEntry, TrailEntry
from maillage.network.tests.factories import MembershipFactory
from maillage.programme.episodes.tests.factories import AppointmentFactory, EpisodeModuleFactory
from maillage.programme.intake.tests.factories import ParticipantFactory
from maillage.vigilance.models import Alert

pytestmark = pytest.mark.django_db

SEARCH = "/espace/recherche/"


class TestOpenedWithoutAssignment:
    def test_a_colleague_who_opens_the_file_of_another(self, house, read, found):
        uid = house.episode().participant.uid
        read(house.colleague, uid)
        read(house.colleague, uid, what="identity")

        assert found() == [("unassigned", house.colleague.user, uid, 2)]

    @pytest.mark.parametrize("who", ["practitioner", "manager"])
    def test_not_the_referent_nor_the_manager_who_gives_files(self, house, read, found, who):
        read(getattr(house, who), house.episode().participant.uid)

        assert found() == []

    def test_not_who_holds_a_module_of_it(self, house, read, found):
        module = EpisodeModuleFactory(episode=house.episode(), practitioner=house.colleague.user)
        read(house.colleague, module.episode.participant.uid)

        assert found() == []

    def test_not_who_meets_the_person(self, house, read, found):
        meeting = AppointmentFactory(referral=house.referral(), practitioner=house.colleague.user)
        read(house.colleague, meeting.participant.uid)

        assert found() == []

    def test_reception_only_on_the_day_of_an_act_in_it(self, house, read, found, clock):
        uid = house.episode().participant.uid
        with transaction.atomic():
            trail.record("appointment_planned", by=house.reception, file=uid)
        read(house.reception, uid)
        assert found() == []

        clock.later(days=1)
        read(house.reception, uid)
        assert found() == [("unassigned", house.reception.user, uid, 1)]

    def test_an_act_of_somebody_else_excuses_nobody(self, house, read, found):
        uid = house.episode().participant.uid
        with transaction.atomic():
            trail.record("appointment_planned", by=house.practitioner, file=uid)
        read(house.reception, uid)

        assert [each[0] for each in found()] == ["unassigned"]

    def test_not_the_watch_itself_nor_a_list(self, house, read, found):
        read(house.dpo, house.episode().participant.uid, what="file_trail")
        read(house.colleague, what="files", count=50)

        assert found() == []

    def test_each_file_each_day_once(self, house, read, found, clock):
        uids = [house.episode().participant.uid for _ in range(2)]
        for _ in range(2):
            for uid in uids:
                read(house.colleague, uid)
            clock.later(days=1)

        assert len(found()) == 4


class TestManyFiles:
    def open(self, house, read, clock, count, minutes):
        for _ in range(count):
            read(house.manager, ParticipantFactory(organisation=house.branch).uid)
            clock.later(seconds=60 * minutes / count - 1)

    def test_thirty_in_ten_minutes(self, house, read, found, clock):
        self.open(house, read, clock, 30, 9)

        assert found() == [("many_files", house.manager.user, "", 30)]

    @pytest.mark.parametrize(("count", "minutes"), [(29, 9), (30, 12)])
    def test_not_fewer_nor_slower(self, house, read, found, clock, count, minutes):
        self.open(house, read, clock, count, minutes)

        assert found() == []

    def test_not_the_same_file_again_and_again(self, house, read, found):
        uid = ParticipantFactory(organisation=house.branch).uid
        for _ in range(40):
            read(house.manager, uid)

        assert found() == []

    def test_over_midnight_and_after_what_was_examined(self, house, read, found, clock, settings):
        settings.ALERT_NIGHT = (0, 0)
        clock.at(2026, 2, 10, 22, 57)
        self.open(house, read, clock, 20, 2)
        assert found() == []
        self.open(house, read, clock, 20, 3)

        assert found() == [("many_files", house.manager.user, "", 40)]

    def test_the_threshold_is_a_setting(self, house, read, found, clock, settings):
        settings.ALERT_FILES, settings.ALERT_MINUTES = 3, 2
        self.open(house, read, clock, 3, 1)

        assert [each[0] for each in found()] == ["many_files"]


class TestOffHours:
    @pytest.mark.parametrize(
        "moment",
        [
            (2026, 2, 10, 21, 0),  # 22:00 in Paris
            (2026, 2, 10, 4, 58),  # 05:58
            (2026, 2, 14, 10, 0),  # a Saturday
            (2026, 2, 15, 10, 0),  # a Sunday
            (2026, 4, 6, 10, 0),  # Easter Monday
            (2026, 7, 14, 10, 0),
        ],
    )
    def test_at_night_at_the_week_s_end_and_on_holidays(self, house, read, found, clock, moment):
        clock.at(*moment)
        read(house.manager, what="today", count=3)

        assert found() == [("night", house.manager.user, "", 1)]

    @pytest.mark.parametrize("moment", [(2026, 2, 10, 5, 0), (2026, 2, 10, 20, 59)])
    def test_not_from_six_to_twenty_two(self, house, read, found, clock, moment):
        clock.at(*moment)
        clock.later(seconds=-1)
        read(house.manager, what="today", count=3)

        assert found() == []


class TestSearches:
    def test_of_one_s_own_name(self, house, signed_in, found, clock):
        house.manager.user.name = "Ondine Salamandre"
        house.manager.user.save()
        client = signed_in(house.manager)
        client.post(SEARCH, {"q": "salamendre ange"})
        client.post(SEARCH, {"q": "ondine"})

        assert found() == [("own_name", house.manager.user, "", 1)]

    def test_that_find_nobody_are_recorded_only_when_they_resemble_one_s_own(
        self, house, signed_in, clock
    ):
        house.manager.user.name = "SALAMANDRE Ondine"
        house.manager.user.save()
        for words in ("Salamandre", "Belcastel", "Ondine"):
            signed_in(house.manager).post(SEARCH, {"q": words})

        assert [(r.flag, r.count) for r in ReadEntry.objects.all()] == [("own_name", 0)]

    def test_of_the_same_words_three_times_in_a_week(self, house, signed_in, found, clock):
        ParticipantFactory(organisation=house.branch, last_name="Belcastel", first_name="Ange")
        clock.at(2026, 2, 9, 9)
        for words in ("Belcastel  Ange", "ange BELCASTEL", "bélcastel-ange"):
            signed_in(house.manager).post(SEARCH, {"q": words})
            clock.later(days=1)

        assert found() == [("same_search", house.manager.user, "", 3)]

    def test_not_over_more_than_a_week_nor_by_several_people(self, house, signed_in, found, clock):
        ParticipantFactory(organisation=house.branch, last_name="Belcastel")
        for who in (house.manager, house.reception, house.practitioner):
            signed_in(who).post(SEARCH, {"q": "belcastel"})
        clock.later(days=7)
        signed_in(house.manager).post(SEARCH, {"q": "belcastel"})
        clock.later(days=7)
        signed_in(house.manager).post(SEARCH, {"q": "belcastel"})

        assert found() == []

    def test_leave_no_word_of_theirs_and_a_digest_that_is_of_one_person_alone(
        self, house, signed_in, clock
    ):
        ParticipantFactory(organisation=house.branch, last_name="Belcastel")
        for who in (house.manager, house.manager, house.reception):
            signed_in(who).post(SEARCH, {"q": "Belcastel"})

        kept = list(ReadEntry.objects.order_by("pk").values())
        assert "belcastel" not in str(kept).lower()
        first, again, other = [row["digest"] for row in kept]
        assert first == again != other


class TestRefusedPages:
    def test_of_a_file_that_is_closed_to_them(self, house, signed_in, found, clock):
        uid = ParticipantFactory().uid  # of another branch
        client = signed_in(house.practitioner)
        assert client.get(f"/espace/dossiers/{uid}/").status_code == 404
        assert client.get(f"/espace/dossiers/{uid}/journal/").status_code == 404

        assert found() == [("refused", house.practitioner.user, "", 2)]
        assert uid not in str(list(ReadEntry.objects.values()))  # whose it is, is not told

    def test_not_an_address_that_names_nothing(self, house, signed_in, found, clock):
        signed_in(house.practitioner).get("/espace/nulle-part/")
        signed_in(house.practitioner).get("/espace/equipe/")

        assert found() == []


class TestExamining:
    def test_again_raises_nothing_twice(self, house, read, found):
        read(house.colleague, house.episode().participant.uid)

        assert found() == found()
        assert list(TrailEntry.objects.values_list("verb", "details")) == [
            ("alerts_raised", {"rules": {"unassigned": 1}})
        ]

    def test_what_came_since_is_added_to_the_same_alert(self, house, read, found):
        uid = house.episode().participant.uid
        read(house.colleague, uid)
        found()
        read(house.colleague, uid)

        assert found() == [("unassigned", house.colleague.user, uid, 2)]

    def test_of_one_branch_and_side_says_nothing_of_another(self, house, read, found):
        elsewhere = MembershipFactory(manager=True)
        uid = house.episode().participant.uid
        read(house.stranger, uid)
        read(house.other_side, uid)
        read(elsewhere, uid)

        assert found() == []
        assert found("support") == []  # a manager answers for every file of that side too

    def test_nothing_is_raised_of_more_than_a_month_ago(self, house, read, found, clock):
        read(house.colleague, house.episode().participant.uid)
        clock.later(days=32)

        assert found() == []

    def test_costs_the_same_for_many_reads(
        self, house, read, found, django_assert_max_num_queries, clock
    ):
        for _ in range(20):
            read(house.colleague, house.episode().participant.uid)

        with django_assert_max_num_queries(28):
            found()
        assert Alert.objects.count() == 20
