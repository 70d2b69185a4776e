"""What a person asks: a copy prepared by one, reviewed by another; a correction; an objection."""

import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import IntegrityError
from django.utils import timezone

from maillage.core.errors import Refused, Stale
from maillage.core.models import TrailEntry
from maillage.programme.episodes.models import Note
from maillage.programme.episodes.tests.factories import NoteFactory
from maillage.programme.intake.models import Participant
from maillage.programme.intake.tests.factories import ParticipantFactory
from maillage.protection.actions import rights
from maillage.protection.documents import render
from maillage.protection.extraction import extract, texts_of
from maillage.protection.models import Passage, RightsRequest
from maillage.protection.programme import FILES
from maillage.protection.tests.conftest import full_file

TODAY = timezone.localdate()


def ask(house, person, kind="access", by=None, **given) -> RightsRequest:
    given = {"asked": "tout ce qui parle de moi", "received_on": TODAY} | given
    return rights.register(by=by or house.dpo, file=person.uid, kind=kind, **given)


def texts(by, request):
    return texts_of(rights.extract_for(by, request)[1])


def decide_all(by, request, decision, reason="", given="", **others) -> dict:
    """The same decision for every text of the file, but those named by their words."""
    decided = {}
    for text in texts(by, request):
        one = (decision, reason, given)
        for words, other in others.items():
            if words.replace("_", " ") in text.text:
                one = other
        decided[text.key] = dict(zip(("decision", "reason", "given"), one, strict=True))
    return decided


def prepared(house, person, **others) -> RightsRequest:
    asked = ask(house, person)
    decided = decide_all(house.practitioner, asked, "give", **others)
    return rights.prepare(
        by=house.practitioner, request=asked, version=asked.version, decided=decided
    )


class TestAsking:
    @pytest.mark.parametrize(
        ("received", "due"),
        [(date(2026, 1, 31), date(2026, 2, 28)), (date(2025, 11, 3), date(2025, 12, 3))],
    )
    def test_is_answered_within_a_month(self, received, due):
        assert RightsRequest.due_date(received) == due

    def test_leaves_one_trail_entry_without_the_words_of_the_person(
        self, house, due_file, one_entry
    ):
        with one_entry() as watch:
            asked = ask(house, due_file)

        assert (watch.entry.verb, watch.entry.file) == ("rights_requested", due_file.uid)
        assert watch.entry.details == {"kind": "access"}
        assert (asked.state, asked.is_late) == ("requested", False)

    def test_is_late_after_its_day_and_until_it_is_answered(self, house, due_file):
        asked = ask(house, due_file, received_on=TODAY - timedelta(days=40))

        assert asked.is_late
        rights.decide(
            by=house.manager,
            request=asked,
            version=asked.version,
            granted=False,
            on=TODAY,
            answer="déjà remise il y a un mois",
        )
        asked.refresh_from_db()
        assert not asked.is_late

    def test_is_refused_in_the_future_empty_or_twice(self, house, due_file):
        with pytest.raises(Refused, match="futur"):
            ask(house, due_file, received_on=TODAY + timedelta(days=1))
        with pytest.raises(Refused, match="ce que la personne demande"):
            ask(house, due_file, kind="rectification", asked=" ")
        ask(house, due_file)
        with pytest.raises(Refused, match="déjà en cours"):
            ask(house, due_file)

    @pytest.mark.parametrize(
        "who", ["practitioner", "reception", "coordinator", "stranger", "other_side"]
    )
    def test_is_registered_by_the_manager_or_the_officer(self, house, due_file, who):
        with pytest.raises((PermissionDenied, ObjectDoesNotExist)):
            ask(house, due_file, by=getattr(house, who))

    def test_is_seen_by_the_branch_alone(self, house, due_file):
        ask(house, due_file)

        for who in (house.manager, house.dpo, house.practitioner):
            assert RightsRequest.objects.visible_to(who).count() == 1
        for who in (house.reception, house.coordinator, house.stranger, house.other_side):
            assert RightsRequest.objects.visible_to(who).count() == 0


