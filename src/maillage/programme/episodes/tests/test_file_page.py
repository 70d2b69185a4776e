"""The page of one file: what it tells, what it keeps from whom, what it costs."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.programme.episodes.actions import appointments
from maillage.programme.episodes.models import Appointment
from maillage.programme.episodes.reading.due import due
from maillage.programme.episodes.reading.file import read_file
from maillage.programme.episodes.reading.timeline import PAGE, timeline
from maillage.programme.episodes.tests.counting import assert_flat, queries
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
    ObligationFactory,
    ParticipantFactory,
    RequestedModuleFactory,
)

pytestmark = pytest.mark.django_db

SECRET = "Il parle de son père pour la première fois."


def page_of(client, participant, **params) -> str:
    return client.get(reverse("file", args=[participant.uid]), params).content.decode()


def titles(participant, by, **given) -> list[str]:
    given = {"practises": True, **given}
    return [event.title for event in timeline(participant, by=by, **given).events]


class TestTheHeader:
    def test_tells_the_name_the_reference_and_the_age(self, house, signed_in):
        birth = add_months(timezone.localdate(), -41 * 12)
        person = ParticipantFactory(
            organisation=house.branch, last_name="Garance", first_name="Paul", birth_date=birth
        )
        house.referral(participant=person)

        told = page_of(signed_in(house.reception), person)

        assert "GARANCE Paul" in told
        assert f"dossier {person.reference}, 41 ans" in told

    def test_never_puts_the_name_in_the_title_of_the_page(self, house, signed_in):
        person = house.episode().participant

        told = page_of(signed_in(house.reception), person)

        title = told.split("<title>")[1].split("</title>")[0]
        assert person.reference in title
        assert "INVENTÉ" not in title.upper()

    def test_says_when_the_age_is_not_known(self, house, signed_in):
        person = ParticipantFactory(organisation=house.branch, unnamed=True)
        house.referral(participant=person)

        assert "âge inconnu" in page_of(signed_in(house.reception), person)

    def test_alerts_in_words(self, house):
        person = ParticipantFactory(organisation=house.branch, minor=True)
        referral = house.referral(
            participant=person, accepted=True, care_obligation=True, is_urgent=True
        )
        house.episode(referral=referral, silent=True)
        ObligationFactory(referral=referral, code="interdiction_contact")
        ObligationFactory(referral=referral, code="bracelet", ends_on=date(2025, 1, 1))
        AppointmentFactory.create_batch(2, referral=referral, missed=True)

        words = [alert.word for alert in read_file(person).alerts]

        assert words == [
            "Personne mineure",
            "Interdiction de contact",
            "Obligation de soins",
            "Urgence ou renvoi par la justice",
            "Sans contact depuis 5\u00a0mois",
            "2\u00a0absences sans excuse",
        ]

    def test_alerts_when_the_wait_is_over_its_limit(self, house):
        referral = house.referral(
            waiting=True, received_on=add_months(timezone.localdate(), -6) - timedelta(days=1)
        )

        assert [a.word for a in read_file(referral.participant).alerts] == [
            "Délai d’attente dépassé"
        ]


class TestWhatIsDue:
    @pytest.mark.parametrize(
        ("state", "reception", "practitioner"),
        [
            ({}, "Fixer l’évaluation", "Fixer l’évaluation"),
            ({"to_assess": True}, "Fixer l’évaluation", "Fixer l’évaluation"),
            ({"waiting": True}, "Noter un appel ou un courrier", "Accueillir la personne"),
        ],
    )
    def test_before_the_entry_depends_on_the_state_and_the_role(
        self, house, state, reception, practitioner
    ):
        chapter = read_file(house.referral(**state).participant).current

        assert due(house.reception, chapter).primary.label == reception
        assert due(house.practitioner, chapter).primary.label == practitioner

    def test_once_assessed_the_person_is_accepted_or_waits(self, house):
        referral = house.referral(to_assess=True)
        AssessmentFactory(referral=referral)
        chapter = read_file(referral.participant).current

        assert due(house.practitioner, chapter).primary.label == "Accueillir la personne"
        assert due(house.reception, chapter).primary.label in (
            "Mettre sur la liste d’attente",
            "Noter un appel ou un courrier",
        )

    def test_a_meeting_that_nobody_marked_comes_first(self, house):
        referral = house.episode().referral
        meeting = AppointmentFactory(referral=referral, past=True)

        found = due(house.reception, read_file(referral.participant).current)

        assert found.to_mark == meeting
        assert found.sentence == f"Que s’est-il passé au rendez-vous du {meeting.when}\u202f?"

    def test_a_file_that_nobody_follows_is_to_be_taken_or_given(self, house):
        chapter = read_file(house.episode(referent=None).participant).current

        assert due(house.practitioner, chapter).primary.label == "Prendre ce dossier"
        assert due(house.manager, chapter).primary.label == "Attribuer le dossier"
        assert due(house.reception, chapter).primary.label == "Fixer un rendez-vous"

    def test_a_silent_file_asks_for_a_call(self, house):
        chapter = read_file(house.episode(silent=True).participant).current

        found = due(house.practitioner, chapter)

        assert (found.look, found.primary.label) == ("late", "Noter un appel ou un courrier")

    def test_a_file_without_a_meeting_to_come_asks_for_one(self, house):
        chapter = read_file(house.episode().participant).current

        assert due(house.practitioner, chapter).primary.label == "Fixer un rendez-vous"

    def test_a_file_in_order_asks_for_a_note(self, house):
        referral = house.episode().referral
        AppointmentFactory(referral=referral)

        found = due(house.practitioner, read_file(referral.participant).current)

        assert found.primary.label == "Écrire une note"

    def test_an_act_is_offered_to_whom_the_role_allows_it_only(self, house):
        chapter = read_file(house.episode().participant).current

        offered = {act.label for act in due(house.reception, chapter).others}

        assert "Terminer le suivi" not in offered
        assert "Écrire une note" in offered

    def test_a_new_referral_beside_a_follow_up_is_shown_too(self, house, signed_in):
        episode = house.episode()
        house.referral(participant=episode.participant, number=2)

        page = read_file(episode.participant)

        assert page.current.episode == episode
        assert [chapter.referral.number for chapter in page.live] == [1, 2]
        assert "Nouvelle orientation" in page_of(signed_in(house.reception), episode.participant)


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


class TestTheFacts:
    def test_a_changed_situation_says_since_when_and_by_whom(self, house):
        episode = house.episode()
        SituationChangeFactory(episode=episode, on=date(2025, 11, 1), by=house.practitioner.user)

        chapter = read_file(episode.participant).current

        since = (date(2025, 11, 1), house.practitioner.user.name)
        assert chapter.situation == [
            ("Situation conjugale", "Divorcé·e ou séparé·e", *since),
            ("Situation professionnelle", "En emploi", *since),
            ("Ressources", "Salaires", *since),
        ]

    def test_an_answer_that_did_not_change_keeps_its_first_day(self, house):
        referral = house.referral(accepted=True, employment="en_emploi")
        episode = house.episode(referral=referral)
        SituationChangeFactory(episode=episode, on=date(2025, 11, 1))

        chapter = read_file(episode.participant).current

        assert chapter.situation[1] == (
            "Situation professionnelle",
            "En emploi",
            date(2025, 10, 1),
            "",
        )

    def test_what_was_asked_and_what_is_followed_stand_apart(self, house):
        episode = house.episode()
        RequestedModuleFactory(referral=episode.referral, code="stage")
        EpisodeModuleFactory(episode=episode, code="groupe_parole")

        chapter = read_file(episode.participant).current

        assert [fact.label for fact in chapter.requested] == ["Stage de responsabilisation"]
        assert [fact.label for fact in chapter.open_modules] == ["Groupe de parole"]


class TestTheCost:
    def test_is_flat_in_events_and_at_most_twelve_queries(self, house, signed_in):
        episode = house.episode()
        referral, by = episode.referral, house.practitioner.user
        day = iter(range(1, 100))

        def grow():
            on = date(2026, 1, 1) + timedelta(days=next(day))
            NoteFactory(referral=referral, clinical=True, by=by)
            NoteFactory(referral=referral)
            AppointmentFactory(referral=referral, practitioner=by)
            AppointmentFactory(referral=referral, kept=True)
            AppointmentFactory(referral=referral, past=True)
            ContactAttemptFactory(referral=referral)
            AssessmentFactory(referral=referral, by=by)
            SituationChangeFactory(episode=episode, on=on)
            EpisodeModuleFactory(episode=episode, ends_on=on)

        client = signed_in(house.practitioner)

        cost = assert_flat(lambda: page_of(client, episode.participant), grow, rows=1)
        for _ in range(8):
            grow()
        of_many = queries(lambda: page_of(client, episode.participant))

        assert len(of_many) <= cost <= 12

    def test_does_not_grow_with_returns(self, house, signed_in):
        person = ParticipantFactory(organisation=house.branch)
        client, year = signed_in(house.practitioner), iter(range(2001, 2020))

        def grow():
            n = next(year)
            house.episode(
                participant=person,
                entered_on=date(n, 2, 1),
                exited_on=date(n, 6, 1),
                exit_reason="autre",
                last_contact_on=date(n, 6, 1),
            )

        assert_flat(lambda: page_of(client, person), grow)

    def test_a_postponed_chain_of_many_costs_no_more(self, house, signed_in):
        referral = house.referral()
        last = AppointmentFactory(referral=referral, practitioner=house.practitioner.user)
        chain = [last]

        def grow():
            chain.append(
                appointments.postpone(
                    by=house.reception,
                    appointment=chain[-1],
                    starts_at=chain[-1].starts_at + timedelta(days=1),
                )
            )

        client = signed_in(house.reception)
        assert_flat(lambda: page_of(client, referral.participant), grow)
        assert Appointment.objects.filter(status="postponed").count() == 5
