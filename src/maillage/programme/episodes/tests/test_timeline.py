"""The history of a file: everything, newest first, and what it keeps from whom."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from maillage.programme.episodes.actions import appointments
from maillage.programme.episodes.reading.file import read_file
from maillage.programme.episodes.reading.timeline import PAGE, timeline
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeModuleFactory,
    NoteFactory,
    SituationChangeFactory,
)
from maillage.programme.intake.models import ReferralStep
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ContactAttemptFactory,
)

pytestmark = pytest.mark.django_db

SECRET = "Il parle de son père pour la première fois."


def page_of(client, participant, **params) -> str:
    return client.get(reverse("file", args=[participant.uid]), params).content.decode()


def titles(participant, by, **given) -> list[str]:
    given = {"practises": True, **given}
    return [event.title for event in timeline(participant, by=by, **given).events]


class TestTheTimeline:
    def test_tells_everything_newest_first(self, house):
        episode = house.episode(
            entered_on=date(2025, 10, 1), exited_on=date(2026, 3, 2), exit_reason="concertee"
        )
        referral = episode.referral
        EpisodeModuleFactory(episode=episode, ends_on=date(2026, 3, 2))
        SituationChangeFactory(episode=episode, on=date(2025, 11, 1))
        NoteFactory(referral=referral, on=date(2025, 10, 20))
        AssessmentFactory(referral=referral, held_on=date(2025, 9, 15))
        ReferralStep.objects.create(
            referral=referral, status="waiting", on=date(2025, 9, 20), by=house.practitioner.user
        )
        at = datetime(2026, 1, 5, 14, 30, tzinfo=ZoneInfo("Europe/Paris"))
        AppointmentFactory(referral=referral, starts_at=at, status="kept")
        ContactAttemptFactory(referral=referral, at=at - timedelta(days=3))

        assert titles(episode.participant, house.practitioner) == [
            "Fin du suivi",
            "Fin du module «\u202fSuivi psychologique individuel\u202f»",
            "Rendez-vous de suivi",
            "Appel",
            "Changement de situation",
            "Note factuelle",
            "Début du module «\u202fSuivi psychologique individuel\u202f»",
            f"Début du suivi à {episode.site}",
            "Inscription sur la liste d’attente",
            "Entretien d’évaluation",
            "Orientation reçue",
        ]

    def test_puts_a_late_evening_on_its_own_day_in_paris(self, house):
        referral = house.referral()
        at = datetime(2026, 1, 5, 0, 15, tzinfo=ZoneInfo("Europe/Paris"))
        AppointmentFactory(referral=referral, starts_at=at, status="kept")

        first = timeline(referral.participant, by=house.reception, practises=False).events[0]

        assert first.day == date(2026, 1, 5)

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("orientation", ["Orientation reçue"]),
            ("rendez-vous", ["Rendez-vous de suivi"]),
            ("contacts", ["Appel"]),
            ("notes", ["Note factuelle"]),
            ("evaluations", ["Entretien d’évaluation"]),
        ],
    )
    def test_is_narrowed_to_one_kind(self, house, kind, expected):
        referral = house.episode().referral
        AppointmentFactory(referral=referral, kept=True)
        ContactAttemptFactory(referral=referral)
        NoteFactory(referral=referral)
        AssessmentFactory(referral=referral)

        assert titles(referral.participant, house.practitioner, kind=kind) == expected

    def test_tells_where_a_postponed_meeting_went_and_came_from(self, house):
        referral = house.referral()
        first = AppointmentFactory(referral=referral, practitioner=house.practitioner.user)
        second = appointments.postpone(
            by=house.reception, appointment=first, starts_at=first.starts_at + timedelta(days=7)
        )

        events = timeline(
            referral.participant, by=house.reception, practises=False, kind="rendez-vous"
        ).events

        assert [(e.state, e.moved, e.row.linked) for e in events] == [
            ("Prévu", "remplace celui du", first.starts_at),
            ("Reporté", "reporté au", second.starts_at),
        ]

    def test_shows_a_return_as_another_chapter(self, house, signed_in):
        past = house.episode(exited=True)
        back = house.episode(
            participant=past.participant,
            entered_on=date(2026, 1, 5),
        )

        page = read_file(past.participant)
        story = page.story(timeline(past.participant, by=house.practitioner, practises=True))

        assert [chapter.episode for chapter, _ in story] == [back, past]
        assert [chapter.title for chapter in page.chapters] == [
            f"Suivi depuis le 05/01/2026, {house.site}",
            f"Suivi du 01/10/2025 au 19/12/2025, {house.site}",
        ]

    def test_tells_the_reception_and_the_end_of_an_imported_referral(self, house):
        referral = house.referral(returned=True)
        ReferralStep.objects.all().delete()

        events = timeline(referral.participant, by=house.reception, practises=False).events

        assert [(event.title, event.state) for event in events] == [
            ("Retour à l’orienteur", "Injoignable malgré les tentatives"),
            ("Orientation reçue", ""),
        ]

    def test_comes_by_pages_without_losing_an_event(self, house):
        referral = house.referral()
        NoteFactory.create_batch(PAGE + 3, referral=referral)

        pages = [
            timeline(referral.participant, by=house.reception, practises=False, page=n)
            for n in (1, 2)
        ]

        assert [len(page.events) for page in pages] == [PAGE, 4]
        assert [page.has_older for page in pages] == [True, False]
        assert len({event.anchor for page in pages for event in page.events}) == PAGE + 4

    def test_answers_htmx_with_the_very_fragment_of_the_page(self, house, signed_in):
        referral = house.episode().referral
        NoteFactory(referral=referral, text="Attestation remise.")
        client = signed_in(house.reception)
        address = reverse("file", args=[referral.participant.uid])

        whole = client.get(address, {"voir": "notes"}).content.decode()
        part = client.get(
            address, {"voir": "notes"}, headers={"HX-Request": "true", "HX-Target": "histoire"}
        ).content.decode()

        assert "Attestation remise." in part
        assert "<html" not in part
        assert part.strip() in whole


class TestTheClinicalWall:
    @pytest.fixture
    def referral(self, house):
        referral = house.episode().referral
        NoteFactory(
            referral=referral,
            clinical=True,
            text=SECRET,
            by=house.practitioner.user,
            on=date(2026, 2, 3),
        )
        AssessmentFactory(
            referral=referral,
            summary=SECRET,
            request=SECRET,
            position="denies",
            by=house.practitioner.user,
        )
        return referral

    def test_the_practitioner_of_the_file_reads(self, referral, house, signed_in):
        told = page_of(signed_in(house.practitioner), referral.participant)

        assert told.count(SECRET) == 3
        assert "Nie" in told

    @pytest.mark.parametrize("who", ["colleague", "manager", "reception"])
    def test_others_of_the_branch_see_that_it_exists_and_no_more(
        self, referral, house, signed_in, who
    ):
        client = signed_in(getattr(house, who))
        address = reverse("file", args=[referral.participant.uid])

        whole = client.get(address).content.decode()
        parts = "".join(
            client.get(
                address, {"voir": kind}, headers={"HX-Request": "true", "HX-Target": "histoire"}
            ).content.decode()
            for kind in ("", "notes", "evaluations")
        )

        for told in (whole, parts):
            assert SECRET not in told
            assert "Nie<" not in told
            assert "mardi 3 février 2026" in told
            assert "Note clinique, réservée aux intervenant·es du dossier" in told
            assert "Évaluation, réservée aux intervenant·es du dossier" in told

    @pytest.mark.parametrize("layout", ["csv", "xlsx"])
    def test_no_text_leaves_in_an_export(self, referral, house, signed_in, layout):
        answer = signed_in(house.practitioner).post(reverse("files_export"), {"layout": layout})

        assert SECRET.encode() not in answer.content

    def test_the_practitioner_of_a_module_reads(self, referral, house, signed_in):
        EpisodeModuleFactory(episode=referral.episode, practitioner=house.colleague.user)

        assert page_of(signed_in(house.colleague), referral.participant).count(SECRET) == 3

    def test_an_assessment_is_read_by_its_author_before_anybody_follows(self, house, signed_in):
        referral = house.referral(to_assess=True)
        AssessmentFactory(referral=referral, summary=SECRET, by=house.colleague.user)

        assert SECRET in page_of(signed_in(house.colleague), referral.participant)
        assert SECRET not in page_of(signed_in(house.practitioner), referral.participant)
