"""An erased person leaves no personal value anywhere; what erases them is confirmed by a person."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from maillage.core.errors import Refused
from maillage.core.models import Draft, ReadEntry, TrailEntry
from maillage.core.tests.guards import lifted
from maillage.programme.episodes.models import StatisticalRow
from maillage.programme.groups.models import (
    InterviewTally,
    KeptApart,
    RunTally,
    SessionTally,
    StatisticalDemand,
    StatisticalWait,
)
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.tests.factories import ParticipantFactory, ReferralFactory
from maillage.protection import erasures, retention
from maillage.protection.actions import retention as actions
from maillage.protection.actions import rights
from maillage.protection.classification import is_of_a_file, own_models
from maillage.protection.models import LegalHold, RightsRequest
from maillage.protection.registry import OF_NO_FILE, RECORD_TYPES, record_type_of
from maillage.protection.tests.conftest import full_file, save_draft

IN_A_YEAR = timezone.localdate() + timedelta(days=365)


def of_a_file(side: str) -> set:
    """Every model that tells of the person of a file, or is reached from it, but the other side's
    own."""
    others = {m for one in RECORD_TYPES if one.side != side for m in one.paths}
    told = {model for model in own_models() if is_of_a_file(model)} - others - set(OF_NO_FILE)
    return set(record_type_of(side).paths) | told


def everything_in_the_database() -> str:
    """Every value of every table, as the database holds it."""
    told = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            told += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(told)


def with_a_request(house, person) -> RightsRequest:
    """A copy that was asked, prepared, reviewed and given: its texts are in the database too."""
    today = timezone.localdate()
    asked = rights.register(
        by=house.dpo, file=person.uid, kind="access", asked="tout", received_on=today
    )
    from maillage.protection.tests.test_rights import decide_all

    asked = rights.prepare(
        by=house.practitioner,
        request=asked,
        version=asked.version,
        decided=decide_all(house.practitioner, asked, "give"),
    )
    asked = rights.review(by=house.manager, request=asked, version=asked.version)
    return rights.give(
        by=house.manager, request=asked, version=asked.version, on=today, to="elle", how="hand"
    )


def kept_apart(house, person) -> Participant:
    """Somebody else of the branch with whom the person is never convened."""
    other = ParticipantFactory(organisation=house.branch)
    KeptApart.objects.create(
        organisation=house.branch, one=person, other=other, by=house.manager.user
    )
    return other


class TestAnErasedPerson:
    def test_leaves_no_row_that_tells_of_them(self, house, due_file):
        with_a_request(house, due_file)
        held = actions.hold(by=house.dpo, file=due_file.uid, reason="procès", ends_on=IN_A_YEAR)
        actions.lift(by=house.dpo, held=held)
        apart = kept_apart(house, due_file)
        models = of_a_file("programme")
        empty = {model.__name__ for model in models if not model._default_manager.exists()}
        assert empty == set(), "the file of this test must hold a row of every such model"

        actions.erase(by=house.manager, files=[due_file.uid])

        assert not KeptApart.objects.exists()
        apart.delete()
        left = {model.__name__ for model in models if model._default_manager.exists()}
        assert left == set()

    def test_leaves_their_uids_in_the_trail_alone(self, house, due_file):
        uids = [due_file.uid, due_file.referrals.get().uid]
        key, reference = str(due_file.person_key), due_file.reference

        actions.erase(by=house.manager, files=[due_file.uid])

        with lifted():
            TrailEntry.objects.all().delete()
            ReadEntry.objects.all().delete()
        left = everything_in_the_database()
        for known in (*uids, key, key.replace("-", ""), reference):
            assert known not in left

    def test_leaves_statistical_rows_that_tell_months_ages_and_codes(self, house, due_file):
        actions.erase(by=house.manager, files=[due_file.uid])

        row = StatisticalRow.objects.get()
        assert row.organisation == house.branch
        assert (row.referred_on, row.entered_on) == (date(2021, 9, 30), date(2021, 10, 31))
        assert (row.exited_on, row.last_contact_on) == (date(2022, 3, 31), date(2022, 3, 31))
        assert (row.age_at_referral, row.age_at_entry) == (37, 37)  # born on 6 May 1984
        assert (row.seq, row.sex, row.module, row.site) == (
            1,
            "H",
            "suivi_psychologique",
            house.site,
        )

    def test_leaves_months_of_demands_days_of_waits_and_counts_of_runs(self, house, due_file):
        actions.erase(by=house.manager, files=[due_file.uid])

        demand = StatisticalDemand.objects.get()
        assert (demand.kind, demand.asked_on, demand.closed_on) == (
            "course",
            date(2021, 9, 30),
            None,
        )
        assert list(demand.turns.order_by("rank").values_list("state", "on")) == [
            ("to_convene", date(2021, 9, 30)),
            ("convened", date(2021, 10, 31)),
            ("attending", date(2021, 11, 30)),
            ("completed", date(2021, 11, 30)),
        ]
        waits = StatisticalWait.objects.order_by("what").values_list("what", "year", "days")
        assert list(waits) == [("course", 2021, 64), ("interview", 2022, 181)]
        assert RunTally.objects.values_list("convened", "attended").get() == (1, 1)
        assert list(SessionTally.objects.values_list("expected", "present")) == [(1, 1), (1, 1)]
        interviews = InterviewTally.objects.order_by("status").values_list("on", "status", "count")
        assert list(interviews) == [
            (date(2022, 3, 31), "kept", 1),
            (date(2022, 3, 31), "postponed", 1),
        ]

    def test_does_not_take_others_with_them(self, house, due_file):
        other = full_file(house)
        before = {
            model: model._default_manager.filter(**{path: other.pk}).count()
            for model, path in record_type_of("programme").paths.items()
            if model is not KeptApart
        }
        assert all(before.values())

        actions.erase(by=house.manager, files=[due_file.uid])

        for model, count in before.items():
            assert model._default_manager.count() == count, model
        assert Draft.objects.count() == 1

    def test_leaves_the_file_of_another_branch_that_sent_them(self, house, due_file):
        sent = ReferralFactory(
            redirected=True, received_on=date(2021, 5, 1), ended=date(2021, 8, 1)
        )
        Referral.objects.filter(pk=sent.pk).update(redirected_to=due_file.referrals.get())

        actions.erase(by=house.manager, files=[due_file.uid])

        sent.refresh_from_db()
        assert (sent.status, sent.redirected_to) == ("redirected", None)


class TestErasing:
    def test_leaves_one_trail_entry_with_a_count_and_no_uid(self, house, due_file, one_entry):
        other = full_file(house)

        with one_entry() as watch:
            assert actions.erase(by=house.manager, files=[due_file.uid, other.uid]) == 2

        assert (watch.entry.verb, watch.entry.details) == ("files_erased", {"count": 2})
        assert watch.entry.file == watch.entry.target == ""

    @pytest.mark.parametrize("who", ["dpo", "practitioner", "reception", "coordinator"])
    def test_is_for_the_manager_alone(self, house, due_file, who):
        with pytest.raises(PermissionDenied):
            actions.erase(by=getattr(house, who), files=[due_file.uid])

        assert Participant.objects.filter(pk=due_file.pk).exists()

    def test_of_a_file_of_another_branch_is_refused_as_of_none(self, house, due_file):
        for who in (house.stranger, house.other_side):
            with pytest.raises(Refused, match="n’existe plus"):
                actions.erase(by=who, files=[due_file.uid])

        assert Participant.objects.filter(pk=due_file.pk).exists()

    def test_erases_all_that_was_chosen_or_nothing(self, house, due_file):
        alive = house.episode().participant

        with pytest.raises(Refused, match=alive.reference):
            actions.erase(by=house.manager, files=[due_file.uid, alive.uid])

        assert Participant.objects.filter(pk=due_file.pk).exists()
        assert erasures.read() == []

    def test_of_nothing_is_refused(self, house):
        with pytest.raises(Refused, match="au moins un"):
            actions.erase(by=house.manager, files=[])

    def test_waits_for_the_answer_to_what_the_person_asks(self, house, due_file):
        rights.register(
            by=house.manager,
            file=due_file.uid,
            kind="access",
            asked="",
            received_on=timezone.localdate(),
        )

        assert retention.propose(by=house.manager)[0].is_asked_about
        with pytest.raises(Refused, match=due_file.reference):
            actions.erase(by=house.manager, files=[due_file.uid])


class TestALegalHold:
    def hold(self, house, person, by=None, ends_on=IN_A_YEAR):
        return actions.hold(
            by=by or house.manager, file=person.uid, reason="appel en cours", ends_on=ends_on
        )

    def test_blocks_the_erasure_and_is_shown(self, house, due_file):
        held = self.hold(house, due_file, by=house.dpo)

        [proposal] = retention.propose(by=house.manager)
        assert (proposal.hold, proposal.may_be_erased) == (held, False)
        with pytest.raises(Refused, match=due_file.reference):
            actions.erase(by=house.manager, files=[due_file.uid])

    def test_blocks_no_more_once_lifted(self, house, due_file):
        actions.lift(by=house.manager, held=self.hold(house, due_file))

        assert actions.erase(by=house.manager, files=[due_file.uid]) == 1

    def test_blocks_no_more_once_over(self, house, due_file):
        held = self.hold(house, due_file)

        after = propose_on(house.manager, held.ends_on + timedelta(days=1))
        assert after[due_file.uid].may_be_erased
        assert not propose_on(house.manager, held.ends_on)[due_file.uid].may_be_erased

    def test_is_set_once_at_a_time(self, house, due_file):
        self.hold(house, due_file)

        with pytest.raises(Refused, match="déjà retenu"):
            self.hold(house, due_file)

    def test_is_set_again_after_one_that_is_over(self, house, due_file):
        over = self.hold(house, due_file)
        yesterday = timezone.localdate() - timedelta(days=1)
        LegalHold.objects.filter(pk=over.pk).update(starts_on=yesterday, ends_on=yesterday)

        assert self.hold(house, due_file).is_active()

    def test_has_a_reason_and_an_end_to_come(self, house, due_file):
        with pytest.raises(Refused, match="pourquoi"):
            actions.hold(by=house.manager, file=due_file.uid, reason=" ", ends_on=IN_A_YEAR)
        with pytest.raises(Refused, match="à venir"):
            self.hold(house, due_file, ends_on=timezone.localdate())

    @pytest.mark.parametrize("who", ["practitioner", "reception", "stranger", "other_side"])
    def test_is_for_the_manager_and_the_officer_of_the_branch(self, house, due_file, who):
        with pytest.raises((PermissionDenied, ObjectDoesNotExist)):
            self.hold(house, due_file, by=getattr(house, who))


def propose_on(by, day):
    return {one.due.uid: one for one in retention.propose(by=by, today=day)}


class TestTheJournal:
    def test_has_a_line_for_each_file_and_no_name(self, house, due_file):
        other = full_file(house)

        actions.erase(by=house.manager, files=[due_file.uid, other.uid])

        found = erasures.read()
        assert {one.file for one in found} == {due_file.uid, other.uid}
        assert {(one.organisation, one.side) for one in found} == {(house.branch.slug, "programme")}
        text = erasures.journal_path().read_text()
        assert due_file.last_name not in text
        assert due_file.reference not in text
        assert erasures.journal_path().stat().st_mode & 0o077 == 0

    def test_is_written_before_the_erasure_is_committed(self, house, due_file, monkeypatch):
        """A journal that cannot be written leaves the file in place."""
        monkeypatch.setattr(
            erasures, "append", lambda *args: (_ for _ in ()).throw(OSError("disk full"))
        )

        with pytest.raises(OSError, match="disk full"):
            actions.erase(by=house.manager, files=[due_file.uid])

        assert Participant.objects.filter(pk=due_file.pk).exists()
        assert StatisticalRow.objects.count() == 0

    def test_drops_a_line_torn_by_a_crash(self):
        erasures.append("a", "programme", ["u1"])
        with erasures.journal_path().open("a") as file:
            file.write('{"at": "2026-')

        assert [one.file for one in erasures.read()] == ["u1"]
        erasures.append("a", "programme", ["u2"])
        assert [one.file for one in erasures.read()] == ["u1", "u2"]

    @pytest.mark.parametrize(
        "fault",
        [
            lambda lines: [lines[0].replace("u1", "u9"), *lines[1:]],
            lambda lines: lines[1:],
            lambda lines: [lines[0], lines[2]],
            lambda lines: [lines[0], lines[0], *lines[1:]],
            lambda lines: ["{}", *lines],
            lambda lines: ["not json", *lines],
        ],
        ids=["changed", "first removed", "middle removed", "doubled", "empty added", "garbage"],
    )
    def test_that_was_tampered_with_is_refused(self, db, fault):
        erasures.append("a", "programme", ["u1", "u2"])
        erasures.append("a", "programme", ["u3"])
        path = erasures.journal_path()
        lines = path.read_text().splitlines()
        path.write_text("\n".join(fault(lines)) + "\n")

        with pytest.raises(erasures.JournalBroken, match="ligne"):
            erasures.read()
        with pytest.raises(CommandError, match="Rien n’a été effacé"):
            call_command("retention", "replay")


class TestReplay:
    def test_erases_again_what_a_restored_database_brought_back(self, house, due_file):
        """On both databases: the rows as they stood are put back by a savepoint that is undone."""
        with transaction.atomic():
            actions.erase(by=house.manager, files=[due_file.uid])
            transaction.set_rollback(True)
        assert Participant.objects.filter(pk=due_file.pk).exists()

        assert retention.replay() == 1

        assert not Participant.objects.exists()
        assert StatisticalRow.objects.count() == 1
        entry = TrailEntry.objects.latest("pk")
        assert (entry.verb, entry.details) == ("files_erased_again", {"count": 1})
        assert entry.organisation == house.branch.slug

    def test_may_be_called_again_and_then_does_nothing(self, house, due_file):
        actions.erase(by=house.manager, files=[due_file.uid])
        before = TrailEntry.objects.count()

        assert retention.replay() == 0
        assert TrailEntry.objects.count() == before
        assert StatisticalRow.objects.count() == 1

    def test_is_not_stopped_by_a_hold_of_the_old_database(self, house, due_file):
        erasures.append(house.branch.slug, "programme", [due_file.uid])
        actions.hold(by=house.manager, file=due_file.uid, reason="x", ends_on=IN_A_YEAR)

        assert retention.replay() == 1
        assert not LegalHold.objects.exists()

    def test_without_a_journal_does_nothing(self, due_file):
        assert retention.replay() == 0
        assert Participant.objects.exists()

    def test_leaves_a_file_of_another_branch_under_the_same_uid(self, house, due_file):
        erasures.append("elsewhere", "programme", [due_file.uid])

        assert retention.replay() == 0
        assert Participant.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_old_copy_of_the_sqlite_file_is_cleaned_by_the_command(house, tmp_path, capsys):
    """The file of the database is copied, the person erased, the copy put back."""
    if connection.vendor != "sqlite":
        pytest.skip("a PostgreSQL database is not a file; the savepoint test stands for it")
    person = full_file(house)
    live = Path(connection.settings_dict["NAME"])
    copy = tmp_path / "backup.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])
    actions.erase(by=house.manager, files=[person.uid])
    assert not Participant.objects.exists()

    connection.close()
    for side in ("-wal", "-shm"):
        live.with_name(live.name + side).unlink(missing_ok=True)
    shutil.copyfile(copy, live)
    assert Participant.objects.get().last_name == person.last_name  # it is back

    call_command("retention", "replay")

    assert "Dossiers effacés à nouveau : 1." in capsys.readouterr().out
    assert not Participant.objects.exists()
    assert StatisticalRow.objects.count() == 1


class TestTheNightlyCommand:
    def test_counts_what_is_due_and_erases_nothing(self, house, due_file, capsys):
        held = full_file(house)
        actions.hold(by=house.manager, file=held.uid, reason="x", ends_on=IN_A_YEAR)

        call_command("retention", "propose")

        assert f"{house.branch.slug} : 1 à confirmer, 1 retenus." in capsys.readouterr().out
        assert Participant.objects.count() == 2

    def test_purges_the_drafts_that_nobody_took_up_again(self, house):
        for name, days in (("old", 8), ("new", 5)):
            save_draft(house.practitioner, name)
            then = timezone.now() - timedelta(days=days)
            Draft.objects.filter(form__endswith=f"/{name}").update(saved_at=then)

        call_command("retention", "propose")

        assert [draft.form[-4:] for draft in Draft.objects.all()] == ["/new"]


def test_every_act_on_a_file_has_its_word_in_the_trail(house, due_file):
    from maillage.programme.episodes.reading.journal import VERBS

    with_a_request(house, due_file)
    held = actions.hold(by=house.dpo, file=due_file.uid, reason="procès", ends_on=IN_A_YEAR)
    actions.lift(by=house.dpo, held=held)

    verbs = set(TrailEntry.objects.exclude(file="").values_list("verb", flat=True))
    assert len(verbs) >= 6
    assert verbs <= set(VERBS)
