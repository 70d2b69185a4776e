"""The files of the support side: due, erased, held, given to their person; never across sides."""

# ruff: noqa: F811, F401

import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from maillage.barriers.walls import wall_of
from maillage.core.errors import Refused
from maillage.core.models import Draft, ReadEntry, TrailEntry
from maillage.core.tests.guards import lifted
from maillage.network.tests.factories import MembershipFactory
from maillage.programme.episodes.models import StatisticalRow
from maillage.programme.episodes.tests.factories import NoteFactory
from maillage.programme.intake.models import Participant
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory
from maillage.protection import erasures, retention
from maillage.protection.actions import retention as actions
from maillage.protection.actions import rights
from maillage.protection.documents import render
from maillage.protection.extraction import SOURCES
from maillage.protection.models import LegalHold, RightsRequest
from maillage.protection.registry import record_type_of
from maillage.protection.support import FILES
from maillage.protection.tests.conftest import protect, save_draft
from maillage.protection.tests.test_erasure import everything_in_the_database, of_a_file
from maillage.protection.tests.test_rights import decide_all
from maillage.support.reception import actions as reception
from maillage.support.reception.models import Beneficiary, Contact
from maillage.support.reception.tests.conftest import House, house, signed_in
from maillage.support.reception.tests.factories import (
    ContactFactory,
    HouseholdMemberFactory,
    NeedFactory,
    PlanFactory,
)

TODAY = timezone.localdate()
IN_A_YEAR = TODAY + timedelta(days=365)
LONG_AGO = date(2021, 3, 1)
TEXT, NEVER, CLOSING = "il l’attend à la sortie", "ne pas rappeler le soir", "partie chez sa mère"


def full_file(house: House, **known) -> Beneficiary:
    """A file in which every table tells something, without a contact since 2021."""
    given = {"last_name": "Imaginée", "address": "3 rue Secrète", "coordinator": house.pathway.user}
    given |= {"closed_on": date(2021, 4, 1), "closing_reason": "agreed", "closing_comment": CLOSING}
    given |= {"first_contact_on": LONG_AGO, "last_contact_on": LONG_AGO, "site": house.site}
    plan = {"plan__reviewed_on": LONG_AGO, "plan__may_call": True, "plan__phone": "+33639981277"}
    plan |= {"plan__may_answer": "sa sœur Maëlle", "plan__never": NEVER}
    person = house.helped(**given | plan | known)
    ContactFactory(beneficiary=person, on=LONG_AGO, note=TEXT, by=house.pathway.user)
    HouseholdMemberFactory(beneficiary=person, first_name="Charlie")
    NeedFactory(beneficiary=person, since=LONG_AGO, ended_on=LONG_AGO)
    protect(person, house.manager)
    save_draft(house.pathway, f"exchange:{person.uid}")
    return person


@pytest.fixture
def due_file(house):
    return full_file(house)


def due(by, on: date) -> dict:
    return {one.due.uid: one.due for one in retention.propose(by=by, today=on)}


def ask(house, person, kind="access", by=None, **given) -> RightsRequest:
    given = {"asked": "tout ce qui parle de moi", "received_on": TODAY} | given
    return rights.register(by=by or house.dpo, file=person.uid, kind=kind, **given)


def reviewed(house, person, **others) -> RightsRequest:
    asked = ask(house, person)
    decided = decide_all(house.pathway, asked, "give", **others)
    asked = rights.prepare(by=house.pathway, request=asked, version=asked.version, decided=decided)
    return rights.review(by=house.manager, request=asked, version=asked.version)


@pytest.fixture
def silent(house):
    """Last heard of on 15 June 2024, and nobody closed the file."""
    spoken = {"first_contact_on": date(2024, 1, 8), "last_contact_on": date(2024, 6, 15)}
    return house.helped(**spoken, plan__reviewed_on=date(2024, 1, 8))


