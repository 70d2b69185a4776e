"""Small files of a table, and a trail that somebody writes at a known moment."""

from io import StringIO

import pytest
import xlsxwriter
from django.core.management import call_command

from maillage.core import trail
from maillage.core.models import User
from maillage.core.tests.chains import FEBRUARY, Somebody, act


@pytest.fixture
def csv_file(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def xlsx(tmp_path):
    """Writes cells given by their place; strings that start with = are formulas."""

    def write(cells, name="table.xlsx"):
        path = tmp_path / name
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("Suivi")
            for place, value in cells.items():
                sheet.write(place, value)
        return path

    return write


@pytest.fixture
def clock(monkeypatch):
    """The moment that the trail takes for now."""
    moments = {"now": FEBRUARY}
    monkeypatch.setattr("django.utils.timezone.now", lambda: moments["now"])
    return moments


@pytest.fixture
def somebody(clock):
    return Somebody(User.objects.create_user("accueil@example.org", name="Accueil"))


@pytest.fixture
def ten(somebody):
    """Ten acts, and as many looks, of one organisation."""
    for number in range(10):
        act(somebody, verb=f"act_{number}", file=f"file{number}", rank=number)
        trail.record_read("file", by=somebody, file=f"file{number}")
    return somebody


@pytest.fixture
def kept(ten, tmp_path):
    """A file of anchors, as somebody else keeps it."""
    path = tmp_path / "ancres.jsonl"
    call_command("trail", "anchor", "--output", str(path), stdout=StringIO())
    return path
