"""A backup is made on time, and its absence is told."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from tests.places import backed_up

from maillage.core.backup import last

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class TestTheSchedule:
    def test_keeps_only_the_newest(self, tmp_path):
        folder = tmp_path / "kept"
        folder.mkdir()
        for day in ("20260101", "20260102", "20260103"):
            (folder / f"maillage-{day}-000000.sauvegarde").touch()
        (folder / "autre.txt").touch()

        call_command("backup", "--to", str(folder), "--keep", "2", stdout=StringIO())

        left = sorted(path.name for path in folder.iterdir())
        assert left[:2] == ["autre.txt", "maillage-20260103-000000.sauvegarde"]
        assert len(left) == 3

    def test_takes_nothing_away_when_the_new_one_fails(self, tmp_path, settings):
        old = tmp_path / "maillage-20260101-000000.sauvegarde"
        old.touch()
        settings.BACKUP_KEY = "not a key"

        with pytest.raises(CommandError, match="MAILLAGE_BACKUP_KEY n’est pas une clé"):
            call_command("backup", "--to", str(tmp_path), "--keep", "1", stdout=StringIO())

        assert old.exists()
        assert last.fault().startswith("Aucune sauvegarde")

    def test_never_writes_over_another_file(self, tmp_path):
        path = tmp_path / "one.sauvegarde"
        path.write_text("precious")

        with pytest.raises(CommandError, match="existe déjà"):
            backed_up(path)

        assert path.read_text() == "precious"

    def test_production_makes_no_key_of_its_own(self, tmp_path, settings):
        settings.MODE = "production"

        with pytest.raises(CommandError, match="MAILLAGE_BACKUP_KEY manque"):
            backed_up(tmp_path / "one.sauvegarde")

    def test_is_told_when_it_stops(self, tmp_path, settings):
        with pytest.raises(CommandError, match="Aucune sauvegarde"):
            call_command("backup", "check")
        backed_up(tmp_path / "one.sauvegarde")

        call_command("backup", "check", stdout=StringIO())

        assert last.fault(timezone.now() + timedelta(hours=25)) == ""
        assert "27 heures" in last.fault(timezone.now() + timedelta(hours=27, minutes=1))
        (Path(settings.DATA_DIR) / "last-backup.json").write_text("{}")
        assert "ne se lit pas" in last.fault()

    def test_the_file_is_for_its_owner_alone(self, tmp_path):
        backed_up(tmp_path / "one.sauvegarde")

        assert (tmp_path / "one.sauvegarde").stat().st_mode & 0o777 == 0o600