class TestAPersonHelped:
    def test_is_due_two_years_after_the_last_contact_closed_or_not(self, house, silent):
        closed = house.helped(
            first_contact_on=date(2024, 1, 8),
            last_contact_on=date(2024, 6, 15),
            plan__reviewed_on=date(2024, 1, 8),
            closed_on=date(2025, 9, 1),
            closing_reason="agreed",
        )

        assert due(house.manager, date(2026, 6, 14)) == {}
        found = due(house.manager, date(2026, 6, 15))
        assert set(found) == {silent.uid, closed.uid}
        one = found[silent.uid]
        assert (one.rule.record, one.reference) == ("support_helped", silent.reference)
        assert (one.last_event_on, one.since) == (date(2024, 6, 15), date(2026, 6, 15))

    def test_is_not_due_while_their_plan_was_gone_over_since(self, house, silent):
        PlanFactory(
            beneficiary=silent,
            reviewed_on=date(2024, 6, 16),
            superseded_at=timezone.now(),
            superseded_by=house.pathway.user,
        )

        assert due(house.manager, date(2026, 6, 15)) == {}
        one = due(house.manager, date(2026, 6, 16))[silent.uid]
        assert one.last_event_on == date(2024, 6, 16)

    def test_is_not_due_once_their_file_was_opened_again(self, house, due_file):
        assert due_file.uid in due(house.manager, TODAY)

        reception.reopen(by=house.manager, beneficiary=due_file)

        assert due_file.uid not in due(house.manager, TODAY)

    def test_is_due_though_somebody_tried_in_vain(self, house, silent):
        reception.add_contact(
            by=house.pathway,
            beneficiary=silent,
            channel="call_out",
            on=date(2025, 6, 1),
            was_reached=False,
        )

        assert silent.uid in due(house.manager, date(2026, 6, 15))

    def test_is_shown_to_who_watches_over_their_file_alone(self, house, silent):
        on = date(2026, 6, 15)

        assert set(due(house.dpo, on)) == {silent.uid}
        for who in (house.stranger, house.other_side):
            assert due(who, on) == {}
        wall_of("support").barriers.objects.create(
            file=silent,
            organisation=silent.organisation,
            user=house.manager.user,
            by=house.dpo.user,
        )
        assert due(house.manager, on) == {}

    def test_is_counted_by_the_nightly_command(self, house, silent, due_file, capsys):
        call_command("retention", "propose")

        assert f"{house.organisation.slug} : 2 à confirmer, 0 retenus." in capsys.readouterr().out


