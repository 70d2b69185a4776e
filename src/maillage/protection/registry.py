"""The sides that have files. A new room adds its module and its line here."""

from django.core.exceptions import PermissionDenied
from django.db.models import Model

from maillage.core.models import Draft
from maillage.protection import programme, support
from maillage.protection.models import LegalHold, Passage, RightsRequest
from maillage.protection.records import RecordType
from maillage.protection.rules import Rule, rules
from maillage.support.callbacks.models import Callback

RECORD_TYPES: tuple[RecordType, ...] = (programme.FILES, support.FILES)
OF_ANY_FILE: dict[type[Model], str] = {RightsRequest: "file", LegalHold: "file"}  # by its uid
# Not sent yet, gone in days; a copy of other columns; who asked to be called, in no file yet.
NOT_EXTRACTED = (Draft, Passage, Callback)

OF_NO_FILE: dict[type[Model], str] = {Draft: "draft", Callback: "callback"}


def files_of(by) -> RecordType:
    """The files of the side that one works on; nobody works on two."""
    for record_type in RECORD_TYPES:
        if record_type.side == by.side:
            return record_type
    raise PermissionDenied("Ce côté ne tient pas encore de dossiers ici.")


def record_type_of(side: str) -> RecordType:
    return next(one for one in RECORD_TYPES if one.side == side)


def retention_of(model: type[Model]) -> str:
    """How long the rows of a model are kept, for the register of processings."""
    if record := OF_NO_FILE.get(model):
        return _told([rule for rule in rules() if rule.record == record])
    kept_as = [one for one in RECORD_TYPES if model in (*one.paths, *OF_ANY_FILE, *NOT_EXTRACTED)]
    records = {record for one in kept_as for record in one.rules}
    return _told([rule for rule in rules() if rule.record in records])


def _told(found: list[Rule]) -> str:
    return " ; ".join(f"{rule.period} après : {rule.trigger}" for rule in found)
