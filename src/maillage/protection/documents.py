"""The copy of a file as its person receives it: a page to print, or JSON to carry elsewhere."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from maillage.core.calendar import long_date
from maillage.protection.extraction import Section, Text
from maillage.protection.models import Passage, RightsRequest

FORMATS = {"html": "text/html; charset=utf-8", "json": "application/json"}
WITHHELD = "[non remis\u00a0: {reason}]"


class NotDecided(Exception):
    """A text of the file has no decision: the copy must be prepared again."""


@dataclass(frozen=True)
class Copy:
    """What leaves: the facts, and of each text what was decided."""

    organisation: str
    reference: str
    made_on: date
    sections: list[dict[str, Any]]
    withheld: int


def _given(text: Text, decided: dict[tuple, Passage]) -> tuple[str, bool]:
    """The text as it leaves, and whether something of it is withheld."""
    passage = decided.get(text.place)
    if passage is None:
        raise NotDecided
    if passage.decision == Passage.Decision.GIVE:
        if passage.given != text.text:  # a text changed since it was read
            raise NotDecided
        return passage.given, False
    reason = WITHHELD.format(reason=passage.get_reason_display().lower())
    if passage.decision == Passage.Decision.REDACT:
        return f"{passage.given}\n{reason}", True
    return reason, True


def copy_of(request: RightsRequest, sections: list[Section], reference: str) -> Copy:
    """Raises `NotDecided` where a text of the file was written or changed since the preparation."""
    decided = {(p.model, p.row, p.column): p for p in request.passages.all()}
    withheld, told = 0, []
    for section in sections:
        rows = []
        for row in section.rows:
            facts = list(row.facts)
            for text in row.texts:
                given, is_cut = _given(text, decided)
                withheld += is_cut
                facts.append((text.label, given))
            rows.append(facts)
        told.append({"title": section.title, "rows": rows})
    return Copy(
        organisation=str(request.organisation.name),
        reference=reference,
        made_on=timezone.localdate(),
        sections=told,
        withheld=withheld,
    )


def render(copy: Copy, kind: str) -> bytes:
    if kind == "json":
        told = {
            "organisme": copy.organisation,
            "dossier": copy.reference,
            "date": copy.made_on.isoformat(),
            "passages_non_remis": copy.withheld,
            "rubriques": [
                {
                    "titre": section["title"],
                    "lignes": [
                        [{"libelle": label, "valeur": value} for label, value in row]
                        for row in section["rows"]
                    ],
                }
                for section in copy.sections
            ],
        }
        return json.dumps(told, ensure_ascii=False, indent=2).encode()
    context = {"copy": copy, "made_on": long_date(copy.made_on)}
    return render_to_string("protection/copy.html", context).encode()
