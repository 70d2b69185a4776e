"""Every route, every role, every relation to the file: written by hand, read by the auditor.

Columns: nobody signed in; a manager of another branch; a manager of the same organisation on the
support side; a practitioner whose membership ended; then, all of the branch itself: reception, a
practitioner of other files, the referent of the file, the manager, the coordinator of the network,
the data protection officer, the technical administrator. Whoever is kept out of a file, or may not
open one that is restricted, attacks it in test_barred_everywhere.py.
"""

import csv

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from tests.situations import CLINICAL, NAME, REFERENCE, assert_no_name, visit

from maillage.network.access_matrix import ACCESS, HELPERS, SUPPORT, WHO
from maillage.portal import exchange

pytestmark = pytest.mark.django_db


MAY_SEE_THE_NAME = {"reception", "practitioner", "referent", "manager"}
MAY_SEE_THE_REFERENCE = MAY_SEE_THE_NAME | {"dpo"}


def named_routes(resolver: URLResolver) -> set[str]:
    found: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            found |= named_routes(pattern)
        elif isinstance(pattern, URLPattern):
            assert pattern.name, f"{pattern.pattern} has no name"
            found.add(pattern.name)
    return found


def test_every_route_has_a_row_in_the_table():
    assert named_routes(get_resolver()) == set(ACCESS) | set(SUPPORT)


@pytest.fixture
def files_of_the_night(situation, settings):
    """The files that anyone may reuse, in the folder of this test."""
    exchange.write(timezone.localdate())


@pytest.mark.usefixtures("files_of_the_night")
@pytest.mark.parametrize("route", ACCESS)
def test_the_table_holds_for_everybody_and_no_answer_tells_more(situation, route):
    expected = dict(zip(WHO, ACCESS[route][1], strict=True))
    if route == "appointment_mark":  # the first who may does it: each on a fresh appointment
        first = next(who for who in WHO if expected[who] == 302 and who in MAY_SEE_THE_NAME)
        expected = {who: code for who, code in expected.items() if who in (*WHO[:4], first)}

    if route == "invitation_withdraw":  # what the manager took back is there for nobody after
        expected["administrator"] = 404

    answers = {who: visit(situation, who, route) for who in expected}

    assert {who: answer.status_code for who, answer in answers.items()} == expected
    for who, answer in answers.items():
        body = b"".join(answer)
        if who not in MAY_SEE_THE_NAME:
            assert NAME.encode() not in body, who
            assert NAME.upper().encode() not in body, who
            if who not in MAY_SEE_THE_REFERENCE:
                assert REFERENCE.encode() not in body, who
        if who != "referent":
            assert CLINICAL.encode() not in body, who
        assert_no_name(answer, NAME)


def test_the_referent_reads_the_clinical_note_on_the_file(situation):
    assert CLINICAL.encode() in b"".join(visit(situation, "referent", "file"))


def test_the_matrix_is_printed_for_the_data_protection_officer(capsys):
    call_command("access-matrix", format="csv")

    lines = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert lines[0] == ["Côté", "Page", "Adresse", "Demande", "Qui", "Réponse", "Code"]
    assert len(lines) - 1 == len(ACCESS) * len(WHO) + len(SUPPORT) * len(HELPERS)
    file = "/espace/dossiers/<str:uid>/"
    told = {who: answer for _, page, at, _, who, answer, _ in lines if (page, at) == ("file", file)}
    assert told["référent·e du dossier"] == "oui"
    assert told["responsable d’une autre organisation"] == "introuvable"
    assert told["responsable, de l’autre côté"] == "introuvable"
