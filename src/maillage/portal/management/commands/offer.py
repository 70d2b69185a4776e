"""The public offer, from the command line: load, due, link, import, export."""

from pathlib import Path

from django.core.management import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from maillage.core.errors import Refused
from maillage.portal import exchange, offer
from maillage.portal.links import make_link
from maillage.portal.models import Service


class Command(BaseCommand):
    help = (
        "load (le fichier fourni), due (fiches à revoir et leurs liens), "
        "import FICHIER (data.inclusion ou HSDS), export"
    )

    def add_arguments(self, parser):
        parser.add_argument("act", choices=["load", "due", "import", "export"])
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *args, **given):
        try:
            getattr(self, f"_{given['act']}")(given["file"])
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal

    def _load(self, file: Path | None) -> None:
        count = offer.load(file) if file else offer.load()
        self.stdout.write(f"{count} fiches écrites")

    def _due(self, file: Path | None) -> None:
        today = timezone.localdate()
        due = [each for each in Service.objects.published() if each.is_overdue(today)]
        for each in due:
            address = reverse("entry_update", args=[make_link(each)])
            self.stdout.write(f"{each.organisation.name}\u00a0: {each.name}\n  {address}")
        self.stdout.write(f"{len(due)} fiches à revoir")

    def _import(self, file: Path | None) -> None:
        if file is None:
            raise CommandError("donnez le fichier à lire")
        is_list = file.read_text().lstrip().startswith("[")
        is_hsds = is_list or '"contents"' in file.read_text()
        read = exchange.read_hsds if is_hsds else exchange.read_data_inclusion
        written, left = read(file)
        self.stdout.write(f"{written} services repris, {left} laissés (aucun de nos besoins)")

    def _export(self, file: Path | None) -> None:
        counts = exchange.write(timezone.localdate())
        for name, count in counts.items():
            self.stdout.write(f"{exchange.folder() / name}.json\u00a0: {count} services")
