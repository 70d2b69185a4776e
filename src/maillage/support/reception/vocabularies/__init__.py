"""The code lists of the single counter; one TOML file a list, in the order they are shown."""

from pathlib import Path

from maillage.core.vocabulary import Vocabulary

_HERE = Path(__file__).parent

NEEDS = Vocabulary.from_file(_HERE / "needs.toml")
ORIGINS = Vocabulary.from_file(_HERE / "origins.toml")
CLOSING_REASONS = Vocabulary.from_file(_HERE / "closing_reasons.toml")
