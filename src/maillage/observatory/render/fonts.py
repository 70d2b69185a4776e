"""The one family the documents are set in; without it they would fall back without a word."""

from functools import cache
from pathlib import Path

import maillage

FAMILY = "Source Sans 3"
_PACKAGE = "@expo-google-fonts/source-sans-3"
_FACES = ("400Regular", "400Regular_Italic", "600SemiBold", "700Bold")


class FontsMissing(Exception):
    """The npm packages are not there."""


@cache
def font_paths() -> tuple[Path, ...]:
    """The folders of the faces used, under the project's `node_modules`."""
    for folder in Path(maillage.__file__).resolve().parents:
        found = tuple(folder / "node_modules" / _PACKAGE / face for face in _FACES)
        if all(path.is_dir() for path in found):
            return found
    raise FontsMissing(f"La police {FAMILY} manque ; lancez « npm ci » à la racine du projet.")
