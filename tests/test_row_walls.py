"""The second lock, tried with raw SQL by the role that serves pages (PostgreSQL)."""

from datetime import date, timedelta
from itertools import product
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from tests.branches import ask, filled_branch

from maillage.core import rowlock, rowpolicies
from maillage.core.rowlock import acting
from maillage.core.rows import Rows, tables
from maillage.core.tests.roles import APPLICATION, MIGRATOR, OWNER, connected_as, role
from maillage.network.actors import CommandLine
from maillage.network.models import Membership
from maillage.network.roles import Role, Side
from maillage.network.tests.factories import MembershipFactory
from maillage.programme.episodes.models import Note
from maillage.programme.intake.models import Participant, Referral
from maillage.programme.intake.tests.factories import (
    RequestedModuleFactory,
)

OF_LAST_RESORT = "row-level security"
FACTS = {
    "intake_participant",
    "intake_referral",
    "intake_requestedmodule",
    "episodes_episode",
    "episodes_episodemodule",
    "episodes_appointment",  # days and states, no text
    "core_trailhead",
    *("groups_offer", "groups_template", "groups_templatesession", "groups_templatemodule"),
    *("groups_price", "groups_room", "groups_group", "groups_session", "groups_sessionmodule"),
    *("groups_speaker", "groups_enrolment", "groups_enrolmentstep", "groups_convocation"),
    *("groups_attendance", "groups_certificate"),
    *("fees_fee", "fees_entry", "fees_accountingline"),
}


NEVER_REWRITTEN = {"core_trailentry", "core_readentry"}
WALLED = {
    name
    for name, (_, owner) in tables().items()
    if isinstance(owner, Rows) and not owner.read_by_all
}


# Of this side, what the two houses hold no row of; and the other side, of which they see none.
EMPTY_HERE = {
    "episodes_statisticalrow",
    *("groups_statisticaldemand", "groups_statisticalturn", "groups_statisticalwait"),
    "groups_keptapart",  # asks for two files
    *("groups_runtally", "groups_sessiontally", "groups_interviewtally"),
    "intake_barrier",
    "intake_document",
    "intake_documentpart",
    "intake_exceptionalaccess",
    "intake_namedreader",
    "intake_restriction",
    "protection_legalhold",
    "protection_passage",
    "protection_rightsrequest",
    "vigilance_alert",
    "vigilance_watch",
} | {name for name in WALLED if name.startswith("support_")}


def count(table: str) -> int:
    return ask(f"SELECT count(*) FROM {table}")[0][0]


