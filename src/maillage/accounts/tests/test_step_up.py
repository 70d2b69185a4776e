"""The second factor again, before an export and before an act on accounts."""

import time

import pytest
from django.test import Client
from django.urls import reverse

from maillage.accounts.tests.signing import code_of, sign_in
from maillage.network.models import Membership

EXPORTS = [
    ("files_export", {}, {"layout": "csv"}),
    ("referrals_export", {"extension": "csv"}, {}),
    ("waiting_list_export", {"extension": "csv"}, {}),
    (
        "report_file",
        {"slug": "val-clair", "year": 2025, "grid": "default", "kind": "json"},
        {},
    ),
]


@pytest.fixture
def an_hour_ago(house, with_totp):
    """A browser where the second factor was given eleven minutes ago."""

    def open_browser(by: Membership) -> Client:
        client = sign_in(Client(), with_totp(by))
        session = client.session
        session["second_factor_at"] = time.time() - 11 * 60
        session.save()
        return client

    return open_browser


@pytest.mark.parametrize(("route", "where", "sent"), EXPORTS)
def test_an_export_waits_for_the_second_factor_then_is_done(house, an_hour_ago, route, where, sent):
    client, address = an_hour_ago(house.manager), reverse(route, kwargs=where)
    page = "http://testserver/espace/dossiers/?state=open"

    asked = client.post(address, sent, headers={"referer": page})

    assert asked.status_code == 302
    assert asked.url.startswith(reverse("step_up"))
    assert "Content-Disposition" not in asked
    shown = client.get(asked.url).content.decode()
    assert "Rien n’est encore fait" in shown
    answer = client.post(
        reverse("step_up"), {"code": code_of(house.manager), "next": page, "envoi": "1"}
    )
    assert answer.url == page
    assert client.post(address, sent)["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "route", ["invite", "membership_renew", "membership_end", "factors_reset", "password_reset"]
)
def test_an_act_on_accounts_waits_for_it_and_changes_nothing_before(house, an_hour_ago, route):
    client = an_hour_ago(house.manager)
    kwargs = {} if route == "invite" else {"pk": house.practitioner.pk}
    address = reverse(route, kwargs=kwargs)

    assert client.get(address).url == f"{reverse('step_up')}?next={address.replace('/', '%2F')}"
    assert client.post(address).url.startswith(reverse("step_up"))
    house.practitioner.refresh_from_db()
    assert house.practitioner.ended_at is None


def test_a_page_one_was_at_is_never_that_of_another_site(house, an_hour_ago):
    client = an_hour_ago(house.manager)

    asked = client.post(reverse("files_export"), headers={"referer": "https://example.org/"})

    assert "example.org" not in asked.url


def test_a_fragment_is_sent_to_the_page_that_asks(house, an_hour_ago):
    answer = an_hour_ago(house.manager).post(
        reverse("files_export"), {"layout": "csv"}, headers={"HX-Request": "true"}
    )

    assert answer.headers["HX-Redirect"].startswith(reverse("step_up"))


def test_a_wrong_code_confirms_nothing(house, an_hour_ago):
    client = an_hour_ago(house.manager)

    answer = client.post(reverse("step_up"), {"code": "00000"})

    assert answer.status_code == 200
    assert client.post(reverse("files_export"), {"layout": "csv"}).status_code == 302


def test_who_works_by_password_alone_adds_a_factor_first(house):
    client = sign_in(Client(), house.coordinator, method="")
    address = reverse(*[EXPORTS[3][0]], kwargs=EXPORTS[3][1])

    asked = client.post(address, headers={"referer": "http://testserver/espace/rapports/"})

    assert client.get(asked.url).url.startswith(reverse("factor_add"))
