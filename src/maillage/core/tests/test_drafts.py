"""What is typed and not sent: kept a week, sealed, for one person on one side."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from maillage.core import drafts
from maillage.core.models import Draft, User
from maillage.network.models import Membership, Organisation

PASSWORD = "un mot de passe long"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture
def branch():
    return Organisation.objects.create(slug="antenne-essai", name="Antenne d’essai")


@pytest.fixture
def desk(branch):
    user = User.objects.create_user("camille@exemple.fr", PASSWORD, name="Camille Essai")
    return join(user, branch, "programme", "reception")


def join(user, organisation, side, role) -> Membership:
    return Membership.objects.create(user=user, organisation=organisation, side=side, role=role)


class TestDrafts:
    def test_come_back_as_typed_without_token_nor_password(self, client, desk):
        client.force_login(desk.user)

        response = client.post(
            "/espace/brouillon/",
            {
                "_as": desk.pk,
                "_draft": "referral-new",
                "csrfmiddlewaretoken": "jeton",
                "password": "secret",
                "new_password1": "secret",
                "born": "3/2/81",
                "modules": ["a", "b"],
            },
        )

        assert response.status_code == 204
        assert drafts.load(desk, "referral-new") == {"born": ["3/2/81"], "modules": ["a", "b"]}

    def test_are_read_by_nobody_else_and_on_no_other_side(self, client, desk, branch):
        colleague = User.objects.create_user("autre@exemple.fr", PASSWORD, name="Autre")
        theirs = join(colleague, branch, "programme", "reception")
        other_side = join(desk.user, branch, "support", "reception")
        client.force_login(desk.user)
        session = client.session
        session["membership"] = desk.pk
        session.save()

        client.post(
            "/espace/brouillon/", {"_as": desk.pk, "_draft": "note", "text": "en confiance"}
        )

        assert drafts.load(desk, "note") == {"text": ["en confiance"]}
        assert drafts.load(theirs, "note") is None
        assert drafts.load(other_side, "note") is None

    def test_are_not_readable_in_the_table(self, client, desk):
        client.force_login(desk.user)
        client.post(
            "/espace/brouillon/", {"_as": desk.pk, "_draft": "note", "text": "en confiance"}
        )

        with connection.cursor() as cursor:
            cursor.execute("SELECT data FROM core_draft")
            (sealed,) = cursor.fetchone()
        assert "confiance" not in str(sealed)

    def test_of_more_than_twenty_kilobytes_are_refused_and_change_nothing(self, client, desk):
        client.force_login(desk.user)
        client.post("/espace/brouillon/", {"_as": desk.pk, "_draft": "note", "text": "court"})

        response = client.post(
            "/espace/brouillon/", {"_as": desk.pk, "_draft": "note", "text": "é" * 10_001}
        )

        assert response.status_code == 413
        assert drafts.load(desk, "note") == {"text": ["court"]}

    def test_are_forgotten_after_seven_days(self, client, desk):
        client.force_login(desk.user)
        client.post("/espace/brouillon/", {"_as": desk.pk, "_draft": "note", "text": "vieux"})
        Draft.objects.update(saved_at=timezone.now() - timedelta(days=7))

        assert drafts.load(desk, "note") is None

        client.post("/espace/brouillon/", {"_as": desk.pk, "_draft": "autre", "text": "neuf"})
        assert [d.form for d in Draft.objects.all()] == ["programme/antenne-essai/autre"]

    def test_are_effaced_when_asked(self, client, desk):
        client.force_login(desk.user)
        client.post("/espace/brouillon/", {"_as": desk.pk, "_draft": "note", "text": "court"})

        response = client.post(
            "/espace/brouillon/",
            {"_as": desk.pk, "_draft": "note", "_discard": "1", "next": "/espace/cote/"},
        )

        assert response.url == "/espace/cote/"
        assert not Draft.objects.exists()

    @pytest.mark.parametrize("name", ["", "a" * 46, "../x", "Dossier de quelqu’un"])
    def test_name_a_form_and_nothing_else(self, client, desk, name):
        client.force_login(desk.user)

        assert (
            client.post("/espace/brouillon/", {"_as": desk.pk, "_draft": name}).status_code == 400
        )
        assert not Draft.objects.exists()

    def test_typed_on_one_side_are_not_kept_on_the_other(self, client, desk, branch):
        other_side = join(desk.user, branch, "support", "reception")
        client.force_login(desk.user)
        session = client.session
        session["membership"] = other_side.pk
        session.save()

        response = client.post(
            "/espace/brouillon/", {"_as": desk.pk, "_draft": "note", "text": "en confiance"}
        )

        assert response.status_code == 409
        assert not Draft.objects.exists()


class TestAPageWhoseSessionEnded:
    def test_takes_a_new_token_once_the_same_person_signed_in_again(self, desk):
        client = Client(enforce_csrf_checks=True)
        client.force_login(desk.user)

        token = client.get("/espace/jeton/", {"as": desk.pk}).content.decode()

        typed = {"_as": desk.pk, "_draft": "note", "text": "suite", "csrfmiddlewaretoken": token}
        assert client.post("/espace/brouillon/", typed).status_code == 204

    def test_stays_closed_to_somebody_else(self, client, desk, branch):
        colleague = User.objects.create_user("autre@exemple.fr", PASSWORD, name="Autre")
        join(colleague, branch, "programme", "reception")
        client.force_login(colleague)

        assert client.get("/espace/jeton/", {"as": desk.pk}).status_code == 409
