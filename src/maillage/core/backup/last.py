"""The dead man's check: each success is noted, and silence is what is told."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from maillage.core.backup.writing import Written

NAMES = "maillage-*.sauvegarde"


def name_of_now() -> str:
    return f"maillage-{timezone.now():%Y%m%d-%H%M%S}.sauvegarde"


def _note() -> Path:
    return Path(settings.DATA_DIR) / "last-backup.json"


def note(done: Written) -> None:
    told = {
        "at": timezone.now().isoformat(timespec="seconds"),
        "size": done.size,
        "sha256": done.sha256,
    }
    draft = _note().with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(told) + "\n")
    draft.replace(_note())


def keep_newest(folder: Path, count: int) -> list[Path]:
    """Takes away all but the newest backups of a folder; their names are in the order of time."""
    old = sorted(folder.glob(NAMES))[:-count]
    for path in old:
        path.unlink()
    return old


def fault(now: datetime | None = None) -> str:
    """Why somebody should look at the backups, or nothing."""
    try:
        told = json.loads(_note().read_text())
        at = datetime.fromisoformat(told["at"])
    except FileNotFoundError:
        return "Aucune sauvegarde n’a encore été faite\u00a0: « maillage backup »."
    except (OSError, ValueError, KeyError, TypeError):
        return f"La date de la dernière sauvegarde ne se lit pas ({_note()})."
    age = (now or timezone.now()) - at
    if age > timedelta(hours=settings.BACKUP_MAX_HOURS):
        return (
            f"La dernière sauvegarde a {age // timedelta(hours=1)} heures"
            f" (au plus {settings.BACKUP_MAX_HOURS})."
        )
    return ""
