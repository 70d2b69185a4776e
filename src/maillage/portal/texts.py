"""The fixed texts of the help finder in each language; French is the one they are made from."""

import tomllib
from functools import lru_cache
from pathlib import Path

FRENCH = "fr"
LANGUAGES = ("fr", "en", "es", "ar", "pt", "tr")
_FOLDER = Path(__file__).parent / "data" / "texts"


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> dict:
    """`text`, `needs`, `name`, `direction`, and how far the translation was `reviewed`."""
    with (_FOLDER / f"{language}.toml").open("rb") as file:
        return tomllib.load(file) | {"code": language}


def languages() -> list[dict]:
    return [texts(language) for language in LANGUAGES]
