"""Leaving at once: a plain link that ends the session, whoever sends one there."""

import re
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.template.loader import render_to_string
from django.test import Client

from maillage.core.views import SOMEWHERE_ELSE
from maillage.network.tests.factories import MembershipFactory

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "core"


@pytest.fixture
def signed_in(db) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(MembershipFactory().user)
    return client


@pytest.mark.parametrize(("method", "status"), [("get", 302), ("post", 204)])
def test_ends_the_session_and_asks_the_browser_to_forget(signed_in, method, status):
    answer = getattr(signed_in, method)("/quitter/")

    assert answer.status_code == status
    assert answer.headers["Clear-Site-Data"] == '"cookies", "storage"'
    assert not Session.objects.exists()
    assert signed_in.get("/espace/").status_code == 302


def test_goes_where_the_script_goes(client, db):
    assert client.get("/quitter/").headers["Location"] == SOMEWHERE_ELSE
    for name in ("_quick_exit.html", "_quick_exit_early.html"):
        assert re.findall(r'data-to="([^"]*)"', (TEMPLATES / name).read_text()) == [SOMEWHERE_ELSE]


def test_asks_nothing_of_the_database_for_somebody_without_a_session(
    client, db, django_assert_num_queries
):
    with django_assert_num_queries(0):
        client.get("/quitter/")


def test_somebody_who_chose_no_side_yet_leaves_too(db):
    first = MembershipFactory()
    MembershipFactory(user=first.user)
    client = Client()
    client.force_login(first.user)

    assert client.get("/quitter/").headers["Location"] == SOMEWHERE_ELSE


def test_the_word_of_the_way_out_is_no_word_of_a_page():
    """A page that tells something as « label » does not rename the button that one leaves by."""
    told = render_to_string("core/_quick_exit.html", {"label": "Convocation"})

    assert "Quitter vite" in told
    assert "Convocation" not in told
