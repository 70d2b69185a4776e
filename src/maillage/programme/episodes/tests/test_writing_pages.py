"""The pages on which one writes, meets and takes leave, and what they keep when refused."""

from datetime import date, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from maillage.core import drafts
from maillage.core.calendar import short_date
from maillage.core.models import Draft, TrailEntry
from maillage.programme.episodes.models import Appointment, Episode, Note
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeModuleFactory,
)
from maillage.programme.intake.models import ContactAttempt
from maillage.programme.intake.tests.factories import (
    ContactAttemptFactory,
)

pytestmark = pytest.mark.django_db


def errors(answer) -> dict[str, list[str]]:
    return dict(answer.context["form"].errors)


class TestWriting:
    def test_reception_is_offered_the_factual_kind_alone(self, house, signed_in):
        referral = house.episode().referral

        page = signed_in(house.reception).get(reverse("note_new", args=[referral.uid]))

        assert [kind for kind, _ in page.context["form"].fields["kind"].choices] == ["factual"]

    def test_the_words_say_who_will_read(self, house, signed_in):
        referral = house.episode().referral

        told = signed_in(house.practitioner).get(reverse("note_new", args=[referral.uid]))

        assert "lue par toute l’antenne" in told.content.decode()
        assert "lue par vous et les intervenant·es du dossier" in told.content.decode()

    def test_reception_cannot_post_a_clinical_note(self, house, send):
        referral = house.episode().referral

        told = send(
            "note_new",
            referral.uid,
            by=house.reception,
            kind="clinical",
            on="03/02/2026",
            text="Vu.",
        )

        assert set(errors(told)) == {"kind"}
        assert not Note.objects.exists()

    def test_a_note_is_kept_and_its_draft_forgotten(self, house, send):
        referral = house.episode().referral
        by, name = house.practitioner, f"note:{referral.uid}"
        page = {"text": ["Commencé"]}
        drafts.save(by, name, _query(page))

        send("note_new", referral.uid, kind="clinical", on="03/02/2026", text="Colère moindre.")

        note = Note.objects.get()
        assert (note.text, note.on, note.kind) == (
            "Colère moindre.",
            date(2026, 2, 3),
            "clinical",
        )
        assert not Draft.objects.exists()

    def test_a_draft_is_taken_up(self, house, signed_in):
        referral = house.episode().referral
        by = house.practitioner
        drafts.save(by, f"note:{referral.uid}", _query({"text": ["Commencé hier"]}))

        told = signed_in(by).get(reverse("note_new", args=[referral.uid])).content.decode()

        assert "Commencé hier" in told
        assert f'data-draft="note:{referral.uid}"' in told

    def test_a_call_without_an_hour_is_of_this_moment(self, house, send):
        referral = house.referral()
        before = timezone.now()

        send(
            "contact_attempt_new",
            referral.uid,
            by=house.reception,
            channel="phone",
            outcome="voicemail",
            on="aujourd’hui",
            hour="",
        )

        assert before <= ContactAttempt.objects.get().at <= timezone.now()

    def test_a_call_of_another_day_has_its_hour(self, house, send):
        referral = house.referral()

        send(
            "contact_attempt_new",
            referral.uid,
            channel="phone",
            outcome="reached",
            on="3/2/2026",
            hour="9h15",
            comment="Rappelle jeudi.",
        )

        attempt = ContactAttempt.objects.get()
        assert timezone.localtime(attempt.at).strftime("%d/%m/%Y %H:%M") == "03/02/2026 09:15"
        assert attempt.comment == "Rappelle jeudi."

    def test_the_number_to_call_is_on_the_page(self, house, signed_in):
        referral = house.referral()
        referral.participant.phone, referral.participant.phone_is_shared = "+33639981234", True
        referral.participant.save()

        told = signed_in(house.reception).get(reverse("contact_attempt_new", args=[referral.uid]))

        assert "06 39 98 12 34" in told.content.decode()
        assert "ne laissez pas de message" in told.content.decode()


def _query(fields):
    query = QueryDict(mutable=True)
    for name, values in fields.items():
        query.setlist(name, values)
    return query


