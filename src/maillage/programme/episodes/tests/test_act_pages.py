"""The pages of acts: what they propose, what they keep when an act is refused or stale."""

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
    SituationChangeFactory,
)
from maillage.programme.intake.models import ContactAttempt, Referral
from maillage.programme.intake.tests.factories import (
    ContactAttemptFactory,
    RequestedModuleFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(house, signed_in):
    """Sends the form of a page as the practitioner, unless it is said otherwise."""

    def post(page: str, *args, by=None, **typed):
        client = signed_in(by or house.practitioner)
        return client.post(reverse(page, args=args), typed, follow=True)

    return post


def errors(answer) -> dict[str, list[str]]:
    return dict(answer.context["form"].errors)


class TestAccepting:
    def test_proposes_the_last_meeting_the_site_oneself_and_what_was_asked(self, house, signed_in):
        referral = house.referral(waiting=True, site=house.site)
        met = AppointmentFactory(referral=referral, kept=True)
        RequestedModuleFactory(referral=referral, code="stage")

        page = signed_in(house.practitioner).get(reverse("episode_accept", args=[referral.uid]))

        proposed = page.context["form"].initial
        assert proposed["entered_on"] == met.day
        assert (proposed["site"], proposed["modules"]) == (house.site.pk, ["stage"])
        assert proposed["referent"] == house.practitioner.user
        told = page.content.decode()
        assert f'<option value="{house.practitioner.user.pk}" selected>' in told

    def test_opens_the_follow_up_and_goes_to_the_file(self, house, send):
        referral = house.referral(waiting=True)

        answer = send(
            "episode_accept",
            referral.uid,
            version=1,
            entered_on="03/11/2025",
            site=house.site.pk,
            referent=house.colleague.user.pk,
            modules=["stage", "groupe_parole"],
            marital_status="marie",
            employment="retraite",
            resources="retraite",
        )

        assert answer.redirect_chain[0][0] == reverse("file", args=[referral.participant.uid])
        episode = Episode.objects.get()
        assert (episode.referent, episode.modules.count()) == (house.colleague.user, 2)
        assert episode.entered_on == date(2025, 11, 3)

    def test_when_stale_keeps_what_was_typed_tells_it_and_is_confirmed_by_sending_again(
        self, house, send
    ):
        referral = house.referral(waiting=True)
        Referral.objects.update(version=4)
        typed = {
            "entered_on": "03/11/2025",
            "site": house.site.pk,
            "referent": "",
            "marital_status": "marie",
            "employment": "retraite",
            "resources": "retraite",
        }

        told = send("episode_accept", referral.uid, version=1, **typed)

        assert not Episode.objects.exists()
        form = told.context["form"]
        assert "modifié" in errors(told)["__all__"][0]
        assert (form["entered_on"].value(), form["version"].value()) == ("03/11/2025", "4")
        send("episode_accept", referral.uid, version=form["version"].value(), **typed)
        assert Episode.objects.get().entered_on == date(2025, 11, 3)

    def test_puts_a_refusal_beside_its_field(self, house, send):
        referral = house.referral(received_on=date(2025, 11, 4))

        told = send(
            "episode_accept",
            referral.uid,
            version=1,
            entered_on="03/11/2025",
            site=house.site.pk,
            marital_status="marie",
            employment="retraite",
            resources="retraite",
        )

        assert set(errors(told)) == {"entered_on"}
        assert not TrailEntry.objects.exists()

    def test_offers_no_site_nor_person_of_another_organisation(self, house, signed_in):
        referral = house.referral()

        page = signed_in(house.practitioner).get(reverse("episode_accept", args=[referral.uid]))

        told = page.content.decode()
        assert house.stranger.user.name not in told
        assert house.other_side.user.name not in told


class TestAssigning:
    def test_a_manager_chooses_among_those_who_follow_files(self, house, send):
        episode = house.episode()

        send(
            "episode_assign",
            episode.referral.uid,
            by=house.manager,
            version=1,
            referent=house.colleague.user.pk,
        )

        episode.refresh_from_db()
        assert episode.referent == house.colleague.user

    def test_a_practitioner_takes_with_one_button(self, house, send):
        episode = house.episode(referent=None)

        send("episode_assign", episode.referral.uid, version=1)

        episode.refresh_from_db()
        assert episode.referent == house.practitioner.user

    def test_a_practitioner_cannot_post_somebody_else(self, house, send):
        episode = house.episode(referent=None)

        send("episode_assign", episode.referral.uid, version=1, referent=house.colleague.user.pk)

        episode.refresh_from_db()
        assert episode.referent == house.practitioner.user

    def test_when_stale_keeps_the_choice(self, house, send):
        episode = house.episode()
        Episode.objects.update(version=2)

        told = send(
            "episode_assign",
            episode.referral.uid,
            by=house.manager,
            version=1,
            referent=house.colleague.user.pk,
        )

        form = told.context["form"]
        assert form["referent"].value() == str(house.colleague.user.pk)
        assert form["version"].value() == "2"


class TestModulesAndSituation:
    def test_a_module_is_started_and_ended(self, house, send):
        episode = house.episode()

        send(
            "module_start",
            episode.referral.uid,
            code="stage",
            starts_on="3/11/25",
            practitioner="",
        )
        module = episode.modules.get()
        send("module_end", episode.referral.uid, module.pk, ends_on="1/12/25")

        module.refresh_from_db()
        assert (module.starts_on, module.ends_on) == (date(2025, 11, 3), date(2025, 12, 1))

    def test_a_module_of_another_file_is_not_found(self, house, signed_in):
        module = EpisodeModuleFactory(episode=house.episode())
        other = house.episode()

        answer = signed_in(house.practitioner).get(
            reverse("module_end", args=[other.referral.uid, module.pk])
        )

        assert answer.status_code == 404

    def test_the_situation_proposed_is_the_one_that_stands(self, house, signed_in):
        episode = house.episode()
        SituationChangeFactory(episode=episode)

        page = signed_in(house.practitioner).get(
            reverse("situation_change", args=[episode.referral.uid])
        )

        assert page.context["form"].initial["marital_status"] == "divorce_separe"

    def test_a_refused_change_keeps_what_was_typed(self, house, send):
        change = SituationChangeFactory(episode=house.episode())

        told = send(
            "situation_change",
            change.episode.referral.uid,
            on=short_date(change.on),
            marital_status="pacse",
            employment="retraite",
            resources="rsa",
        )

        assert set(errors(told)) == {"on"}
        assert told.context["form"]["marital_status"].value() == "pacse"


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
