"""The access table of the support side, asked by everybody it names, a stranger among them."""

import pytest
from tests.situations import (
    CODE_WORD,
    HELPED,
    HELPED_REFERENCE,
    SAFE_NUMBER,
    SECRET_WORDS,
    assert_no_name,
    visit,
)

from maillage.network.access_matrix import HELPERS, SUPPORT

pytestmark = pytest.mark.django_db


KNOW_NOBODY = ("nobody", "stranger", "other_side", "ended", "coordinator", "dpo", "administrator")


@pytest.mark.parametrize("route", SUPPORT)
def test_the_table_of_the_support_side_holds_and_no_answer_tells_more(reception, route):
    expected = dict(zip(HELPERS, SUPPORT[route][1], strict=True))
    rest = expected.pop("rest")
    expected |= dict.fromkeys(("coordinator", "administrator"), rest)
    if route == "beneficiary_reopen":  # the first who may does it, and the file is open
        del expected["pathway"], expected["manager"]

    answers = {who: visit(reception, who, route, SUPPORT) for who in expected}

    assert {who: answer.status_code for who, answer in answers.items()} == expected
    for who, answer in answers.items():
        if who in KNOW_NOBODY:
            body = b"".join(answer).decode(errors="replace")
            for secret in (HELPED, HELPED.upper(), CODE_WORD, SAFE_NUMBER[3:], SECRET_WORDS):
                assert secret not in body, who
            if who != "dpo":  # who knows of files by their references alone
                assert HELPED_REFERENCE not in body, who
        assert_no_name(answer, HELPED)


def test_the_page_of_somebody_helped_tells_them_to_who_may(reception):
    page = visit(reception, "reception", "beneficiary", SUPPORT).content.decode()

    assert HELPED.upper() in page
    assert CODE_WORD in page
