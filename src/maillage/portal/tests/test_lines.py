"""The national lines: dated, verified, dialled from where they are published."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from maillage.network.entries import published_phone
from maillage.portal.helplines import LINES, LineError, lines_on, read
from maillage.portal.tests.conftest import PARIS

TODAY = date(2026, 11, 25)
GOOD = LINES.read_text()


def test_the_numbers_are_those_that_people_know():
    shown = {line.code: line.label.replace("\u00a0", " ") for line in lines_on(TODAY).values()}

    assert shown == {
        "police": "17",
        "urgences-europe": "112",
        "urgences-sms": "114",
        "samu": "15",
        "ecoute-femmes": "3919",
        "victimes": "116 006",
        "enfance": "119",
        "hebergement": "115",
        "auteurs": "08 019 019 11",
        "chat": "Messagerie des forces de l’ordre",
        "belgique": "0800 30 030",
    }


@pytest.mark.parametrize("number", ["0800 300 30", "080030030", "12", "01 23"])
def test_a_number_that_nobody_can_dial_from_here_is_refused_with_the_reason(number, tmp_path):
    path = tmp_path / "lines.toml"
    path.write_text(GOOD.replace('number = "3919"', f'number = "{number}"'))

    with pytest.raises(LineError, match="ecoute-femmes.*(ne s’appelle pas depuis|n’en est pas un)"):
        read(path)


def test_the_belgian_line_is_dialled_from_belgium_and_shown_to_its_neighbours_alone():
    line = lines_on(TODAY)["belgique"]

    assert published_phone(line.number, "BE") == "0800 30 030"
    assert line.reaches("59")
    assert not line.reaches("34")
    assert not line.reaches(None)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (('always = true\nis_emergency = true\ncost = "Gratuit"\nsource = "Page', 'source = "Page'),
         "les horaires ne sont pas dits"),
        (('number = "17"', ""), "un numéro ou une adresse"),
        (('uid = "k2"', 'uid = "k7"'), "deux lignes ont la même adresse"),
        (('audience = "Toute personne"\n', ""), "audience"),
    ],
)  # fmt: skip
def test_a_line_of_which_too_little_is_told_is_refused(fault, told, tmp_path):
    path = tmp_path / "lines.toml"
    assert fault[0] in GOOD
    path.write_text(GOOD.replace(*fault, 1))

    with pytest.raises(LineError, match=told):
        read(path)


@pytest.mark.parametrize(
    ("code", "hour", "expected"),
    [
        ("ecoute-femmes", 3, True),
        ("victimes", 8, False),
        ("victimes", 9, True),
        ("victimes", 19, False),
        ("belgique", 12, None),
    ],
)
def test_a_line_says_whether_somebody_answers(code, hour, expected):
    moment = datetime(2026, 11, 25, hour, tzinfo=PARIS)

    assert lines_on(TODAY)[code].is_open(moment) is expected


def test_a_line_that_nobody_looked_at_for_ninety_days_is_said_to_be_overdue():
    line = lines_on(TODAY)["ecoute-femmes"]

    assert not line.is_overdue(date(2027, 2, 20))
    assert line.is_overdue(date(2027, 2, 21))
    assert lines_on(TODAY)["hebergement"].is_overdue(TODAY)  # its source has no date


def test_a_line_is_shown_in_its_time_alone():
    assert "auteurs" not in lines_on(date(2020, 4, 5))
    assert "auteurs" in lines_on(date(2020, 4, 6))


def test_the_address_of_a_line_tells_nothing():
    for line in lines_on(TODAY).values():
        assert re.fullmatch(r"[a-z]\d", line.uid)


@pytest.mark.parametrize("template", ["core/500.html", "portal/home.html", "portal/wait.html"])
def test_the_emergency_numbers_of_static_pages_are_those_of_the_file(template):
    room = template.split("/")[0]
    folder = Path(__file__).resolve().parents[2] / room / "templates" / template
    written = set(re.findall(r"(?:tel|sms):\d+", folder.read_text()))

    assert {line.href for line in lines_on(TODAY).values() if line.is_emergency} <= written