class TestErasing:
    def test_leaves_no_row_that_tells_of_them(self, house, due_file):
        asked = reviewed(house, due_file)
        rights.give(
            by=house.manager, request=asked, version=asked.version, on=TODAY, to="elle", how="hand"
        )
        held = actions.hold(by=house.dpo, file=due_file.uid, reason="procès", ends_on=IN_A_YEAR)
        actions.lift(by=house.dpo, held=held)
        models = of_a_file("support")
        empty = {model.__name__ for model in models if not model._default_manager.exists()}
        assert empty == set(), "the file of this test must hold a row of every such model"

        actions.erase(by=house.manager, files=[due_file.uid])

        assert {m.__name__ for m in models if m._default_manager.exists()} == set()
        assert not StatisticalRow.objects.exists()

    def test_leaves_their_uid_in_the_trail_alone(self, house, due_file):
        uid, reference = due_file.uid, due_file.reference
        digests = {str(key.digest) for key in due_file.name_keys.all()}
        assert digests

        actions.erase(by=house.manager, files=[uid])

        with lifted():
            TrailEntry.objects.all().delete()
            ReadEntry.objects.all().delete()
        left = everything_in_the_database()
        for known in (uid, reference, *digests):
            assert known not in left

    def test_does_not_take_others_with_them(self, house, due_file):
        other = full_file(house)
        before = {
            model: model._default_manager.filter(**{path: other.pk}).count()
            for model, path in FILES.paths.items()
        }
        assert all(before.values())

        actions.erase(by=house.manager, files=[due_file.uid])

        for model, count in before.items():
            assert model._default_manager.count() == count, model
        assert Draft.objects.count() == 1

    def test_writes_the_journal_of_its_side_and_no_figure_is_made_again(
        self, house, due_file, settings, django_capture_on_commit_callbacks
    ):
        frozen = settings.DATA_DIR / "snapshots" / house.organisation.slug / "2025.parquet"
        frozen.parent.mkdir(parents=True)
        frozen.write_bytes(b"figures of the other side")

        with django_capture_on_commit_callbacks(execute=True):
            actions.erase(by=house.manager, files=[due_file.uid])

        [line] = erasures.read()
        assert (line.organisation, line.side) == (house.organisation.slug, "support")
        assert line.file == due_file.uid
        assert due_file.reference not in erasures.journal_path().read_text()
        assert frozen.exists()
        entry = TrailEntry.objects.latest("pk")
        assert (entry.verb, entry.side, entry.file) == ("files_erased", "support", "")

    @pytest.mark.parametrize("who", ["dpo", "pathway", "reception", "other_side", "stranger"])
    def test_is_for_the_manager_of_the_house_and_side(self, house, due_file, who):
        with pytest.raises((PermissionDenied, Refused)):
            actions.erase(by=getattr(house, who), files=[due_file.uid])

        assert Beneficiary.objects.filter(pk=due_file.pk).exists()

    def test_is_blocked_by_a_hold(self, house, due_file):
        held = actions.hold(by=house.dpo, file=due_file.uid, reason="plainte", ends_on=IN_A_YEAR)

        assert [p.hold for p in retention.propose(by=house.manager)] == [held]
        with pytest.raises(Refused, match=due_file.reference):
            actions.erase(by=house.manager, files=[due_file.uid])
        actions.lift(by=house.manager, held=held)
        assert actions.erase(by=house.manager, files=[due_file.uid]) == 1

    @pytest.mark.parametrize("who", ["pathway", "reception", "other_side", "stranger"])
    def test_is_held_by_the_manager_and_the_officer_alone(self, house, due_file, who):
        with pytest.raises((PermissionDenied, ObjectDoesNotExist)):
            actions.hold(by=getattr(house, who), file=due_file.uid, reason="x", ends_on=IN_A_YEAR)
        assert not LegalHold.objects.exists()

    def test_waits_for_the_answer_to_what_the_person_asks(self, house, due_file):
        ask(house, due_file)

        with pytest.raises(Refused, match=due_file.reference):
            actions.erase(by=house.manager, files=[due_file.uid])


class TestReplay:
    def test_erases_again_what_a_restored_database_brought_back(self, house, due_file):
        with transaction.atomic():
            actions.erase(by=house.manager, files=[due_file.uid])
            transaction.set_rollback(True)
        assert Beneficiary.objects.filter(pk=due_file.pk).exists()

        call_command("retention", "replay")

        assert not Beneficiary.objects.exists()
        assert not Draft.objects.exists()
        entry = TrailEntry.objects.latest("pk")
        assert (entry.verb, entry.side) == ("files_erased_again", "support")
        assert retention.replay() == 0

    def test_of_one_side_leaves_a_file_of_the_other_under_the_same_uid(self, house, due_file):
        person = ParticipantFactory(organisation=house.organisation)
        erasures.append(house.organisation.slug, "support", [person.uid])
        erasures.append(house.organisation.slug, "programme", [due_file.uid])

        assert retention.replay() == 0
        assert Participant.objects.exists()
        assert Beneficiary.objects.exists()