class TestAppointments:
    def _typed(self, house, **given):
        day = timezone.localdate() + timedelta(days=7)
        return {
            "kind": "follow_up",
            "on": short_date(day),
            "hour": "14h30",
            "minutes": "60",
            "practitioner": house.practitioner.user.pk,
            "site": "",
            **given,
        }

    def test_one_is_fixed_at_the_hour_of_paris(self, house, send):
        referral = house.referral()

        send("appointment_new", referral.uid, by=house.reception, **self._typed(house))

        appointment = Appointment.objects.get()
        assert timezone.localtime(appointment.starts_at).strftime("%H:%M") == "14:30"
        assert appointment.minutes == 60

    def test_before_the_entry_an_assessment_is_proposed(self, house, signed_in):
        client = signed_in(house.reception)

        before = client.get(reverse("appointment_new", args=[house.referral().uid]))
        after = client.get(reverse("appointment_new", args=[house.episode().referral.uid]))

        assert before.context["form"].initial["kind"] == "assessment"
        assert after.context["form"].initial["kind"] == "follow_up"
        assert after.context["form"].initial["practitioner"] == house.practitioner.user

    def test_an_hour_that_is_taken_is_told_beside_the_hour(self, house, send):
        send("appointment_new", house.referral().uid, **self._typed(house))

        told = send("appointment_new", house.referral().uid, **self._typed(house))

        assert "déjà un rendez-vous" in errors(told)["hour"][0]
        assert told.context["form"]["hour"].value() == "14h30"

    def test_goes_back_to_where_one_came_from(self, house, send):
        answer = send(
            "appointment_new", house.referral().uid, next=reverse("today"), **self._typed(house)
        )

        assert answer.redirect_chain[0][0] == reverse("today")

    def test_one_is_postponed(self, house, send):
        first = AppointmentFactory(referral=house.referral(), practitioner=house.practitioner.user)
        typed = self._typed(house, asked_by_person="us")

        send("appointment_postpone", first.pk, by=house.reception, **typed)

        first.refresh_from_db()
        assert first.status == "postponed"
        assert TrailEntry.objects.get().details["asked_by_person"] is False

    def test_one_that_is_marked_is_not_postponed(self, house, signed_in):
        kept = AppointmentFactory(referral=house.referral(), kept=True)

        answer = signed_in(house.reception).get(reverse("appointment_postpone", args=[kept.pk]))

        assert answer.status_code == 403


class TestTheExit:
    def test_tells_what_will_happen_before_it_does(self, house, signed_in):
        episode = house.episode()
        EpisodeModuleFactory(episode=episode)
        coming = AppointmentFactory(referral=episode.referral)

        page = signed_in(house.practitioner).get(
            reverse("episode_exit", args=[episode.referral.uid])
        )

        lines = page.context["consequences"]
        assert "«\u202fSuivi psychologique individuel\u202f»" in lines[0]
        assert coming.when in lines[1]
        episode.refresh_from_db()
        assert episode.is_open

    def test_a_drop_out_is_refused_with_what_was_done(self, house, send):
        episode = house.episode()
        ContactAttemptFactory(referral=episode.referral, outcome="voicemail")

        told = send(
            "episode_exit", episode.referral.uid, version=1, on="aujourd’hui", reason="abandon"
        )

        assert "fait\u00a0: 1" in errors(told)["reason"][0]
        page = told.content.decode()
        assert "message laissé" in page
        assert "Il en manque 1" in page
        assert told.context["form"]["reason"].value() == "abandon"

    def test_ends_the_follow_up(self, house, send):
        episode = house.episode()

        send(
            "episode_exit",
            episode.referral.uid,
            version=1,
            on="03/02/2026",
            reason="relais_sante",
            comment="Relais au CMP.",
        )

        episode.refresh_from_db()
        assert (episode.exited_on, episode.exit_reason) == (date(2026, 2, 3), "relais_sante")

    def test_when_stale_keeps_what_was_typed(self, house, send):
        episode = house.episode()
        Episode.objects.update(version=3)

        told = send(
            "episode_exit",
            episode.referral.uid,
            version=1,
            on="03/02/2026",
            reason="autre",
            comment="Longue explication.",
        )

        form = told.context["form"]
        assert form["comment"].value() == "Longue explication."
        assert form["version"].value() == "3"
        episode.refresh_from_db()
        assert episode.is_open

    def test_is_taken_back_by_the_manager_with_a_reason(self, house, send):
        episode = house.episode(exited=True)
        uid = episode.referral.uid

        told = send("episode_exit_cancel", uid, by=house.manager, comment="")
        assert set(errors(told)) == {"comment"}
        send("episode_exit_cancel", uid, by=house.manager, comment="Erreur de dossier.")

        episode.refresh_from_db()
        assert episode.is_open
