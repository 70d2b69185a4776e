"""Everything that happened in a file, newest first, read by one query whatever its length.

The query is the union of what each table remembers. Sealed texts come out of it sealed and are
opened for the rows shown alone, never for somebody who may not read them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    BinaryField,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate

from maillage.core.prepared import Prepared
from maillage.programme.episodes.models import (
    Appointment,
    Episode,
    EpisodeModule,
    Note,
    SituationChange,
)
from maillage.programme.episodes.reading.events import SAID, Event, Row, in_words
from maillage.programme.intake.models import (
    Assessment,
    ContactAttempt,
    Document,
    Participant,
    Referral,
    ReferralStep,
)

PAGE = 30
KINDS = {
    "orientation": "Orientation",
    "rendez-vous": "Rendez-vous",
    "contacts": "Appels et courriers",
    "notes": "Notes",
    "evaluations": "Évaluations",
    "pieces": "Pièces",
    "suivi": "Entrée, modules, situation, sortie",
}
_others: dict[str, Callable[[Participant], list[QuerySet]]] = {}


def add_events(
    kind: str,
    label: str,
    rows: Callable[[Participant], list[QuerySet]],
    shown: Mapping[str, Callable[[Row, Any, bool], Event]],
) -> None:
    """What a room above this one remembers of a file: its rows, made by `event_rows`, and how each
    of its sources is said. Called once, when the program starts."""
    KINDS[kind], _others[kind] = label, rows
    SAID.update(shown)


@dataclass(frozen=True)
class Timeline:
    """One page of events, and whether older ones follow."""

    events: list[Event]
    kind: str
    page: int
    has_older: bool
    kinds: dict[str, str] = field(default_factory=lambda: KINDS)

    @property
    def newer(self) -> int:
        return self.page - 1

    @property
    def older(self) -> int:
        return self.page + 1


def text(value: str = "") -> Value:
    return Value(value, output_field=CharField())


def _nothing(kind) -> Cast:
    return Cast(Value(None), output_field=kind)


def rank(place: int) -> Value:
    """Where an event stands among those of the same day, whatever the hour it was recorded."""
    return Value(place, output_field=IntegerField())


def sealed(column: str) -> ExpressionWrapper:
    return ExpressionWrapper(F(column), output_field=BinaryField())


def event_rows(
    queryset: QuerySet, source: str, *, to: str = "referral", **columns: Any
) -> QuerySet:
    """The queryset as rows of the union; `to` is the way to the referral, "" where it is one."""
    given = {
        "source": text(source),
        "id": F("pk"),
        "referral": F(f"{to}_id") if to else F("pk"),
        "number": F(f"{to}__number") if to else F("number"),
        "rank": rank(5),
        "at": _nothing(DateTimeField()),
        "other": text(),
        "code": text(),
        "linked": _nothing(DateTimeField()),
        "sealed": _nothing(BinaryField()),
        "who": text(),
        "who_id": Value(0, output_field=IntegerField()),
        **columns,
    }
    named = {f"e_{name}": given[name] for name in Row._fields}
    return queryset.order_by().annotate(**named).values_list(*named)


def author() -> dict[str, Any]:
    return {"who": F("by__name"), "who_id": F("by_id")}


def _arrival(participant: Participant) -> list[QuerySet]:
    """The reception and what was decided; an imported referral has no steps and tells by itself."""
    steps = ReferralStep.objects.filter(referral__participant=participant)
    referrals = Referral.objects.filter(participant=participant)
    of_it = ReferralStep.objects.filter(referral=OuterRef("pk"), status=OuterRef("status"))
    earlier = ReferralStep.objects.filter(referral=OuterRef("referral"), pk__lt=OuterRef("pk"))
    is_first = Q(status=Referral.Status.RECEIVED) & ~Exists(earlier)
    return [
        event_rows(
            referrals, "received", to="", day=F("received_on"), rank=rank(0), at=F("created_at")
        ),
        event_rows(
            steps.exclude(is_first).exclude(status=Referral.Status.ACCEPTED),
            "step",
            day=F("on"),
            rank=rank(0),
            at=F("recorded_at"),
            code=F("status"),
            sealed=sealed("reason"),
            **author(),
        ),
        event_rows(
            referrals.filter(~Exists(of_it), ended_on__isnull=False),
            "end",
            to="",
            day=F("ended_on"),
            code=F("status"),
            other=F("return_reason"),
        ),
    ]


def _documents(participant: Participant) -> list[QuerySet]:
    """What was added, and what was taken away again."""
    found = Document.objects.filter(participant=participant)
    return [
        event_rows(
            found,
            "document",
            day=TruncDate("added_at"),
            at=F("added_at"),
            code=F("kind"),
            sealed=sealed("title"),
            who=F("added_by__name"),
            who_id=F("added_by_id"),
        ),
        event_rows(
            found.filter(removed_at__isnull=False),
            "document_removed",
            day=TruncDate("removed_at"),
            at=F("removed_at"),
            sealed=sealed("removal_reason"),
            who=F("removed_by__name"),
            who_id=F("removed_by_id"),
        ),
    ]


def _members(participant: Participant) -> dict[str, list[QuerySet]]:
    mine = {"referral__participant": participant}
    episodes = Episode.objects.filter(participant=participant)
    modules = EpisodeModule.objects.filter(episode__participant=participant)
    changes = SituationChange.objects.filter(episode__participant=participant)
    return {
        "orientation": _arrival(participant),
        "rendez-vous": [
            event_rows(
                Appointment.objects.filter(participant=participant),
                "appointment",
                day=TruncDate("starts_at"),
                at=F("starts_at"),
                code=F("status"),
                other=F("kind"),
                linked=Coalesce("superseded_by__starts_at", "supersedes__starts_at"),
                who=F("practitioner__name"),
                who_id=F("practitioner_id"),
            )
        ],
        "contacts": [
            event_rows(
                ContactAttempt.objects.filter(**mine),
                "contact",
                day=TruncDate("at"),
                at=F("at"),
                code=F("outcome"),
                other=F("channel"),
                sealed=sealed("comment"),
                **author(),
            )
        ],
        "notes": [
            event_rows(
                Note.objects.filter(participant=participant),
                "note",
                day=F("on"),
                at=F("recorded_at"),
                code=F("kind"),
                sealed=sealed("text"),
                **author(),
            )
        ],
        "evaluations": [
            event_rows(
                Assessment.objects.filter(**mine),
                "assessment",
                day=F("held_on"),
                at=F("recorded_at"),
                **author(),
            )
        ],
        "pieces": _documents(participant),
        "suivi": [
            event_rows(episodes, "entry", day=F("entered_on"), rank=rank(1), code=F("site__name")),
            event_rows(
                episodes.filter(exited_on__isnull=False),
                "exit",
                day=F("exited_on"),
                rank=rank(9),
                code=F("exit_reason"),
                sealed=sealed("exit_comment"),
            ),
            event_rows(
                modules,
                "module_start",
                to="episode__referral",
                day=F("starts_on"),
                code=F("code"),
                who=Coalesce(F("practitioner__name"), text()),
            ),
            event_rows(
                modules.filter(ends_on__isnull=False),
                "module_end",
                to="episode__referral",
                day=F("ends_on"),
                code=F("code"),
            ),
            event_rows(
                changes,
                "situation",
                to="episode__referral",
                day=F("on"),
                at=F("recorded_at"),
                code=Concat(
                    "marital_status",
                    text("|"),
                    "employment",
                    text("|"),
                    "resources",
                    output_field=CharField(),
                ),
                **author(),
            ),
        ],
    }


def _union(key: int, kind: str, page: int) -> QuerySet:
    """The rows of one page, and one more, in the file of the participant of this key."""
    file = Participant(pk=key)
    groups = _members(file) | {name: rows(file) for name, rows in _others.items()}
    first, *others = groups[kind] if kind else [each for group in groups.values() for each in group]
    union = first.union(*others, all=True) if others else first
    ordered = union.order_by("-e_number", "-e_day", "-e_rank", "-e_at", "-e_id")
    start = (page - 1) * PAGE
    return ordered[start : start + PAGE + 1]


_UNION = Prepared(_union)


def timeline(
    participant: Participant, *, by, practises: bool, kind: str = "", page: int = 1
) -> Timeline:
    """One page of a file's events; `practises` says whether the reader is one of its own."""
    kind = kind if kind in KINDS else ""
    rows = [Row._make(row) for row in _UNION.rows(participant.pk, kind, page)]
    return Timeline(in_words(rows[:PAGE], by, practises), kind, page, len(rows) > PAGE)
