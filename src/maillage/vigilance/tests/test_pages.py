"""Who read this file, what is given to the person, and the answers to alerts."""

import io
import zipfile

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from maillage.core.errors import Refused
from maillage.core.models import ReadEntry, TrailEntry
from maillage.network.tests.factories import MembershipFactory
from maillage.programme.episodes.actions import follow
from maillage.programme.episodes.tests.counting import queries
from maillage.vigilance import actions
from maillage.vigilance.models import Alert, Watch

pytestmark = pytest.mark.django_db

NOBODY_S_BUSINESS = ("stranger", "other_side", "coordinator", "reception", "practitioner")


@pytest.fixture
def person(house, clock):
    return house.episode().participant


def told(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


class TestWhoReadThisFile:
    @pytest.fixture
    def history(self, house, person, read, clock):
        for _ in range(3):
            read(house.reception, person.uid)
        read(house.reception, person.uid, what="identity")
        clock.later(days=3)
        read(house.colleague, person.uid)
        referral = person.referrals.get()
        follow.write_note(by=house.practitioner, referral=referral, kind="factual", text="Vu.")

    @pytest.mark.parametrize("who", ["manager", "dpo"])
    def test_is_told_with_how_often_and_when_and_never_a_name(
        self, house, person, history, signed_in, who
    ):
        page = told(signed_in(getattr(house, who)).get(reverse("file_trail", args=[person.uid])))

        for words in (person.reference, "Note écrite", "Dossier ouvert", "Identité ouverte"):
            assert words in page
        row = page.split(house.reception.user.name)[1].split("</tr>")[0]
        assert ">4</td>" in row
        assert "10/02/2026, 10 h" in row
        assert person.last_name.upper() not in page.upper()

    def test_is_narrowed_by_kind_person_and_days(self, house, person, history, signed_in):
        def shown(**asked):
            answer = signed_in(house.dpo).get(reverse("file_trail", args=[person.uid]), asked)
            journal = answer.context["journal"]
            assert len(journal.visitors) >= 3
            return [e.what for e in journal.acts], [e.what for e in journal.reads]

        opened, note = "Dossier ouvert", "Note écrite"
        assert shown(kind="actes") == ([note], [])
        assert shown(who=house.colleague.user.pk) == ([], [opened])
        assert shown(until="12/02/2026") == ([], ["Identité ouverte", *[opened] * 3])
        assert shown(since="13/02/2026", kind="lectures", who=house.colleague.user.pk) == (
            [],
            [opened],
        )

    @pytest.mark.parametrize("asked", [{"who": "x"}, {"since": "hier ?"}, {"page": "0"}])
    def test_a_condition_that_is_not_understood_is_told(self, house, person, signed_in, asked):
        answer = signed_in(house.dpo).get(reverse("file_trail", args=[person.uid]), asked)

        assert answer.status_code == 200

    def test_leaves_as_it_is_narrowed_and_that_is_recorded(self, house, person, history, signed_in):
        address = reverse("file_trail_export", args=[person.uid])
        answer = signed_in(house.dpo).post(f"{address}?kind=lectures", {"layout": "csv"})

        lines = answer.content.decode("utf-8-sig").splitlines()
        assert len(lines) == 1 + 5
        assert "10/02/2026 10:00" in lines[-1]
        assert person.reference not in answer["Content-Disposition"]
        entry = TrailEntry.objects.get(verb="trail_exported")
        assert entry.details == {"asked": {"kind": "lectures"}, "rows": 5, "layout": "csv"}
        assert (entry.file, entry.by) == (person.uid, house.dpo.user)

    def test_leaves_as_a_spreadsheet_too(self, house, person, history, signed_in):
        address = reverse("file_trail_export", args=[person.uid])
        answer = signed_in(house.dpo).post(address, {"layout": "xlsx"})

        assert zipfile.is_zipfile(io.BytesIO(answer.content))
        assert signed_in(house.dpo).post(address, {"layout": "pdf"}).status_code == 400

    @pytest.mark.parametrize("who", NOBODY_S_BUSINESS)
    @pytest.mark.parametrize(
        ("route", "method"),
        [("file_trail", "get"), ("file_trail_export", "post"), ("file_trail_extract", "post")],
    )
    def test_is_nobody_else_s_business(self, house, person, signed_in, who, route, method):
        client = signed_in(getattr(house, who))

        answer = getattr(client, method)(reverse(route, args=[person.uid]), {"layout": "csv"})

        assert answer.status_code == 404
        assert not TrailEntry.objects.filter(verb__startswith="trail_").exists()


class TestTheExtractForThePerson:
    def extract(self, client, person, **asked):
        return client.post(reverse("file_trail_extract", args=[person.uid]), asked)

    def test_tells_roles_and_no_name_of_anybody(self, house, person, read, signed_in):
        read(house.reception, person.uid)

        page = told(self.extract(signed_in(house.manager), person))

        assert "Qui a consulté mon dossier" in page
        assert "10/02/2026" in page
        assert "Accueil" in page
        assert house.reception.user.name not in page
        assert person.last_name.upper() not in page.upper()
        entry = TrailEntry.objects.get(verb="trail_extracted")
        assert (entry.file, entry.details) == (person.uid, {"with_names": False, "rows": 1})

    def test_names_the_staff_if_the_dpo_decides_so(self, house, person, read, signed_in):
        read(house.reception, person.uid)

        page = told(self.extract(signed_in(house.dpo), person, names="on"))

        assert house.reception.user.name in page
        assert TrailEntry.objects.get(verb="trail_extracted").details["with_names"] is True

    def test_never_by_the_manager_s(self, house, person, read, signed_in):
        read(house.reception, person.uid)

        answer = self.extract(signed_in(house.manager), person, names="on")

        assert answer.status_code == 403
        assert house.reception.user.name not in told(answer)
        assert not TrailEntry.objects.filter(verb="trail_extracted").exists()


@pytest.fixture
def alert(house, person, read, found) -> Alert:
    read(house.colleague, person.uid)
    found()
    return Alert.objects.get()


class TestAlerts:
    @pytest.mark.parametrize("who", ["manager", "dpo"])
    def test_are_told_with_what_who_when_which_file_and_no_name(
        self, house, person, alert, signed_in, who
    ):
        client = signed_in(getattr(house, who))

        for page in (
            told(client.get(reverse("vigilance"))),
            told(client.get(reverse("vigilance_alert", args=[alert.uid]))),
        ):
            assert "Dossier ouvert sans y être attribué·e" in page
            assert house.colleague.user.name in page
            assert person.reference in page
            assert "10 h" in page
            assert person.last_name.upper() not in page.upper()
        assert "1 alerte à regarder" in told(client.get(reverse("today")))

    @pytest.mark.parametrize("who", ["stranger", "ended"])
    def test_of_another_branch_are_not_found(self, house, alert, signed_in, who):
        client = signed_in(getattr(house, who))

        assert client.get(reverse("vigilance_alert", args=[alert.uid])).status_code in (302, 404)
        with pytest.raises(ObjectDoesNotExist):
            actions.answer(
                by=getattr(house, who), alert=alert, state="explained", reason="Vu avec elle."
            )

    def test_of_the_other_side_are_not_found(self, house, person, alert, signed_in):
        client = signed_in(house.other_side)

        page = told(client.get(reverse("vigilance")))
        assert house.colleague.user.name not in page
        assert person.reference not in page
        assert client.get(reverse("vigilance_alert", args=[alert.uid])).status_code == 404
        assert "alerte à regarder" not in told(client.get(reverse("today"), follow=True))

    @pytest.mark.parametrize("who", ["coordinator", "reception", "practitioner"])
    def test_are_refused_to_who_does_not_watch(self, house, alert, signed_in, who):
        client = signed_in(getattr(house, who))

        assert client.get(reverse("vigilance")).status_code == 403
        assert client.post(reverse("vigilance_examine")).status_code == 403
        assert client.get(reverse("vigilance_alert", args=[alert.uid])).status_code == 404
        assert "alerte à regarder" not in told(client.get(reverse("today")))

    def test_are_sought_on_demand(self, house, person, read, signed_in):
        read(house.colleague, person.uid)

        page = told(signed_in(house.dpo).post(reverse("vigilance_examine"), follow=True))

        assert "Une nouvelle alerte." in page
        assert "Lectures examinées jusqu’au 10/02/2026" in page

    def test_are_sought_by_a_command_everywhere(self, house, person, read, capsys):
        elsewhere = MembershipFactory()
        read(house.colleague, person.uid)
        read(elsewhere, person.uid)  # however that came about

        call_command("vigilance")

        assert "2 nouvelle(s) alerte(s)." in capsys.readouterr().out
        assert {a.organisation for a in Alert.objects.all()} == {
            house.branch,
            elsewhere.organisation,
        }

    def test_show_no_reference_of_a_file_that_is_not_theirs(self, house, person, read, signed_in):
        elsewhere = MembershipFactory(manager=True)
        read(MembershipFactory(organisation=elsewhere.organisation), person.uid)
        call_command("vigilance")

        page = told(signed_in(elsewhere).get(reverse("vigilance")))

        assert "Dossier ouvert sans y être attribué·e" in page
        assert person.reference not in page


class TestAnswers:
    def test_an_explanation_is_kept_sealed_and_the_answer_is_in_the_trail(
        self, house, person, alert, signed_in
    ):
        answer = signed_in(house.manager).post(
            reverse("vigilance_alert", args=[alert.uid]),
            {"state": "explained", "reason": "Remplacement décidé lundi."},
            follow=True,
        )

        assert "Votre réponse est au journal." in told(answer)
        alert.refresh_from_db()
        assert (alert.state, alert.reason) == ("explained", "Remplacement décidé lundi.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT reason FROM vigilance_alert")
            assert b"Remplacement" not in bytes(cursor.fetchone()[0])
        entry = TrailEntry.objects.get(verb="alert_explained")
        assert (entry.by, entry.target, entry.file) == (house.manager.user, alert.uid, person.uid)
        assert entry.details == {"rule": "unassigned", "who": house.colleague.user.pk}
        assert "Aucune alerte ici" in told(answer)
        kept = told(signed_in(house.dpo).get(reverse("vigilance"), {"state": "all"}))
        assert f"par {house.manager.user.name}" in kept

    @pytest.mark.parametrize(
        "typed", [{"reason": "x"}, {"state": "explained"}, {"state": "to_look_at", "reason": "x"}]
    )
    def test_half_an_answer_writes_nothing(self, house, alert, signed_in, typed):
        answer = signed_in(house.manager).post(reverse("vigilance_alert", args=[alert.uid]), typed)

        alert.refresh_from_db()
        assert (answer.status_code, alert.state) == (200, "to_look_at")
        assert "à corriger" in told(answer)

    @pytest.mark.parametrize(("state", "reason"), [("explained", "  "), ("to_look_at", "Vu.")])
    def test_the_action_refuses_half_an_answer_too(self, house, alert, state, reason):
        with pytest.raises(Refused):
            actions.answer(by=house.manager, alert=alert, state=state, reason=reason)

    def test_nobody_answers_for_their_own_reads(self, house, person, read, found, signed_in, clock):
        clock.at(2026, 2, 15, 9)
        read(house.manager, person.uid)
        found()
        alert = Alert.objects.get()
        client = signed_in(house.manager)
        typed = {"state": "explained", "reason": "Astreinte."}

        page = client.get(reverse("vigilance_alert", args=[alert.uid]))
        assert "une autre personne que vous y répond" in told(page)
        answer = client.post(reverse("vigilance_alert", args=[alert.uid]), typed)
        assert answer.status_code == 403
        with pytest.raises(PermissionDenied):
            actions.answer(by=house.manager, alert=alert, **typed)
        actions.answer(by=house.dpo, alert=alert, **typed)

    def test_is_given_once(self, house, alert):
        actions.answer(by=house.manager, alert=alert, state="passed_on", reason="À la direction.")

        with pytest.raises(PermissionDenied, match="déjà"):
            actions.answer(by=house.dpo, alert=alert, state="explained", reason="Vu.")

    def test_writes_nothing_when_the_trail_cannot_be(self, house, alert, monkeypatch):
        def broken(*args, **kwargs):
            raise RuntimeError("full disk")

        monkeypatch.setattr("maillage.core.trail.record", broken)
        with pytest.raises(RuntimeError):
            actions.answer(by=house.manager, alert=alert, state="explained", reason="Vu.")

        alert.refresh_from_db()
        assert alert.state == "to_look_at"

    def test_what_has_its_answer_stays_as_it_was_answered(self, house, person, alert, read, found):
        actions.answer(by=house.manager, alert=alert, state="explained", reason="Vu.")
        read(house.colleague, person.uid)

        assert found() == [("unassigned", house.colleague.user, person.uid, 1)]

    def test_a_colleague_who_follows_the_file_is_not_told_of_it(
        self, house, person, alert, signed_in
    ):
        actions.answer(by=house.manager, alert=alert, state="explained", reason="Vu.")

        page = told(signed_in(house.practitioner).get(reverse("today")))

        assert "lerte" not in page.split("<main")[1]


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("alert_rule_known", {"rule": "other"}),
        ("alert_side_known", {"side": "other"}),
        ("alert_state_known", {"state": "other"}),
        ("alert_answer_is_whole", {"state": "explained"}),
    ],
)
def test_the_database_refuses(house, alert, constraint, broken):
    if broken == {"state": "other"}:  # whole, and still no state
        broken |= {"answered_by": house.dpo.user, "answered_at": alert.last_at}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(**broken)


def test_the_database_refuses_a_second_alert_and_a_second_watch(house, alert):
    copy = Alert.objects.get()
    copy.pk, copy.uid = None, "other"
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Watch.objects.create(organisation=house.branch, side="programme")
    with pytest.raises(IntegrityError, match="watch_side_known"), transaction.atomic():
        Watch.objects.update(side="other")


def test_a_page_of_alerts_costs_the_same_for_many(house, read, found, signed_in):
    for _ in range(20):
        read(house.colleague, house.episode().participant.uid)
    found()
    client = signed_in(house.dpo)

    assert len(queries(lambda: client.get(reverse("vigilance")))) <= 9
    assert ReadEntry.objects.filter(what="file").count() == 20
