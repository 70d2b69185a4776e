"""Whether a paper is genuine: anybody may ask, and nothing but that is told."""

import pytest
from django.test import Client
from django.urls import reverse

from maillage.core import seals
from maillage.core.models import Seal
from maillage.portal.flood import CODES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_flood():
    CODES.clear()
    yield
    CODES.clear()


@pytest.fixture
def code() -> str:
    made = seals.make_code()
    seals.seal(made)
    return made


def ask(code: str) -> str:
    answer = Client().post(reverse("certificate_check"), {"code": code})
    assert answer.status_code == 200
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def test_a_code_is_valid_however_it_is_typed(code):
    assert "celui d’un document valide" in ask(code.lower().replace("-", " "))


def test_a_code_that_never_was_and_one_that_was_revoked_are_told_alike(code):
    seals.break_seal(code)
    unknown = seals.make_code()

    refused = ask(code)

    assert "n’est pas celui d’un document valide" in refused
    assert refused.replace(code, "") == ask(unknown).replace(unknown, "")


def test_the_code_stands_in_no_address(code):
    answer = Client().get(reverse("certificate_check"), {"code": code})

    assert code not in answer.content.decode()
    assert "document valide" not in answer.content.decode()


def test_nobody_may_ask_without_end(code):
    client = Client()
    told = [client.post(reverse("certificate_check"), {"code": "X"}).status_code for _ in range(25)]

    assert told[0] == 200
    assert told[-1] == 429


def test_a_form_on_another_site_asks_nothing(code):
    answer = Client().post(
        reverse("certificate_check"), {"code": code}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403


def test_a_code_has_a_hundred_bits_and_is_kept_as_a_digest_alone(code):
    kept = Seal.objects.get()

    assert code.replace("-", "") not in kept.digest.upper()
    assert len({seals.make_code() for _ in range(1_000)}) == 1_000
    assert len(seals.SIGNS) ** seals.LENGTH > 2**100