class TestWhatIsHeld:
    def told(self, by, person) -> str:
        sections = extract(by=by, record_type=FILES, file=person)
        facts = [fact for s in sections for row in s.rows for fact in row.facts]
        return json.dumps([facts, [text.text for text in texts_of(sections)]], ensure_ascii=False)

    def test_is_every_personal_column_in_words(self, house, due_file):
        told = self.told(house.practitioner, due_file)

        for known in (
            due_file.last_name,
            "Camille",
            "06/05/1984",
            "Homme",
            "Bourg-secret",
            "+33639981234",
            "camille@exemple.test",
            "wolof",
            "précisions de l’orienteur",
            "motif de l’étape",
            "Interdiction de contact",
            "sa sœur a répondu",
            "synthèse clinique",
            "départ préparé",
            "Divorcé",
            "04/10/2021",
            "elle dit avoir peur",
            "note du psychologue",
        ):
            assert known in told, known

    def test_is_neither_the_name_of_a_worker_nor_a_key_of_the_program(self, house, due_file):
        told = self.told(house.practitioner, due_file)

        for hidden in (
            "M. Interlocuteur",
            house.practitioner.user.name,
            due_file.uid,
            str(due_file.person_key),
        ):
            assert hidden not in told, hidden

    def test_is_nothing_of_another_file(self, house, due_file):
        other = full_file(house, last_name="Autrepersonne", town="Ville-autre")
        same = ParticipantFactory(person_key=due_file.person_key, town="Chez-les-autres")

        told = self.told(house.practitioner, due_file)

        for hidden in (other.last_name, "Ville-autre", other.reference, same.town, same.reference):
            assert hidden not in told

    def test_proposes_by_whose_words_a_text_keeps(self, house, due_file):
        sections = extract(by=house.practitioner, record_type=FILES, file=due_file)

        proposed = {text.text: text.proposal for text in texts_of(sections)}
        assert proposed["il dit aller mieux"] == ("give", "")
        assert proposed["elle dit avoir peur"] == ("withhold", "victim")
        assert proposed["note du psychologue"] == ("", "")

    def test_is_prepared_by_who_may_read_all_of_it(self, house, due_file):
        asked = ask(house, due_file)

        def reads_all(by):
            return all(text.may_be_read for text in texts(by, asked))

        assert reads_all(house.practitioner)
        assert not reads_all(house.manager)  # the clinical texts
        assert not reads_all(house.colleague)


class TestPreparing:
    def test_keeps_what_was_decided_of_each_text(self, house, due_file):
        asked = prepared(
            house,
            due_file,
            elle_dit=("withhold", "victim", ""),
            sa_sœur=("redact", "third", "[…] a répondu"),
        )

        assert (asked.state, asked.prepared_by) == ("prepared", house.practitioner.user)
        decided = {(p.decision, p.reason, p.given) for p in asked.passages.all()}
        assert ("withhold", "victim", "") in decided
        assert ("redact", "third", "[…] a répondu") in decided
        assert ("give", "", "note du psychologue") in decided

    @pytest.mark.parametrize(
        ("decision", "reason", "given", "refusal"),
        [
            ("withhold", "", "", "pourquoi"),
            ("redact", "", "un bout", "pourquoi"),
            ("redact", "third", "", "partie du texte"),
        ],
    )
    def test_gives_a_reason_for_what_is_withheld(
        self, house, due_file, decision, reason, given, refusal
    ):
        asked = ask(house, due_file)
        decided = decide_all(house.practitioner, asked, decision, reason, given)

        with pytest.raises(Refused, match=refusal):
            rights.prepare(
                by=house.practitioner, request=asked, version=asked.version, decided=decided
            )
        assert Passage.objects.count() == 0

    def test_leaves_no_text_undecided(self, house, due_file):
        asked = ask(house, due_file)
        decided = decide_all(house.practitioner, asked, "give")
        NoteFactory(referral=due_file.referrals.get(), text="écrite entre-temps")

        with pytest.raises(Refused, match="ajouté"):
            rights.prepare(
                by=house.practitioner, request=asked, version=asked.version, decided=decided
            )

    @pytest.mark.parametrize("who", ["manager", "colleague", "dpo", "reception"])
    def test_is_refused_to_who_may_not_read_the_clinical_texts(self, house, due_file, who):
        asked = ask(house, due_file)
        decided = decide_all(house.practitioner, asked, "give")

        with pytest.raises(
            (PermissionDenied, RightsRequest.DoesNotExist, Participant.DoesNotExist)
        ):
            rights.prepare(
                by=getattr(house, who), request=asked, version=asked.version, decided=decided
            )

    def test_is_for_the_manager_where_nothing_is_clinical(self, house, due_file):
        Note.objects.filter(kind="clinical").delete()
        due_file.referrals.get().assessments.all().delete()
        asked = ask(house, due_file)

        decided = decide_all(house.manager, asked, "give")
        done = rights.prepare(
            by=house.manager, request=asked, version=asked.version, decided=decided
        )

        assert done.prepared_by == house.manager.user

    def test_of_a_request_that_changed_is_told(self, house, due_file):
        asked = ask(house, due_file)
        decided = decide_all(house.practitioner, asked, "give")
        RightsRequest.objects.update(version=7)

        with pytest.raises(Stale):
            rights.prepare(
                by=house.practitioner, request=asked, version=asked.version, decided=decided
            )


