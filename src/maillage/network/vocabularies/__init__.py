"""The nomenclature that all branches share; one TOML file a list, in the order of publication.

A code, once used, stays; what goes out of use gets a `valid_until`. Labels are French, as read by
users. Sources: R7, R40–R43, R52, R157, R170 and the contract of the follow-up spreadsheet.
"""

from pathlib import Path

from maillage.core.vocabulary import Vocabulary

_HERE = Path(__file__).parent


def _load(name: str) -> Vocabulary:
    return Vocabulary.from_file(_HERE / f"{name}.toml")


SEXES = _load("sexes")
MARITAL_STATUSES = _load("marital_statuses")
EMPLOYMENTS = _load("employments")
RESOURCES = _load("resources")
REFERRER_CATEGORIES = _load("referrer_categories")
LEGAL_FRAMEWORKS = _load("legal_frameworks")
MODULES = _load("modules")
EXIT_REASONS = _load("exit_reasons")
MOTIVATIONS = _load("motivations")
OBLIGATIONS = _load("obligations")
RETURN_REASONS = _load("return_reasons")