@pytest.fixture
def houses(transactional_db):
    """Two filled branches; from then on every connection is the application's."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row-level security")
    ours, theirs = filled_branch(), filled_branch()
    with connected_as(APPLICATION):
        yield SimpleNamespace(ours=ours, theirs=theirs)


class TestWhatIsSeen:
    def test_nothing_outside_of_any_context_and_that_is_no_error(self, houses):
        assert {table: count(table) for table in WALLED} == dict.fromkeys(WALLED, 0)

    def test_its_own_rows_on_its_own_side_and_no_other(self, houses):
        with acting(houses.ours.worker):
            ours = {table: count(table) for table in WALLED}
            whose = ask("SELECT DISTINCT organisation_id FROM intake_participant")
            heads = ask("SELECT DISTINCT organisation, side FROM core_trailhead")

        assert {table for table, rows in ours.items() if rows == 0} == EMPTY_HERE
        assert whose == [(houses.ours.branch.pk,)]
        assert heads == [(houses.ours.branch.slug, "programme")]
        with acting(houses.theirs.worker):
            assert {table: count(table) for table in WALLED} == ours

    def test_of_the_other_side_its_own_trail_alone(self, houses):
        with acting(houses.ours.helper):
            seen = {table for table in WALLED if count(table)}
            sides = ask("SELECT DISTINCT organisation, side FROM core_trailentry")

        assert seen == {"core_trailentry", "core_trailhead", "core_readentry"}
        assert sides == [(houses.ours.branch.slug, "support")]

    def test_a_draft_by_its_organisation_so_that_who_erases_a_file_reaches_it(self, houses):
        with connected_as(MIGRATOR), rowlock.keeping_house():
            manager = MembershipFactory(organisation=houses.ours.branch, role=Role.MANAGER)

        with acting(manager):
            assert count("core_draft") == 1
        with acting(houses.ours.helper):
            assert count("core_draft") == 0

    def test_nothing_after_the_transaction_nor_by_the_next_on_the_same_connection(self, houses):
        with acting(houses.ours.worker):
            assert count("intake_participant") == 1
        assert count("intake_participant") == 0
        with transaction.atomic():
            assert count("intake_participant") == 0
        with acting(houses.theirs.helper):
            assert count("intake_participant") == 0

    def test_nothing_after_a_transaction_that_failed(self, houses):
        with pytest.raises(DatabaseError), acting(houses.ours.worker):
            ask("SELECT 1/0")

        assert count("intake_participant") == 0

    def test_nothing_when_a_context_is_told_for_a_statement_alone(self, houses):
        ask("SELECT set_config('maillage.organisations', %s, true)", str(houses.ours.branch.pk))
        ask("SELECT set_config('maillage.side', 'programme', true)")

        assert count("intake_participant") == 0

    def test_a_forgotten_filter_shows_no_more_than_the_filter_would_have(self, houses):
        with acting(houses.ours.worker):
            assert [p.organisation_id for p in Participant.objects.all()] == [houses.ours.branch.pk]
            assert list(Note.objects.all()) == [houses.ours.note]
            assert not Referral.objects.filter(pk=houses.theirs.referral.pk).exists()


class TestWhoActs:
    def tell(self, membership: Membership, user=None, organisation=None) -> int:
        """How many files a raw context shows."""
        own = organisation or membership.organisation
        with transaction.atomic():
            ask("SELECT set_config('maillage.organisations', %s, true)", str(own.pk))
            ask("SELECT set_config('maillage.membership', %s, true)", str(membership.pk))
            ask("SELECT set_config('maillage.user', %s, true)", str((user or membership.user).pk))
            ask("SELECT set_config('maillage.side', 'programme', true)")
            return count("intake_participant")

    def change(self, membership: Membership, **values) -> Membership:
        with connected_as(MIGRATOR), rowlock.keeping_house():
            assert Membership.objects.filter(pk=membership.pk).update(**values) == 1
        return membership

    def test_sees_while_the_membership_is_in_force(self, houses):
        assert self.tell(houses.ours.worker) == 1

    def test_sees_nothing_once_it_ended(self, houses):
        self.change(houses.ours.worker, ends_on=timezone.localdate() - timedelta(days=1))

        assert self.tell(houses.ours.worker) == 0
        with pytest.raises(PermissionDenied, match="pris fin"), acting(houses.ours.worker):
            pass

    def test_sees_nothing_under_the_membership_of_another(self, houses):
        assert self.tell(houses.ours.worker, user=houses.theirs.worker.user) == 0

    def test_sees_nothing_of_an_organisation_that_is_not_of_the_membership(self, houses):
        assert self.tell(houses.ours.worker, organisation=houses.theirs.branch) == 0

    def test_sees_nothing_once_the_account_is_closed(self, houses):
        with connected_as(MIGRATOR):
            ask("UPDATE core_user SET is_active = false WHERE id = %s", houses.ours.worker.user.pk)

        assert self.tell(houses.ours.worker) == 0

    def test_the_side_is_that_of_the_membership_whatever_is_said(self, houses):
        assert self.tell(houses.ours.helper) == 0

    def test_the_database_and_the_program_count_the_same_days(self, houses):
        today, worker = timezone.localdate(), houses.ours.worker
        for starts, ends in product((-1, 0, 1), (-1, 0, 1, None)):
            if ends is not None and ends < starts:
                continue
            last = None if ends is None else today + timedelta(days=ends)
            self.change(worker, starts_on=today + timedelta(days=starts), ends_on=last)

            told = Membership.objects.current().filter(pk=worker.pk).exists()

            assert told == (starts <= 0 and (ends is None or ends >= 0)), (starts, ends)
            assert (self.tell(worker) == 1) == told, (starts, ends)


class TestWhatIsWritten:
    def refused(self, by, sql: str, *given) -> str:
        with pytest.raises(DatabaseError) as refusal, acting(by):
            ask(sql, *given)
        return str(refusal.value)

    def test_a_row_given_to_another_organisation_is_refused(self, houses):
        copied = (
            "INSERT INTO intake_participant (organisation_id, uid, reference, person_key, sex,"
            " last_name, first_name, town, phone, phone_is_shared, email, language, version,"
            " created_at) SELECT %s, 'zzzzzzzzzzzz', 'Z-1', person_key, sex, last_name,"
            " first_name, town, phone, phone_is_shared, email, language, version, created_at"
            " FROM intake_participant"
        )
        ours, theirs = houses.ours, houses.theirs

        assert OF_LAST_RESORT in self.refused(ours.worker, copied, theirs.branch.pk)
        with acting(ours.worker):
            assert ask(copied, ours.branch.pk) == [(1,)]

    def test_a_row_moved_to_another_organisation_is_refused(self, houses):
        ours, theirs = houses.ours, houses.theirs
        for table in ("intake_participant", "intake_referral", "episodes_episode"):
            moved = f"UPDATE {table} SET organisation_id = %s"
            assert OF_LAST_RESORT in self.refused(ours.worker, moved, theirs.branch.pk)

    def test_a_note_hung_on_the_file_of_another_organisation_is_refused(self, houses):
        ours, theirs = houses.ours, houses.theirs
        moved = "UPDATE episodes_note SET participant_id = %s"

        assert OF_LAST_RESORT in self.refused(ours.worker, moved, theirs.referral.participant_id)

    def test_rows_of_another_organisation_are_neither_changed_nor_taken_away(self, houses):
        with acting(houses.ours.worker):
            key = houses.theirs.referral.pk
            assert ask("UPDATE intake_referral SET number = 9 WHERE id = %s", key) == [(0,)]
            key = houses.theirs.note.pk
            assert ask("DELETE FROM episodes_note WHERE id = %s", key) == [(0,)]
            assert ask("DELETE FROM episodes_note") == [(1,)]

    def test_nobody_makes_themselves_a_member_elsewhere(self, houses):
        joined = (
            "INSERT INTO network_membership (user_id, organisation_id, side, role, starts_on)"
            " VALUES (%s, %s, %s, 'manager', '2024-01-01')"
        )
        user, ours, theirs = houses.ours.worker.user, houses.ours.branch, houses.theirs.branch

        for organisation, side in ((theirs, "programme"), (ours, "support")):
            assert OF_LAST_RESORT in self.refused(
                houses.ours.worker, joined, user.pk, organisation.pk, side
            )

    def test_the_trail_is_not_rewritten(self, houses):
        acts = ("DELETE FROM {}", "UPDATE {} SET role = 'x'", "TRUNCATE {}", "DROP TABLE {}")
        for act, table in product(acts, NEVER_REWRITTEN):
            told = self.refused(houses.ours.worker, act.format(table))
            assert "permission denied" in told or "must be owner" in told

    def test_the_trail_of_another_organisation_or_side_is_not_written(self, houses):
        written = (
            "INSERT INTO core_trailentry"
            " (at, organisation, side, role, verb, target, file, details)"
            " VALUES (now(), %s, %s, 'x', 'x', '', '', '{}')"
        )
        ours, theirs, worker = houses.ours.branch, houses.theirs.branch, houses.ours.worker

        assert OF_LAST_RESORT in self.refused(worker, written, theirs.slug, "programme")
        assert OF_LAST_RESORT in self.refused(worker, written, ours.slug, "support")


OPENINGS = (
    "ALTER TABLE intake_participant DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE intake_participant NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY own_rows_select ON intake_participant",
    "CREATE POLICY mine ON intake_participant USING (true)",
    "CREATE TABLE copy AS SELECT 1",
    "CREATE VIEW everything AS SELECT * FROM intake_participant",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION maillage_side() RETURNS text LANGUAGE sql AS $$SELECT 'x'$$",
    "ALTER FUNCTION maillage_side() SECURITY INVOKER",
    "SET SESSION AUTHORIZATION maillage",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "UPDATE django_migrations SET name = 'x'",
)


class TestTheApplicationCannotOpenTheLock:
    def test_each_try_is_refused(self, houses):
        for act in OPENINGS:
            with pytest.raises(DatabaseError, match="denied|must be owner|must be superuser"):
                ask(act)

    def test_it_cannot_become_another_role(self, houses):
        for which in (OWNER, MIGRATOR):
            with pytest.raises(DatabaseError, match="permission denied to set role"):
                ask(f"SET ROLE {role(which)}")

    def test_asking_to_leave_row_security_aside_is_an_error_and_no_leak(self, houses):
        with transaction.atomic():
            ask("SET LOCAL row_security = off")
            refused = pytest.raises(DatabaseError, match="would be affected by row-level")
            with refused, transaction.atomic():
                count("intake_participant")

    def test_the_upkeep_of_the_house_is_for_the_owner_of_the_tables(self, houses):
        with transaction.atomic():
            ask("SELECT set_config('maillage.side', 'upkeep', true)")
            ask("SELECT set_config('maillage.organisations', '1,2,3', true)")
            assert {table: count(table) for table in WALLED} == dict.fromkeys(WALLED, 0)
        with pytest.raises(ImproperlyConfigured, match="MIGRATION_DATABASE"), rowlock.upkeep():
            pass
        with connected_as(MIGRATOR):
            assert count("intake_participant") == 0  # forced: the owner sees nothing by chance
            with rowlock.upkeep():
                assert count("intake_participant") == 2
            assert count("intake_participant") == 0

    def test_the_settings_say_who_does_the_upkeep(self, houses, settings):
        settings.MIGRATION_DATABASE = connection.settings_dict | {"USER": role(MIGRATOR)}

        with rowlock.upkeep():
            assert count("intake_participant") == 2
        assert ask("SELECT current_user") == [(role(APPLICATION),)]
        assert count("intake_participant") == 0

    def test_a_view_shows_who_asks_only_what_they_may_see_or_is_told(self, houses):
        with connected_as(MIGRATOR):
            ask("CREATE VIEW seen WITH (security_invoker) AS SELECT * FROM intake_participant")
            ask(f"GRANT SELECT ON seen TO {role(APPLICATION)}")
            assert rowpolicies.faults_of_tables() == []
            ask("CREATE VIEW leaking AS SELECT * FROM intake_participant")
            told = rowpolicies.faults_of_tables()
        try:
            assert ["leaking" in fault for fault in told] == [True]
            assert count("seen") == 0
        finally:
            with connected_as(MIGRATOR):
                ask("DROP VIEW seen, leaking")


class TestNarrowWidenings:
    def test_figures_read_the_facts_of_those_organisations_and_nothing_else(self, houses):
        ours, theirs = houses.ours, houses.theirs
        with acting(ours.worker):
            with rowlock.figures([theirs.branch]):
                seen = {table for table in WALLED if count(table)}
                whose = ask("SELECT DISTINCT organisation_id FROM intake_participant")
            after = ask("SELECT DISTINCT organisation_id FROM intake_participant")

        assert (seen, whose, after) == (FACTS, [(theirs.branch.pk,)], [(ours.branch.pk,)])

    def test_figures_write_nothing(self, houses):
        with acting(houses.ours.worker), rowlock.figures([houses.ours.branch]):
            assert {ask(f"DELETE FROM {table}")[0][0] for table in FACTS} == {0}
        with (
            pytest.raises(DatabaseError, match=OF_LAST_RESORT),
            acting(houses.ours.worker),
            rowlock.figures([houses.ours.branch]),
        ):
            RequestedModuleFactory(referral=houses.ours.referral, code="groupe_parole")

    def test_an_ended_membership_counts_no_figures(self, houses):
        with connected_as(MIGRATOR), rowlock.keeping_house():
            Membership.objects.update(ends_on=date(2024, 6, 1))

        with transaction.atomic():
            ask("SELECT set_config('maillage.membership', %s, true)", str(houses.ours.worker.pk))
            ask("SELECT set_config('maillage.user', %s, true)", str(houses.ours.worker.user.pk))
            with rowlock.figures([houses.ours.branch, houses.theirs.branch]):
                assert count("intake_participant") == 0

    def test_one_more_organisation_is_reached_for_a_moment_on_the_same_side(self, houses):
        with acting(houses.ours.worker):
            with rowlock.reaching(houses.theirs.branch):
                assert count("intake_participant") == 2
                assert ask("SELECT DISTINCT side FROM core_trailentry") == [("programme",)]
            assert count("intake_participant") == 1
            with pytest.raises(ValueError, match="x"), rowlock.reaching(houses.theirs.branch):
                raise ValueError("x")
            assert count("intake_participant") == 1

    def test_the_command_line_works_for_one_organisation_on_one_side(self, houses):
        with acting(CommandLine(houses.theirs.branch)):
            assert ask("SELECT DISTINCT organisation_id FROM intake_participant") == [
                (houses.theirs.branch.pk,)
            ]
        with acting(CommandLine(houses.theirs.branch, Side.SUPPORT)):
            assert count("intake_participant") == 0

    def test_nobody_acts_outside_of_a_transaction(self, houses):
        with pytest.raises(RuntimeError, match="transaction"):
            rowlock.enter(houses.ours.worker, writes=False)


def test_on_sqlite_the_second_lock_does_nothing_at_all(db, django_assert_num_queries):
    if connection.vendor != "sqlite":
        pytest.skip("this is of SQLite")
    by = MembershipFactory()

    with django_assert_num_queries(0):
        with rowlock.acting(by), rowlock.reaching(by.organisation), rowlock.figures([]):
            rowlock.enter(by, writes=True)
        with rowlock.request(), rowlock.upkeep(), rowlock.as_migrator():
            pass
