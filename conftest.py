"""What every test stands on: cheap passwords, a folder of its own, Debian's browser."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # live server beside a browser's loop

hypothesis_settings.register_profile("maillage", deadline=None)  # time is the bench's
hypothesis_settings.load_profile("maillage")

TOUCHING_DATA = {"db", "transactional_db", "live_server", "django_db_setup"}
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session", autouse=True)
def _own_keys(tmp_path_factory):
    """One folder of keys for the run; whoever destroys or turns keys takes another."""
    from django.conf import settings

    settings.VAULT_DIR = tmp_path_factory.mktemp("keys")


@pytest.fixture
def own_keys(settings, tmp_path):
    """A folder of keys that a test may turn, lose and destroy."""
    from maillage.core import keys

    settings.VAULT_DIR = tmp_path / "keys"
    keys.forget()
    yield settings.VAULT_DIR
    keys.forget()


@pytest.fixture(autouse=True)
def _own_surroundings(settings, tmp_path):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DATA_DIR = tmp_path


@pytest.fixture(autouse=True)
def _both_factors(monkeypatch):
    """`force_login` opens a whole session, as both pages of signing in do: tests of these pages
    go through them."""
    from django.test import Client

    from maillage.accounts.tests.signing import open_session

    monkeypatch.setattr(Client, "force_login", open_session)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """SQLite's test database is a file, as in production: threads and processes share it."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        folder = Path(tempfile.mkdtemp(prefix="maillage-db-"))
        database.setdefault("TEST", {})["NAME"] = str(folder / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _a_test_leaves_no_trail():
    """What a test committed is emptied after it: the one thing that the trail's guards refuse."""
    from django.test import TransactionTestCase

    from maillage.core.tests.guards import lifted
    from maillage.core.tests.roles import make_roles

    empty = TransactionTestCase._fixture_teardown

    def _fixture_teardown(test):
        from django.db import connection

        with lifted():
            empty(test)
        if connection.vendor == "postgresql":
            make_roles(connection.settings_dict["NAME"])  # a test that migrates makes them its own

    TransactionTestCase._fixture_teardown = _fixture_teardown
    yield
    TransactionTestCase._fixture_teardown = empty


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """On PostgreSQL, the three roles and the second lock, as a host has them."""
    from django.db import connection

    from maillage.core.tests.roles import make_roles

    if connection.vendor == "postgresql":
        with django_db_blocker.unblock():
            make_roles(connection.settings_dict["NAME"])


@pytest.fixture(autouse=True)
def _pages_are_asked_for_as_the_application(monkeypatch):
    """On PostgreSQL, whatever a test asks of a page is answered by the role that serves pages: no
    page stands silently on the rights of whoever made the test's rows."""
    from django.db import connection
    from django.test import Client

    from maillage.core.tests.roles import as_application

    if connection.vendor != "postgresql":
        return
    ask = Client.request

    def request(self, **given):
        with as_application():
            return ask(self, **given)

    monkeypatch.setattr(Client, "request", request)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
    }


def pytest_collection_modifyitems(items):
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if "page" in asked:
            item.add_marker(pytest.mark.browser)
        if asked & TOUCHING_DATA or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.data)
