"""`maillage upkeep`: all that must be done regularly, each part whatever becomes of the others."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

OFTEN = (  # every quarter of an hour
    ("Vigilance", ("vigilance",)),
    ("Rappels de rendez-vous", ("reminders",)),
)
NIGHTLY = (
    *OFTEN,
    ("Sessions closes", ("clearsessions",)),
    ("Purge du journal", ("trail", "purge")),
    ("Conservation", ("retention", "propose")),
    ("Offre publique", ("offer", "export")),
)


def parts(*, often: bool) -> list[tuple[str, tuple[str, ...]]]:
    """What there is to do, in order: the trail is anchored before anything is purged of it, and
    what is saved is saved last."""
    if often:
        return list(OFTEN)
    anchors = settings.ANCHORS_FILE or str(Path(settings.DATA_DIR) / "anchors.txt")
    found: list[tuple[str, tuple[str, ...]]] = [
        ("Ancres du journal", ("trail", "anchor", "--output", anchors)),
        *NIGHTLY,
    ]
    if settings.BACKUP_DIR:
        keep = str(settings.BACKUP_KEEP)
        found.append(("Sauvegarde", ("backup", "--to", settings.BACKUP_DIR, "--keep", keep)))
    return [*found, ("Dernière sauvegarde", ("backup", "check"))]


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether nobody else is at it on this machine; as long as this lasts nobody else begins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


class Command(BaseCommand):
    help = (
        "Fait tout ce qui revient\u00a0: ancres, purges, conservation, vigilance, rappels, offre"
        " publique, sauvegarde. Chaque nuit\u00a0; avec --often, tous les quarts d’heure."
    )

    def add_arguments(self, parser):
        parser.add_argument("--often", action="store_true", help="vigilance et rappels seulement")

    def handle(self, *args, **options):
        which = "often" if options["often"] else "nightly"
        with alone(Path(settings.DATA_DIR) / f"upkeep-{which}.lock") as is_alone:
            if not is_alone:
                self.stdout.write("L’entretien est déjà en cours.")
                return
            failed = [name for name, done in self._each(options["often"]) if not done]
        if failed:
            raise CommandError(f"N’ont pas abouti\u00a0: {', '.join(failed)}.")

    def _each(self, often: bool) -> Iterator[tuple[str, bool]]:
        for name, (command, *given) in parts(often=often):
            said = StringIO()
            try:
                call_command(command, *given, stdout=said, stderr=said)
            except Exception as error:  # whatever it is, the other parts are done and it is told
                self.stderr.write(f"✗ {name}\u00a0: {error or type(error).__name__}")
                yield name, False
                continue
            last = said.getvalue().strip().splitlines()
            self.stdout.write(f"✓ {name}" + (f"\u00a0: {last[-1]}" if last else ""))
            yield name, True
