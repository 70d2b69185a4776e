"""What somebody had typed and not sent: kept a week, encrypted, theirs alone, for one side."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from django.http import QueryDict
from django.utils import timezone

from maillage.core.models import Draft
from maillage.core.trail import Actor
from maillage.core.vault import Owner

KEPT_FOR = timedelta(days=7)
LARGEST = 20_000
_NAME = re.compile(r"[a-z0-9:_-]{1,45}")
_NEVER_KEPT = re.compile(r"password|csrfmiddlewaretoken|^_", re.IGNORECASE)


class TooLarge(Exception):
    """The draft passes 20 kB and was not kept."""


class Writer(Actor, Protocol):
    """Somebody whose drafts are encrypted with the key of whom they work for."""

    @property
    def vault_owner(self) -> Owner: ...


def _key(by: Actor, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} does not name a form")
    return f"{by.side}/{by.organisation_slug}/{name}"


def load(by: Actor, name: str) -> Mapping[str, list[str]] | None:
    """The fields as typed, for `Form(draft=…)`; `None` when there are none or they are too old."""
    recent = Draft.objects.filter(saved_at__gt=timezone.now() - KEPT_FOR)
    draft = recent.filter(user=by.user, form=_key(by, name)).first()
    return json.loads(draft.data) if draft else None


def save(by: Writer, name: str, fields: QueryDict) -> None:
    """Keeps the fields of a form but passwords and tokens; raises `TooLarge` beyond 20 kB."""
    kept = {key: values for key, values in fields.lists() if not _NEVER_KEPT.search(key)}
    data = json.dumps(kept, ensure_ascii=False)
    if len(data.encode()) > LARGEST:
        raise TooLarge
    now = timezone.now()
    organisation, side = by.vault_owner
    Draft.objects.update_or_create(
        user=by.user,
        form=_key(by, name),
        defaults={"organisation_id": organisation, "side": side, "data": data, "saved_at": now},
    )
    Draft.objects.filter(saved_at__lte=now - KEPT_FOR).delete()


def discard(by: Actor, name: str) -> None:
    """Forgets a draft; the action that sends the form calls it, or the person does."""
    Draft.objects.filter(user=by.user, form=_key(by, name)).delete()
