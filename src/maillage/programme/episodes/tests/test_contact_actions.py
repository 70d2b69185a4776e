"""Notes, tries to reach the person, and files without contact."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.core.errors import Refused
from maillage.programme.episodes import access
from maillage.programme.episodes.actions import appointments, follow
from maillage.programme.episodes.models import Episode
from maillage.programme.episodes.tests.factories import (
    AppointmentFactory,
    EpisodeFactory,
    EpisodeModuleFactory,
    NoteFactory,
)
from maillage.programme.intake.tests.factories import ContactAttemptFactory

pytestmark = pytest.mark.django_db


class TestWritingANote:
    def test_keeps_it_with_one_trail_entry_that_does_not_tell_it(self, house, one_entry):
        referral = house.episode().referral

        with one_entry() as trail:
            note = follow.write_note(
                by=house.practitioner, referral=referral, kind="clinical", text="  Colère moindre. "
            )

        assert (note.text, note.by) == ("Colère moindre.", house.practitioner.user)
        assert trail.entry.details == {"kind": "clinical"}

    def test_is_refused_without_a_text(self, house):
        with pytest.raises(Refused) as refused:
            follow.write_note(
                by=house.reception, referral=house.referral(), kind="factual", text=" \n"
            )

        assert refused.value.field == "text"

    @pytest.mark.parametrize("day", [date(2025, 8, 31), date(2999, 1, 1)])
    def test_is_refused_before_the_referral_and_after_today(self, house, day):
        with pytest.raises(Refused) as refused:
            follow.write_note(
                by=house.reception, referral=house.referral(), kind="factual", text="Vu.", on=day
            )

        assert refused.value.field == "on"

    @pytest.mark.parametrize("who", ["colleague", "manager", "reception"])
    def test_a_clinical_one_is_refused_to_who_does_not_practise_on_the_file(self, house, who):
        with pytest.raises(PermissionDenied):
            follow.write_note(
                by=getattr(house, who),
                referral=house.episode().referral,
                kind="clinical",
                text="Colère moindre.",
            )

    def test_the_practitioner_of_a_module_writes_clinical_ones(self, house):
        episode = house.episode()
        EpisodeModuleFactory(episode=episode, practitioner=house.colleague.user)

        note = follow.write_note(
            by=house.colleague, referral=episode.referral, kind="clinical", text="Colère moindre."
        )

        assert note.pk


class TestReadingANote:
    @pytest.mark.parametrize(
        ("who", "factual", "clinical"),
        [
            ("practitioner", True, True),
            ("colleague", True, False),
            ("manager", True, False),
            ("reception", True, False),
            ("dpo", False, False),
            ("coordinator", False, False),
        ],
    )
    def test_is_for_whom_its_kind_says(self, house, who, factual, clinical):
        referral = house.episode().referral
        by = getattr(house, who)

        assert _may(by, NoteFactory(referral=referral)) is factual
        assert _may(by, NoteFactory(referral=referral, clinical=True)) is clinical

    def test_its_author_reads_a_clinical_one_after_the_file_went_to_another(self, house):
        episode = house.episode()
        note = NoteFactory(referral=episode.referral, clinical=True, by=house.practitioner.user)
        follow.assign(by=house.manager, episode=episode, version=1, referent=house.colleague.user)

        assert _may(house.practitioner, note)
        assert _may(house.colleague, note)

    def test_who_was_the_referent_of_the_past_follow_up_reads_those_of_the_return(self, house):
        past = house.episode(exited=True)
        back = house.episode(
            participant=past.participant,
            referent=house.colleague.user,
            entered_on=date(2026, 1, 5),
        )

        assert _may(house.practitioner, NoteFactory(referral=back.referral, clinical=True))


def _may(by, note) -> bool:
    try:
        access.check_can_read_note(by, note)
    except PermissionDenied:
        return False
    return True


class TestAFileWithoutContact:
    def test_is_silent_the_day_after_four_months_and_not_before(self, settings):
        settings.SILENT_MONTHS = 4
        today = date(2026, 5, 12)
        on_the_day = EpisodeFactory(last_contact_on=date(2026, 1, 12))
        a_day_before = EpisodeFactory(last_contact_on=date(2026, 1, 11))

        assert list(Episode.objects.silent(today)) == [a_day_before]
        assert [e.is_silent(today) for e in (on_the_day, a_day_before)] == [False, True]

    def test_is_not_silent_once_ended(self):
        ended = EpisodeFactory(exited=True, last_contact_on=date(2025, 10, 1))

        assert not ended.is_silent()
        assert not Episode.objects.silent().exists()

    def test_speaks_again_when_the_person_is_reached(self, house, one_entry):
        episode = house.episode(silent=True)

        with one_entry() as trail:
            follow.record_contact(
                by=house.reception, referral=episode.referral, channel="phone", outcome="reached"
            )

        episode.refresh_from_db()
        assert episode.last_contact_on == timezone.localdate()
        assert trail.entry.verb == "contact_attempted"

    @pytest.mark.parametrize("outcome", ["voicemail", "no_answer", "wrong_number", "sent"])
    def test_stays_silent_when_the_person_is_not_reached(self, house, outcome):
        episode = house.episode(silent=True)

        follow.record_contact(
            by=house.reception, referral=episode.referral, channel="phone", outcome=outcome
        )

        episode.refresh_from_db()
        assert episode.is_silent()

    def test_a_contact_of_the_past_does_not_take_the_last_one_back(self, house):
        episode = house.episode()

        follow.record_contact(
            by=house.reception,
            referral=episode.referral,
            channel="phone",
            outcome="reached",
            at=timezone.now() - timedelta(days=40),
        )

        episode.refresh_from_db()
        assert episode.last_contact_on == timezone.localdate()

    def test_is_silent_again_once_a_kept_meeting_is_corrected(self, house):
        five_months_ago = add_months(timezone.localdate(), -5)
        episode = house.episode(entered_on=five_months_ago, last_contact_on=five_months_ago)
        meeting = AppointmentFactory(referral=episode.referral, past=True)
        appointments.mark(by=house.reception, appointment=meeting, transition="keep")
        episode.refresh_from_db()
        assert not episode.is_silent()

        appointments.mark(by=house.reception, appointment=meeting, transition="correct")

        episode.refresh_from_db()
        assert episode.last_contact_on == five_months_ago

    def test_falls_back_on_the_contact_before_the_corrected_meeting(self, house):
        episode = house.episode()
        reached = timezone.now() - timedelta(days=9)
        ContactAttemptFactory(referral=episode.referral, outcome="reached", at=reached)
        meeting = AppointmentFactory(referral=episode.referral, past=True)
        Episode.objects.update(last_contact_on=timezone.localdate() - timedelta(days=9))
        appointments.mark(by=house.reception, appointment=meeting, transition="keep")

        appointments.mark(by=house.reception, appointment=meeting, transition="correct")

        episode.refresh_from_db()
        assert episode.last_contact_on == timezone.localdate(reached)

    def test_a_try_of_the_future_is_refused(self, house):
        with pytest.raises(Refused):
            follow.record_contact(
                by=house.reception,
                referral=house.referral(),
                channel="phone",
                outcome="reached",
                at=timezone.now() + timedelta(hours=1),
            )
