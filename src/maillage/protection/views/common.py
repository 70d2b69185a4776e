"""What the pages share: fetch what is visible, run the action, tell what it refused."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Model
from django.http import Http404
from django.shortcuts import get_object_or_404

from maillage.core.errors import Refused, Stale
from maillage.core.http import StaffRequest
from maillage.protection.forms import ActForm, VersionedForm
from maillage.protection.models import LegalHold, RightsRequest
from maillage.protection.records import RecordType
from maillage.protection.registry import RECORD_TYPES


def get_file(request: StaffRequest, uid: str) -> Any:
    """A file that one watches over or reads."""
    by = request.membership
    for record_type in RECORD_TYPES:
        if record_type.side == by.side:
            for known in (record_type.watched_by(by), record_type.read_by(by)):
                if found := known.filter(uid=uid).first():
                    return found
    raise Http404


def get_request(request: StaffRequest, uid: str) -> RightsRequest:
    asked = RightsRequest.objects.visible_to(request.membership)
    return get_object_or_404(asked.select_related("prepared_by", "reviewed_by"), uid=uid)


def get_hold(request: StaffRequest, uid: str) -> LegalHold:
    return get_object_or_404(LegalHold.objects.visible_to(request.membership), uid=uid)


def references(record_type: RecordType, by, uids: Iterable[str]) -> dict[str, str]:
    """The references of files of one's organisation, by their uids."""
    ours: dict[str, Any] = {"organisation_id": by.organisation_id, "uid__in": set(uids)}
    files = record_type.root._default_manager.filter(**ours)
    return dict(files.values_list("uid", "reference"))


def reference_of(file: Model) -> str:
    return file.reference  # type: ignore[attr-defined]


def perform(form: ActForm, action: Callable[[], Any], record: RightsRequest | None = None) -> bool:
    """Runs the action; what it refuses becomes an error of the form, which keeps what was typed."""
    try:
        action()
    except Refused as error:
        form.refuse(error.field, error.message)
    except Stale as error:
        form.add_error(None, error.message)
        if isinstance(form, VersionedForm) and record is not None:
            record.refresh_from_db(fields=["version"])
            form.take_version(record.version)
    return not form.errors
