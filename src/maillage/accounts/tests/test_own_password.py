"""One's own password: the present one is asked, and every other session ends."""

import pytest
from django.test import Client
from django.urls import reverse

from maillage.accounts.tests.signing import sign_in
from maillage.core.models import TrailEntry
from maillage.network.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "quatre mots tout neufs"
ADDRESS = "/espace/compte/mot-de-passe/"


def change(client: Client, current: str = PASSWORD, password: str = NEW, again: str = NEW):
    return client.post(ADDRESS, {"current": current, "password": password, "again": again})


@pytest.fixture
def worker(house):
    house.practitioner.user.set_password(PASSWORD)
    house.practitioner.user.save()
    return house.practitioner


def test_is_changed_here_and_closes_the_sessions_that_are_elsewhere(worker):
    here, elsewhere = sign_in(Client(), worker), sign_in(Client(), worker)

    assert change(here).url == reverse("account")

    worker.user.refresh_from_db()
    assert worker.user.check_password(NEW)
    assert here.get(reverse("account")).status_code == 200
    assert elsewhere.get(reverse("account")).status_code == 302
    assert TrailEntry.objects.get(verb="password_changed").target == f"user:{worker.user.pk}"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"current": "autre chose"}, "pas votre mot de passe actuel"),
        ({"again": "quatre mots tout vieux"}, "diffèrent"),
        ({"password": "court", "again": "court"}, "12"),
        ({"password": "motdepasse1234", "again": ""}, "une seconde fois"),
    ],
)
def test_is_refused_and_nothing_changes(worker, given, why):
    client, elsewhere = sign_in(Client(), worker), sign_in(Client(), worker)

    answer = change(client, **given)

    worker.user.refresh_from_db()
    assert why in answer.content.decode()
    assert worker.user.check_password(PASSWORD)
    assert elsewhere.get(reverse("account")).status_code == 200


def test_is_not_found_by_trying(worker):
    client = sign_in(Client(), worker)
    for _ in range(5):
        change(client, current="au hasard")

    assert "Trop d’essais" in change(client).content.decode()


def test_waits_for_the_second_factor(worker):
    client = sign_in(Client(), worker)
    session = client.session
    session["second_factor_at"] = 1
    session.save()

    assert client.get(ADDRESS).url.startswith(reverse("step_up"))


def test_of_an_agent_who_has_none_is_not_offered(worker):
    worker.user.set_unusable_password()
    worker.user.save()
    client = sign_in(Client(), worker)

    assert client.get(ADDRESS).status_code == 404
    assert ADDRESS not in client.get(reverse("account")).content.decode()
