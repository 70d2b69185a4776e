"""The page of one file: what it tells, what is due, what it costs."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.programme.episodes.actions import appointments
from maillage.programme.episodes.models import Appointment
from maillage.programme.episodes.reading.due import due
from maillage.programme.episodes.reading.file import read_file
from maillage.programme.episodes.tests.counting import assert_flat, queries
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeModuleFactory,
    NoteFactory,
    SituationChangeFactory,
)
from maillage.programme.intake.tests.factories import (
    AssessmentFactory,
    ContactAttemptFactory,
    ObligationFactory,
    ParticipantFactory,
    RequestedModuleFactory,
)

pytestmark = pytest.mark.django_db


def page_of(client, participant, **params) -> str:
    return client.get(reverse("file", args=[participant.uid]), params).content.decode()


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
    def test_is_flat_in_events_and_at_most_eighteen_statements(self, house, signed_in):
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

        assert len(of_many) <= cost <= 18  # of which five chain the look

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
