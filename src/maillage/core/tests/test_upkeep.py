"""All that must be done regularly, by one command: each part whatever becomes of the others."""

import fcntl
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as live
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from maillage.core.backup import keys
from maillage.core.management.commands import upkeep

pytestmark = pytest.mark.django_db(transaction=True)


def keep(*given: str) -> tuple[str, str]:
    said, refused = StringIO(), StringIO()
    call_command("upkeep", *given, stdout=said, stderr=refused)
    return said.getvalue(), refused.getvalue()


@pytest.fixture
def folder(settings, tmp_path):
    keys.recipient()
    settings.BACKUP_DIR = str(tmp_path / "saved")
    Path(settings.BACKUP_DIR).mkdir()
    return Path(settings.BACKUP_DIR)


def test_every_part_is_done_and_told(folder, settings):
    Session.objects.create(
        session_key="x", session_data="", expire_date=timezone.now() - timezone.timedelta(days=1)
    )

    said, refused = keep()

    assert refused == ""
    assert [line[:1] for line in said.splitlines()] == ["✓"] * 9
    assert (Path(settings.DATA_DIR) / "anchors.txt").exists()
    assert len(list(folder.iterdir())) == 1
    assert not Session.objects.exists()


def test_only_as_many_backups_as_are_asked_are_kept(folder, settings):
    settings.BACKUP_KEEP = 2
    for day in ("01", "02"):
        (folder / f"maillage-202601{day}-023000.sauvegarde").touch()

    keep()

    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 2
    assert names[0] == "maillage-20260102-023000.sauvegarde"


def test_what_fails_is_told_and_stops_nothing_else(folder, settings, monkeypatch):
    settings.BACKUP_DIR = "/nulle/part"
    refused = StringIO()

    with pytest.raises(CommandError, match="Sauvegarde"):
        call_command("upkeep", stdout=StringIO(), stderr=refused)

    assert "Sauvegarde" in refused.getvalue()
    assert (Path(settings.DATA_DIR) / "anchors.txt").exists()


def test_often_does_what_cannot_wait_for_the_night(settings):
    said, _ = keep("--often")

    assert [line.split("\u00a0")[0] for line in said.splitlines()] == [
        "✓ Vigilance",
        "✓ Rappels de rendez-vous",
    ]


def test_one_machine_does_it_once_at_a_time(settings):
    with (Path(settings.DATA_DIR) / "upkeep-often.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said, _ = keep("--often")

    assert said == "L’entretien est déjà en cours.\n"


def test_every_part_is_a_command_that_there_is():
    from django.core.management import get_commands

    for often in (True, False):
        for _, (command, *_) in upkeep.parts(often=often):
            assert command in get_commands()
    assert live.BACKUP_KEEP == 14