class TestTheCopy:
    def test_holds_what_is_known_of_the_person_and_nothing_of_a_third(self, house, due_file):
        asked = reviewed(house, due_file, à_la_sortie=("withhold", "third", ""))

        copy = rights.take_copy(by=house.manager, request=asked, kind="json")

        for kind in ("html", "json"):
            told = render(copy, kind).decode()
            for known in ("Imaginée", "3 rue Secrète", "33639981277", NEVER, CLOSING):
                assert known in told
            for other in (TEXT, "Maëlle", "Charlie", "voisin", "connue de tous", "urgence"):
                assert other not in told
            assert house.pathway.user.name not in told
        assert copy.withheld == 1
        titles = [s["titre"] for s in json.loads(render(copy, "json"))["rubriques"]]
        assert titles[:5] == [
            *("Identité et accueil", "Foyer", "Besoins", "Contacts"),
            "Plans de contact sûr",
        ]

    def test_holds_nothing_of_the_other_side_where_the_person_is_known_there(self, house, due_file):
        same = {"last_name": due_file.last_name, "first_name": due_file.first_name}
        same |= {"birth_date": due_file.birth_date, "organisation": house.organisation}
        twin = ParticipantFactory(**same, town="Bourg-de-l’autre-côté")
        NoteFactory(referral=ReferralFactory(participant=twin), text="écrit de l’autre côté")

        asked = reviewed(house, due_file)
        told = render(rights.take_copy(by=house.manager, request=asked, kind="json"), "json")

        for known in (twin.uid, twin.reference, twin.town, "écrit de l’autre côté"):
            assert known not in told.decode()
        assert not RightsRequest.objects.visible_to(house.other_side).exists()
        with pytest.raises(ObjectDoesNotExist):
            ask(house, due_file, by=house.other_side)
        with pytest.raises(ObjectDoesNotExist):
            ask(house, twin, by=house.manager)

    def test_proposes_nothing_for_what_a_professional_wrote(self, house, due_file):
        asked = ask(house, due_file)

        texts = {t.text: t for t in rights.texts_of(rights.extract_for(house.pathway, asked)[1])}

        assert texts[TEXT].proposal == ("", "")
        assert texts[TEXT].said_by == SOURCES["professional"]

    @pytest.mark.parametrize("who", ["dpo", "reception", "other_side", "stranger"])
    def test_is_prepared_by_who_reads_files_and_answers_for_them(self, house, due_file, who):
        asked = ask(house, due_file)
        decided = decide_all(house.pathway, asked, "give")

        with pytest.raises((PermissionDenied, ObjectDoesNotExist)):
            rights.prepare(
                by=getattr(house, who), request=asked, version=asked.version, decided=decided
            )


class TestADisputedText:
    def dispute(self, house, person):
        asked = ask(house, person, kind="rectification", by=house.manager)
        rights.decide(
            by=house.manager,
            request=asked,
            version=asked.version,
            granted=False,
            on=TODAY,
            answer="les faits sont notés comme ils ont été dits",
            annotation="je n’ai jamais dit cela",
        )

    @pytest.mark.parametrize("state", ["open", "closed"])
    def test_is_followed_by_the_words_of_the_person_in_an_open_file_and_a_closed_one(
        self, house, due_file, state
    ):
        if state == "open":
            reception.reopen(by=house.manager, beneficiary=due_file)

        self.dispute(house, due_file)

        contact = Contact.objects.latest("pk")
        assert (contact.channel, contact.on, contact.by) == ("rights", TODAY, house.manager.user)
        assert contact.note.endswith("je n’ai jamais dit cela")
        due_file.refresh_from_db()
        assert due_file.last_contact_on == TODAY  # to ask is an exchange: the time starts again
        assert retention.propose(by=house.manager) == []

    def test_is_no_channel_that_somebody_chooses(self, house, due_file, signed_in):
        reception.reopen(by=house.manager, beneficiary=due_file)
        page = signed_in(house.pathway).get(reverse("contact_new", args=[due_file.uid]))

        assert 'value="letter"' in page.content.decode()
        assert 'value="rights"' not in page.content.decode()