class TestReviewing:
    def test_is_done_by_another_person(self, house, due_file):
        asked = prepared(house, due_file)

        with pytest.raises(PermissionDenied, match="une autre personne"):
            rights.review(by=house.practitioner, request=asked, version=asked.version)
        done = rights.review(by=house.manager, request=asked, version=asked.version)

        assert (done.state, done.reviewed_by) == ("reviewed", house.manager.user)

    def test_by_the_same_person_is_refused_by_the_database_too(self, house, due_file):
        asked = prepared(house, due_file)
        asked.reviewed_by = asked.prepared_by

        with pytest.raises(IntegrityError, match="rights_reviewed_by_another"):
            asked.save()

    def test_shows_what_leaves_and_not_what_is_withheld(self, house, due_file):
        asked = prepared(
            house,
            due_file,
            elle_dit=("withhold", "victim", ""),
            note_du_psychologue=("redact", "third", "note du […]"),
        )

        copy = rights.checked_copy(house.manager, asked)

        for kind in ("html", "json"):
            told = render(copy, kind).decode()
            assert "elle dit avoir peur" not in told
            assert "note du psychologue" not in told
            assert "note du […]" in told
            assert "[non remis\u00a0: sécurité ou parole de la victime]" in told
            assert "il dit aller mieux" in told
        assert copy.withheld == 2

    def test_is_refused_once_a_text_was_added(self, house, due_file):
        asked = prepared(house, due_file)
        NoteFactory(referral=due_file.referrals.get(), text="écrite depuis")

        with pytest.raises(Refused, match="depuis la préparation"):
            rights.review(by=house.manager, request=asked, version=asked.version)

    def test_is_refused_once_a_text_given_whole_was_changed(self, house, due_file):
        asked = prepared(house, due_file)
        referral = due_file.referrals.get()
        referral.comment = "et la victime habite ici"
        referral.save()

        with pytest.raises(Refused, match="depuis la préparation"):
            rights.review(by=house.manager, request=asked, version=asked.version)

    def test_may_send_the_copy_back(self, house, due_file):
        asked = prepared(house, due_file)

        back = rights.send_back(by=house.manager, request=asked, version=asked.version)

        assert (back.state, back.prepared_by) == ("requested", None)


