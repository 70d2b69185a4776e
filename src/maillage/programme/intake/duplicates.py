"""Who may be the person being registered: told before a second file is made of them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from maillage.core.likeness import LIKELY, likeness
from maillage.core.names import resembling
from maillage.programme.intake.models import NameKey, Participant, owner

SHOWN = 10
COMPARED = 300  # newest first, where a name typed alone is frequent


@dataclass(frozen=True)
class Likeness:
    """A participant who may be the person being registered, and why one may think so."""

    participant: Participant
    score: int
    reasons: tuple[str, ...]


def probable_duplicates(
    *, by, last_name: str, first_name: str, birth_date: date | None, but: int = 0
) -> list[Likeness]:
    """Visible participants who may be the same person, likeliest first, own branch only."""
    candidates = (
        Participant.objects.visible_to(by)
        .filter(pk__in=_resembling(by.organisation_id, last_name, first_name, birth_date))
        .exclude(pk=but)
        .defer("phone", "email", "language", "town")
        .order_by("-pk")[:COMPARED]
    )
    likely = (
        Likeness(
            p,
            *likeness((p.last_name, p.first_name), p.birth_date, last_name, first_name, birth_date),
        )
        for p in candidates
    )
    return sorted(
        (each for each in likely if each.score >= LIKELY),
        key=lambda each: (-each.score, -each.participant.pk),
    )[:SHOWN]


def _resembling(
    organisation_id: int, last_name: str, first_name: str, birth_date: date | None
) -> QuerySet:
    keys = NameKey.objects.all()
    typed = (last_name, first_name, birth_date)
    return resembling(keys, "participant", owner(organisation_id), *typed)
