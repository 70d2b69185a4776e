"""The pages: what is due and why, a decision before an erasure, the way of a copy."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from maillage.core.models import ReadEntry
from maillage.programme.episodes.models import Note
from maillage.programme.intake.models import Participant
from maillage.protection.actions import retention, rights
from maillage.protection.models import RightsRequest
from maillage.protection.tests.conftest import full_file
from maillage.protection.tests.test_rights import ask, prepared

TODAY = timezone.localdate()


def body(answer) -> str:
    return answer.content.decode()


class TestConservation:
    def test_tells_which_file_is_due_why_and_since_when(self, house, due_file, signed_in):
        told = body(signed_in(house.manager).get(reverse("retention")))

        assert due_file.reference in told
        assert "dernier contact, ou fin du dernier suivi" in told
        assert "15/03/2022" in told
        assert "15/03/2024" in told
        assert 'name="dossier"' in told
        assert ReadEntry.objects.filter(what="retention", count=1).exists()

    def test_shows_the_officer_references_and_nothing_to_erase_with(
        self, house, due_file, signed_in
    ):
        told = body(signed_in(house.dpo).get(reverse("retention")))

        assert due_file.reference in told
        assert due_file.last_name not in told
        assert 'name="dossier"' not in told

    def test_shows_what_is_held_and_does_not_offer_it(self, house, due_file, signed_in):
        until = TODAY + timedelta(days=90)
        retention.hold(by=house.dpo, file=due_file.uid, reason="appel", ends_on=until)

        told = body(signed_in(house.manager).get(reverse("retention")))

        assert "Retenu" in told
        assert 'name="dossier"' not in told

    def test_costs_as_many_queries_for_many_files_as_for_one(self, house, signed_in):
        client = signed_in(house.manager)

        def cost(files):
            for _ in range(files):
                full_file(house)
            client.get(reverse("retention"))
            with CaptureQueriesContext(connection) as counted:
                client.get(reverse("retention"))
            return len(counted)

        assert cost(1) == cost(3)


class TestErasing:
    def test_tells_what_cannot_be_undone_then_erases(self, house, due_file, signed_in):
        client, address = signed_in(house.manager), reverse("retention_erase")

        page = body(client.get(address, {"dossier": due_file.uid}))
        assert "ne s’annule pas" in page
        assert Participant.objects.exists()

        answer = client.post(address, {"dossier": due_file.uid}, follow=True)
        assert "Dossiers effacés" in body(answer)
        assert not Participant.objects.exists()

    def test_of_nothing_tells_what_to_do(self, house, signed_in):
        told = body(signed_in(house.manager).post(reverse("retention_erase")))

        assert "Choisissez au moins un dossier." in told

    def test_of_a_file_that_lives_again_is_refused_with_its_reference(
        self, house, due_file, signed_in
    ):
        house.referral(participant=due_file)

        told = body(
            signed_in(house.manager).post(reverse("retention_erase"), {"dossier": due_file.uid})
        )

        assert due_file.reference in told
        assert Participant.objects.exists()


class TestAFile:
    def test_keeps_a_hold_and_lifts_it(self, house, due_file, signed_in):
        client, page = signed_in(house.dpo), reverse("file_rights", args=[due_file.uid])
        typed = {"reason": "procès en appel", "ends_on": f"{TODAY + timedelta(days=90):%d/%m/%Y}"}

        answer = client.post(reverse("hold_new", args=[due_file.uid]), typed, follow=True)
        assert "procès en appel" in body(answer)
        held = retention.LegalHold.objects.get()
        client.post(reverse("hold_lift", args=[held.uid]))

        assert "Lever la retenue" not in body(client.get(page))

    def test_never_says_that_another_file_exists(self, house, due_file, signed_in):
        other = full_file(house, person_key=due_file.person_key)

        told = body(signed_in(house.manager).get(reverse("file_rights", args=[due_file.uid])))

        assert other.reference not in told

    def test_is_reached_from_the_file_and_its_trail(self, house, due_file, signed_in):
        address = reverse("file_rights", args=[due_file.uid])

        assert address in body(signed_in(house.manager).get(reverse("file", args=[due_file.uid])))
        assert address in body(signed_in(house.dpo).get(reverse("file_trail", args=[due_file.uid])))
        reception = signed_in(house.reception).get(reverse("file", args=[due_file.uid]))
        assert address not in body(reception)


class TestARequest:
    def test_is_registered_with_its_day_of_answer(self, house, due_file, signed_in):
        typed = {"kind": "access", "received_on": "01/10/2026", "asked": "Tout."}

        signed_in(house.dpo).post(reverse("rights_request_new", args=[due_file.uid]), typed)

        asked = RightsRequest.objects.get()
        assert f"{asked.due_on:%d/%m/%Y}" == "01/11/2026"

    def test_the_officer_sees_its_state_and_not_its_words(self, house, due_file, signed_in):
        asked = ask(house, due_file, asked="ma vie en détail")
        address = reverse("rights_request", args=[asked.uid])

        assert "ma vie en détail" in body(signed_in(house.manager).get(address))
        told = body(signed_in(house.dpo).get(address))
        assert "ma vie en détail" not in told
        assert "À traiter" in told

    def test_that_is_late_is_said_so_on_the_list(self, house, due_file, signed_in):
        ask(house, due_file, received_on=TODAY - timedelta(days=40))

        told = body(signed_in(house.dpo).get(reverse("rights")))

        assert "En retard" in told
        assert "1 en retard" in told

    def test_that_was_answered_is_on_the_list_when_asked(self, house, due_file, signed_in):
        asked = ask(house, due_file, kind="objection")
        client = signed_in(house.manager)
        client.post(
            reverse("rights_decide", args=[asked.uid]),
            {
                "version": asked.version,
                "granted": "no",
                "on": "aujourd’hui",
                "answer": "Mission d’intérêt public.",
            },
        )

        assert due_file.reference not in body(client.get(reverse("rights")))
        assert due_file.reference in body(client.get(reverse("rights") + "?etat=toutes"))


class TestACopy:
    def typed(self, page: str, asked, **others) -> dict:
        """The form as it stands, where every text that has no decision yet is given."""
        form = page.context["form"]
        typed = {name: field.initial for name, field in form.fields.items()}
        typed["version"] = asked.version
        for name in typed:
            if name.startswith("decision-") and not typed[name]:
                typed[name] = "give"
        return {name: value or "" for name, value in typed.items()} | others

    def test_goes_from_one_person_to_another_then_to_its_person(self, house, due_file, signed_in):
        asked = ask(house, due_file)
        practitioner, manager = signed_in(house.practitioner), signed_in(house.manager)
        address = reverse("rights_prepare", args=[asked.uid])

        page = practitioner.get(address)
        assert "note du psychologue" in body(page)
        practitioner.post(address, self.typed(page, asked))
        asked.refresh_from_db()
        assert asked.state == "prepared"

        review = body(manager.get(reverse("rights_review", args=[asked.uid])))
        assert "il dit aller mieux" in review
        assert "elle dit avoir peur" not in review  # proposed as withheld: the victim's words
        manager.post(reverse("rights_review", args=[asked.uid]), {"version": asked.version})
        answer = manager.post(reverse("rights_copy", args=[asked.uid, "html"]))
        assert due_file.last_name in body(answer)
        name = answer["Content-Disposition"].lower()
        assert due_file.last_name.lower() not in name

        asked.refresh_from_db()
        given = {"version": asked.version, "on": "aujourd’hui", "to": "elle", "how": "hand"}
        manager.post(reverse("rights_give", args=[asked.uid]), given)
        asked.refresh_from_db()
        assert asked.state == "granted"

    def test_asks_again_where_a_reason_is_missing_and_loses_nothing(
        self, house, due_file, signed_in
    ):
        asked = ask(house, due_file)
        client, address = signed_in(house.practitioner), reverse("rights_prepare", args=[asked.uid])
        page = client.get(address)
        text = next(t for t in page.context["form"].texts if t.text == "note du psychologue")
        others = {f"decision-{text.key}": "redact", f"given-{text.key}": "note […]"}

        told = client.post(address, self.typed(page, asked, **others))

        assert "Dites pourquoi" in body(told)
        assert "note […]" in body(told)

    def test_is_prepared_in_as_many_queries_for_many_notes(self, house, due_file, signed_in):
        from maillage.programme.episodes.tests.factories import NoteFactory

        asked = ask(house, due_file)
        client, address = signed_in(house.practitioner), reverse("rights_prepare", args=[asked.uid])

        def cost():
            with CaptureQueriesContext(connection) as counted:
                client.get(address)
            return len(counted)

        client.get(address)
        before = cost()
        for _ in range(4):
            NoteFactory(referral=due_file.referrals.get(), clinical=True)
        assert cost() == before

    def test_may_be_sent_back(self, house, due_file, signed_in):
        asked = prepared(house, due_file)

        signed_in(house.manager).post(
            reverse("rights_review", args=[asked.uid]),
            {"version": asked.version, "renvoyer": "1"},
        )

        asked.refresh_from_db()
        assert asked.state == "requested"

    def test_that_a_new_note_overtook_is_refused_with_its_reason(self, house, due_file, signed_in):
        asked = rights.review(
            by=house.manager, request=(a := prepared(house, due_file)), version=a.version
        )
        referral = due_file.referrals.get()
        Note.objects.create(
            participant=due_file, referral=referral, kind="factual", text="x", by=house.dpo.user
        )

        answer = signed_in(house.manager).post(reverse("rights_copy", args=[asked.uid, "json"]))

        assert answer.status_code == 403
        assert "depuis la préparation" in body(answer)


@pytest.mark.parametrize("typed", ["", "third", "self"])
def test_a_note_says_whose_words_it_keeps_or_a_professionals(house, signed_in, typed):
    episode = house.episode()
    note = {"kind": "factual", "on": "aujourd’hui", "text": "un fait", "source": typed}

    signed_in(house.practitioner).post(reverse("note_new", args=[episode.referral.uid]), note)

    assert Note.objects.get().source == (typed or "professional")
