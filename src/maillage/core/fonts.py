"""The one family the documents are set in; without it they would fall back without a word."""

from functools import cache
from pathlib import Path

import maillage

FAMILY = "Source Sans 3"
_FACES = ("400Regular", "400Regular_Italic", "600SemiBold", "700Bold")
_WEB = "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2"


class FontsMissing(Exception):
    """The npm packages are not there."""


@cache
def _package_file(name: str) -> Path:
    """A file or folder of the project's `node_modules`."""
    for folder in Path(maillage.__file__).resolve().parents:
        path = folder / "node_modules" / name
        if path.exists():
            return path
    raise FontsMissing(f"La police {FAMILY} manque ; lancez « npm ci » à la racine du projet.")


def font_paths() -> tuple[Path, ...]:
    """The folders of the faces used in documents and pictures."""
    return tuple(_package_file(f"@expo-google-fonts/source-sans-3/{face}") for face in _FACES)


def web_font() -> Path:
    return _package_file(_WEB)