def told(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


class TestThePages:
    def test_tell_the_officer_references_and_never_a_name(self, house, due_file, signed_in):
        asked = ask(house, due_file, asked="mots de la personne")
        client = signed_in(house.dpo)
        pages = [
            client.get(reverse("retention")),
            client.get(reverse("rights")),
            client.get(reverse("file_rights", args=[due_file.uid])),
            client.get(reverse("rights_request", args=[asked.uid])),
            client.get(reverse("file_trail", args=[due_file.uid])),
        ]

        for page in pages:
            assert page.status_code == 200
            assert due_file.reference in told(page)
            for secret in ("IMAGINÉE", "MOTS DE LA PERSONNE", "3 RUE SECRÈTE", TEXT.upper()):
                assert secret not in told(page).upper()

    def test_speak_of_this_side_alone(self, house, due_file, signed_in):
        client = signed_in(house.manager)

        kept = told(client.get(reverse("retention")))
        assert "Dossier d’une personne aidée" in kept
        assert "Brouillon" in kept
        assert "Orientation sans entrée" not in kept
        before = told(client.get(reverse("retention_erase"), {"dossier": due_file.uid}))
        assert "les plans de contact sûr" in before
        assert "rapports annuels" not in before
        after = client.post(reverse("retention_erase"), {"dossier": due_file.uid}, follow=True)
        assert "Dossiers effacés : 1." in told(after)
        assert not Beneficiary.objects.exists()

    def test_of_a_file_lead_to_its_trail_and_its_rights_for_who_may(
        self, house, due_file, signed_in
    ):
        where = [reverse(r, args=[due_file.uid]) for r in ("file_trail", "file_rights")]

        def links(who) -> list[bool]:
            page = told(signed_in(who).get(reverse("beneficiary", args=[due_file.uid])))
            return [f'href="{to}"' in page for to in where]

        assert links(house.manager) == [True, True]
        assert links(house.pathway) == [False, True]
        assert links(house.reception) == [False, False]

    @pytest.mark.parametrize("route", ["file_trail", "file_rights"])
    def test_lead_back_to_the_person_and_not_to_the_other_side(
        self, house, due_file, signed_in, route
    ):
        page = told(signed_in(house.manager).get(reverse(route, args=[due_file.uid])))

        assert f'href="{reverse("beneficiary", args=[due_file.uid])}"' in page
        assert f'href="{reverse("file", args=[due_file.uid])}"' not in page
        assert f'href="{reverse("files")}"' not in page

    def test_of_the_officer_s_day_lead_to_what_they_watch(self, house, due_file, signed_in):
        client = signed_in(house.dpo)

        page = told(client.get(reverse("support_today")))
        for route in ("rights", "vigilance", "trail_find"):
            assert f'"{reverse(route)}"' in page
        found = client.get(reverse("trail_find"), {"reference": due_file.reference})
        assert found["Location"] == reverse("file_trail", args=[due_file.uid])

    @pytest.mark.parametrize("who", ["stranger", "other_side"])
    def test_of_a_file_are_not_found_from_elsewhere(self, house, due_file, signed_in, who):
        client = signed_in(getattr(house, who))

        for route in ("file_trail", "file_rights", "hold_new", "rights_request_new"):
            assert client.get(reverse(route, args=[due_file.uid])).status_code == 404
        assert due_file.reference not in told(client.get(reverse("retention")))

    def test_of_the_two_sides_do_not_mix_for_who_works_on_both(self, house, due_file, signed_in):
        both = MembershipFactory(
            user=house.manager.user, organisation=house.organisation, manager=True
        )
        ask(house, due_file)

        page = signed_in(both).get(reverse("rights"))

        assert page.status_code == 200
        assert due_file.reference not in told(page)
        assert record_type_of(both.side).side == "programme"
