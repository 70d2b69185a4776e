"""Every table has an owner and policies, and what lacks them is told: checks, command, doctor."""

import contextlib
import io

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import isolate_apps
from tests.branches import ask

from maillage.core import rowpolicies
from maillage.core.rows import SHARED, Rows, Shared, owner_of, tables, unclassified
from maillage.core.tests.roles import APPLICATION, OWNER, role


class TestEveryTableIsSomebodys:
    def test_each_is_classified(self):
        assert unclassified() == []

    def test_the_side_wall_stands_before_every_table_of_a_side(self):
        for name, (model, owner) in tables().items():
            if isinstance(owner, Rows) and not owner.user:
                walls = {act for act, _ in rowpolicies.policies(model, owner)}
                assert "side_wall_update" in walls, name

    def test_models_of_a_side_are_no_shared_tables(self):
        for name, (model, owner) in tables().items():
            if model and model.__module__.startswith(("maillage.programme", "maillage.support")):
                assert isinstance(owner, Rows), name

    @isolate_apps("maillage.network")
    def test_a_table_between_two_models_is_of_the_one_that_declares_it(self):
        class Label(models.Model):  # noqa: DJ008
            row_owner = SHARED

            class Meta:
                app_label = "network"

        class Folder(models.Model):  # noqa: DJ008
            row_owner = Rows(organisation="organisation_id", side="programme")
            labels = models.ManyToManyField(Label)

            class Meta:
                app_label = "network"

        class Forgotten(models.Model):  # noqa: DJ008
            class Meta:
                app_label = "network"

        assert owner_of(Folder.labels.through) == Rows(through="folder")
        assert owner_of(Forgotten) is None

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"organisation": "a", "user": "b", "side": "programme"},
            {"organisation": "a"},
            {"slug": "a", "side": "programme", "side_column": "side"},
        ],
    )
    def test_an_owner_that_says_too_little_or_too_much_is_refused(self, wrong):
        with pytest.raises(ValueError, match="owner|side"):
            Rows(**wrong)

    def test_what_is_shared_is_written_here_by_hand(self):
        shared = {n for n, (_, owner) in tables().items() if isinstance(owner, Shared)}

        assert {n for n in shared if n.startswith(("core_", "network_", "intake_", "epis"))} == {
            "core_cache",
            "core_delivery",
            "core_seal",
            "core_user",
            "network_organisation",
            "network_mandate",
            "network_contact",
            "network_site",
            "network_siteaddress",
            "network_opening",
            "network_agreement",
            "network_calendarfeed",
            "network_onetimecode",
        }


@pytest.mark.django_db
class TestWhatIsMissingIsTold:
    @pytest.fixture(autouse=True)
    def _on_postgresql(self):
        if connection.vendor != "postgresql":
            pytest.skip("SQLite has no row-level security")

    def test_nothing_of_the_tables_as_they_are(self):
        assert rowpolicies.faults_of_tables() == []

    @pytest.mark.parametrize(
        "fault",
        [
            "DROP POLICY side_wall_select ON intake_referral",
            "DROP POLICY own_rows_update ON intake_referral",
            "CREATE POLICY wide ON intake_referral USING (true)",
            "ALTER TABLE intake_referral NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE intake_referral DISABLE ROW LEVEL SECURITY",
        ],
    )
    def test_a_table_less_protected_is_named_until_it_is_locked_again(self, fault):
        ask(fault)

        assert ["intake_referral" in told for told in rowpolicies.faults_of_tables()] == [True]
        rowpolicies.lock(role(APPLICATION))
        assert rowpolicies.faults_of_tables() == []

    def test_a_role_that_nothing_binds_is_refused_in_production(self, settings):
        settings.MODE = "production"

        def told() -> list[str]:
            found = run_checks(include_deployment_checks=True, tags=["security"])
            return [error.msg for error in found if error.id == "maillage.E008"]

        assert ["superutilisateur" in fault for fault in told()] == [True]
        ask(f"SET ROLE {role(OWNER)}")
        assert any("possède des tables" in fault for fault in told())
        ask("RESET ROLE")
        ask(f"SET ROLE {role(APPLICATION)}")
        assert told() == []
        ask("RESET ROLE")
        ask(f"ALTER ROLE {role(APPLICATION)} BYPASSRLS")
        ask(f"GRANT DELETE ON core_trailentry TO {role(APPLICATION)}")
        ask(f"SET ROLE {role(APPLICATION)}")
        assert any("contourne" in fault for fault in told())
        assert any("réécrire core_trailentry" in fault for fault in told())
        ask("RESET ROLE")


@pytest.mark.django_db
class TestTheCommand:
    def run(self, *arguments, **options) -> str:
        told = io.StringIO()
        call_command("database", *arguments, stdout=told, **options)
        return told.getvalue()

    def test_is_of_postgresql(self):
        if connection.vendor == "postgresql":
            return
        with pytest.raises(CommandError, match="SQLite"):
            self.run("lock")

    def test_writes_what_a_superuser_runs_and_makes_three_plain_roles(self):
        if connection.vendor != "postgresql":
            pytest.skip("SQLite has no roles")
        told = self.run("roles", owner="one", migrator="two", application="three")
        assert "CREATE ROLE three;" in told
        assert ask("SELECT count(*) FROM pg_roles WHERE rolname = 'three'") == [(0,)]

        self.run("roles", "--execute", owner="one", migrator="two", application="three")
        made = ask(
            "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname IN ('one', 'two', 'three')"
            " AND NOT (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole) ORDER BY 1"
        )
        assert made == [("one", False), ("three", True), ("two", True)]
        owners = ask("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert owners == [("one",)]
        assert "protégée" in self.run("lock")
        assert rowpolicies.faults_of_tables() == []

    def test_takes_three_names_of_roles_and_nothing_else(self):
        if connection.vendor != "postgresql":
            pytest.skip("SQLite has no roles")
        for owner, migrator, application in (
            ("a", "b", "b"),
            ("a", "b", "c; DROP"),
            ("A", "b", "c"),
        ):
            with pytest.raises(CommandError, match="Trois noms"):
                self.run("roles", owner=owner, migrator=migrator, application=application)


@pytest.mark.django_db
def test_the_doctor_says_how_many_locks_there_are(tmp_path):
    told = io.StringIO()

    with contextlib.suppress(CommandError):  # other rooms have their own say
        call_command("doctor", stdout=told)

    if connection.vendor == "sqlite":
        assert "le premier verrou (le programme) est seul" in told.getvalue()
    else:
        assert "superutilisateur : rien ne l’arrête" in told.getvalue()
        assert "refuserait de servir" in told.getvalue()
