"""The invented people of the support side."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from maillage.demo import support
from maillage.demo.accounts import ACCOUNTS, HELP, create_accounts
from maillage.network.roles import Side
from maillage.support.reception.models import Beneficiary

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded():
    call_command("network", "load", verbosity=0, stdout=StringIO())
    create_accounts()
    return support.load(timezone.localdate())


def test_are_some_twenty_with_and_without_a_name_reachable_or_not(loaded):
    people = list(Beneficiary.objects.all())

    assert loaded == len(people) == 25
    assert any(person.alias and not person.last_name for person in people)
    assert any(not person.plans.get(superseded_at=None).allowed for person in people)
    assert any(person.plans.get(superseded_at=None).may_leave_message for person in people)
    assert min(person.first_contact_on for person in people) > date(2020, 1, 1)


def test_have_three_logins_shown():
    shown = [a for a in ACCOUNTS if a.organisation == HELP and a.side == Side.SUPPORT]

    assert len(shown) == 3
    assert all(account.is_shown for account in shown)