class TestGiving:
    def give(self, house, asked, by=None, **given):
        given = {"on": TODAY, "to": "la personne, carte vue", "how": "hand"} | given
        return rights.give(by=by or house.manager, request=asked, version=asked.version, **given)

    def reviewed(self, house, person):
        asked = prepared(house, person)
        return rights.review(by=house.manager, request=asked, version=asked.version)

    def test_keeps_when_to_whom_and_how(self, house, due_file):
        done = self.give(house, self.reviewed(house, due_file))

        done.refresh_from_db()
        assert (done.state, done.answered_on) == ("granted", TODAY)
        assert (done.answered_to, done.answered_how) == ("la personne, carte vue", "hand")

    def test_comes_after_the_review(self, house, due_file):
        asked = prepared(house, due_file)

        with pytest.raises(PermissionDenied):
            self.give(house, asked)
        with pytest.raises(PermissionDenied, match="pas encore relue"):
            rights.take_copy(by=house.manager, request=asked, kind="html")

    def test_is_the_managers(self, house, due_file):
        asked = self.reviewed(house, due_file)

        for who in (house.practitioner, house.dpo):
            with pytest.raises(PermissionDenied):
                self.give(house, asked, by=who)

    def test_needs_to_say_to_whom_and_a_day_that_holds(self, house, due_file):
        asked = self.reviewed(house, due_file)

        with pytest.raises(Refused, match="à qui"):
            self.give(house, asked, to=" ")
        with pytest.raises(Refused, match="entre la demande"):
            self.give(house, asked, on=TODAY + timedelta(days=1))

    def test_the_copy_taken_out_is_an_export(self, house, due_file):
        asked = self.reviewed(house, due_file)

        rights.take_copy(by=house.manager, request=asked, kind="json")

        entry = TrailEntry.objects.latest("pk")
        assert (entry.verb, entry.file) == ("rights_copy_exported", due_file.uid)
        assert entry.details == {"kind": "access", "format": "json", "withheld": 0}

    def test_the_copy_is_not_for_the_officer(self, house, due_file):
        asked = self.reviewed(house, due_file)

        with pytest.raises(PermissionDenied):
            rights.take_copy(by=house.dpo, request=asked, kind="html")


class TestDeciding:
    def decide(self, house, asked, by=None, **given):
        given = {"granted": True, "on": TODAY, "answer": "corrigé le jour même"} | given
        return rights.decide(by=by or house.manager, request=asked, version=asked.version, **given)

    @pytest.mark.parametrize("kind", ["rectification", "objection"])
    @pytest.mark.parametrize(("granted", "state"), [(True, "granted"), (False, "refused")])
    def test_answers_with_a_reason(self, house, due_file, kind, granted, state):
        done = self.decide(house, ask(house, due_file, kind=kind), granted=granted)

        done.refresh_from_db()
        assert (done.state, done.answered_on) == (state, TODAY)
        assert done.answer == "corrigé le jour même"

    def test_without_a_reason_is_refused(self, house, due_file):
        with pytest.raises(Refused, match="répondu"):
            self.decide(house, ask(house, due_file, kind="objection"), answer=" ")

    def test_a_copy_is_refused_but_not_granted_without_its_review(self, house, due_file):
        asked = ask(house, due_file)

        with pytest.raises(Refused, match="préparée, relue"):
            self.decide(house, asked, granted=True)
        assert self.decide(house, asked, granted=False).state == "refused"

    def test_a_disputed_text_stays_and_the_dispute_is_written_after_it(self, house, due_file):
        before = Note.objects.count()

        self.decide(
            house,
            ask(house, due_file, kind="rectification"),
            granted=False,
            annotation="ce n’est pas ce que j’ai dit",
        )

        note = Note.objects.latest("pk")
        assert Note.objects.count() == before + 1
        assert (note.kind, note.source) == ("factual", "self")
        assert note.text.endswith("ce n’est pas ce que j’ai dit")

    @pytest.mark.parametrize("who", ["practitioner", "dpo"])
    def test_is_the_managers(self, house, due_file, who):
        asked = ask(house, due_file, kind="objection")

        with pytest.raises(PermissionDenied):
            self.decide(house, asked, by=getattr(house, who))

    def test_is_done_once(self, house, due_file):
        asked = self.decide(house, ask(house, due_file, kind="objection"))

        with pytest.raises(PermissionDenied, match="satisfaite"):
            self.decide(house, asked)


@pytest.mark.parametrize("state", RightsRequest.State.values)
@pytest.mark.parametrize("kind", RightsRequest.Kind.values)
def test_every_state_has_the_acts_that_its_table_says(kind, state):
    copy = {
        "requested": {"prepare", "refuse"},
        "prepared": {"prepare", "review", "send_back", "refuse"},
        "reviewed": {"send_back", "give", "refuse"},
        "granted": set(),
        "refused": set(),
    }
    other = {"requested": {"grant", "refuse"}, "prepared": {"refuse"}, "reviewed": {"refuse"}}
    expected = copy[state] if kind == "access" else other.get(state, set())

    asked = RightsRequest(kind=kind, state=state)

    assert {verb for verb in RightsRequest.TRANSITIONS if asked.can(verb)} == expected
