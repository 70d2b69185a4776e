"""Everything that happened in a file, newest first, read by one query whatever its length.

The query is the union of what each table remembers. Sealed texts come out of it sealed and are
opened for the rows shown alone, never for somebody who may not read them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import (
    BinaryField,
    CharField,
    DateTimeField,
    ExpressionWrapper,
    F,
    IntegerField,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate
from django.utils import timezone

from maillage.network.vocabularies import (
    EMPLOYMENTS,
    EXIT_REASONS,
    MARITAL_STATUSES,
    MODULES,
    RESOURCES,
)
from maillage.programme.episodes.access import reads_clinical
from maillage.programme.episodes.models import (
    Appointment,
    Episode,
    EpisodeModule,
    Note,
    SituationChange,
)
from maillage.programme.intake.models import (
    Assessment,
    ContactAttempt,
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
    "suivi": "Entrée, modules, situation, sortie",
}
RESERVED = "réservée aux intervenant·es du dossier"


class Row(NamedTuple):
    """One event as the database gives it."""

    source: str
    id: int
    referral: int
    number: int
    day: date
    rank: int
    at: datetime | None
    code: str
    other: str
    linked: datetime | None
    sealed: bytes | None
    who: str
    who_id: int


@dataclass(frozen=True)
class Event:
    """One event as the page shows it; `text` is empty where the reader may not read it."""

    row: Row
    title: str
    state: str = ""
    look: str = ""
    text: str = ""
    who: str = ""
    hour: datetime | None = None
    moved: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    is_to_come: bool = False
    acts: tuple[str, ...] = ()

    @property
    def day(self) -> date:
        return self.row.day

    @property
    def anchor(self) -> str:
        return f"{self.row.source}-{self.row.id}"


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


def _text(value: str = "") -> Value:
    return Value(value, output_field=CharField())


def _nothing(kind) -> Cast:
    return Cast(Value(None), output_field=kind)


def _sealed(column: str) -> ExpressionWrapper:
    return ExpressionWrapper(F(column), output_field=BinaryField())


def _rows(queryset: QuerySet, source: str, *, to: str = "referral", **columns: Any) -> QuerySet:
    """The queryset as rows of the union; `to` is the way to the referral, "" where it is one."""
    given = {
        "source": _text(source),
        "id": F("pk"),
        "referral": F(f"{to}_id"),
        "number": F(f"{to}__number"),
        "rank": Value(1, output_field=IntegerField()),
        "at": _nothing(DateTimeField()),
        "other": _text(),
        "code": _text(),
        "linked": _nothing(DateTimeField()),
        "sealed": _nothing(BinaryField()),
        "who": _text(),
        "who_id": Value(0, output_field=IntegerField()),
        **columns,
    }
    named = {f"e_{name}": given[name] for name in Row._fields}
    return queryset.order_by().annotate(**named).values_list(*named)


def _by() -> dict[str, F]:
    return {"who": F("by__name"), "who_id": F("by_id")}


def _members(participant: Participant) -> dict[str, list[QuerySet]]:
    mine = {"referral__participant": participant}
    episodes = Episode.objects.filter(participant=participant)
    modules = EpisodeModule.objects.filter(episode__participant=participant)
    changes = SituationChange.objects.filter(episode__participant=participant)
    first, last = Value(0, output_field=IntegerField()), Value(9, output_field=IntegerField())
    return {
        "orientation": [
            _rows(
                ReferralStep.objects.filter(**mine).exclude(status=Referral.Status.ACCEPTED),
                "step",
                day=F("on"),
                rank=first,
                at=F("recorded_at"),
                code=F("status"),
                sealed=_sealed("reason"),
                **_by(),
            )
        ],
        "rendez-vous": [
            _rows(
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
            _rows(
                ContactAttempt.objects.filter(**mine),
                "contact",
                day=TruncDate("at"),
                at=F("at"),
                code=F("outcome"),
                other=F("channel"),
                sealed=_sealed("comment"),
                **_by(),
            )
        ],
        "notes": [
            _rows(
                Note.objects.filter(participant=participant),
                "note",
                day=F("on"),
                at=F("recorded_at"),
                code=F("kind"),
                sealed=_sealed("text"),
                **_by(),
            )
        ],
        "evaluations": [
            _rows(
                Assessment.objects.filter(**mine),
                "assessment",
                day=F("held_on"),
                at=F("recorded_at"),
                **_by(),
            )
        ],
        "suivi": [
            _rows(episodes, "entry", day=F("entered_on"), code=F("site__name")),
            _rows(
                episodes.filter(exited_on__isnull=False),
                "exit",
                day=F("exited_on"),
                rank=last,
                code=F("exit_reason"),
                sealed=_sealed("exit_comment"),
            ),
            _rows(
                modules,
                "module_start",
                to="episode__referral",
                day=F("starts_on"),
                code=F("code"),
                who=Coalesce(F("practitioner__name"), _text()),
            ),
            _rows(
                modules.filter(ends_on__isnull=False),
                "module_end",
                to="episode__referral",
                day=F("ends_on"),
                code=F("code"),
            ),
            _rows(
                changes,
                "situation",
                to="episode__referral",
                day=F("on"),
                at=F("recorded_at"),
                code=Concat(
                    "marital_status",
                    _text("|"),
                    "employment",
                    _text("|"),
                    "resources",
                    output_field=CharField(),
                ),
                **_by(),
            ),
        ],
    }


def timeline(
    participant: Participant, *, by, practises: bool, kind: str = "", page: int = 1
) -> Timeline:
    """One page of a file's events; `practises` says whether the reader is one of its own."""
    kind = kind if kind in KINDS else ""
    groups = _members(participant)
    first, *others = groups[kind] if kind else [each for group in groups.values() for each in group]
    union = first.union(*others, all=True) if others else first
    ordered = union.order_by("-e_number", "-e_day", "-e_rank", "-e_at", "-e_id")
    start = (page - 1) * PAGE
    rows = [Row._make(row) for row in ordered[start : start + PAGE + 1]]
    events = [_event(row, by, practises) for row in rows[:PAGE]]
    return Timeline(_with_assessments(events, by, practises), kind, page, len(rows) > PAGE)


def _event(row: Row, by, practises: bool) -> Event:
    return _SHOWN[row.source](row, by, practises)


def _open(model, column: str, row: Row) -> str:
    sealed = model._meta.get_field(column)
    return sealed.from_db_value(row.sealed, None, None) if row.sealed is not None else ""


_STEPS = {
    "received": "Orientation reçue",
    "to_assess": "Évaluation à mener",
    "waiting": "Inscription sur la liste d’attente",
    "returned": "Retour à l’orienteur",
    "redirected": "Transmission à une autre antenne",
    "closed": "Clôture sans entrée",
}


def _step(row: Row, by, practises: bool) -> Event:
    return Event(row, _STEPS[row.code], text=_open(ReferralStep, "reason", row), who=row.who)


APPOINTMENT_TITLES = {
    "assessment": "Rendez-vous d’évaluation",
    "follow_up": "Rendez-vous de suivi",
    "review": "Rendez-vous de bilan",
    "phone": "Entretien téléphonique",
}
APPOINTMENT_LOOKS = {"kept": "done", "missed": "late", "planned": "info"}


def _appointment(row: Row, by, practises: bool) -> Event:
    status = Appointment.Status(row.code)
    is_to_come = status == "planned" and row.at > timezone.now()
    is_unmarked = status == "planned" and not is_to_come
    moved = ""
    if row.linked:
        moved = "reporté au" if status == "postponed" else "remplace celui du"
    acts = ()
    if is_to_come:
        acts = ("postpone", "excuse", "cancel")
    elif is_unmarked:
        acts = ("keep", "excuse", "miss", "postpone", "cancel")
    elif status in ("kept", "excused", "missed"):
        acts = ("correct",)
    return Event(
        row,
        APPOINTMENT_TITLES[row.other],
        state="À noter" if is_unmarked else status.label,
        look="soon" if is_unmarked else APPOINTMENT_LOOKS.get(status, ""),
        who=row.who,
        hour=row.at,
        moved=moved,
        is_to_come=is_to_come,
        acts=acts,
    )


def _contact(row: Row, by, practises: bool) -> Event:
    outcome = ContactAttempt.Outcome(row.code)
    return Event(
        row,
        ContactAttempt.Channel(row.other).label,
        state=outcome.label,
        look="done" if outcome == "reached" else "",
        text=_open(ContactAttempt, "comment", row),
        who=row.who,
        hour=row.at,
    )


def _note(row: Row, by, practises: bool) -> Event:
    kind = Note.Kind(row.code)
    if kind == Note.Kind.CLINICAL and not reads_clinical(by, row.who_id, practises):
        return Event(row, f"Note clinique, {RESERVED}")
    return Event(row, kind.label, text=_open(Note, "text", row), who=row.who)


def _assessment(row: Row, by, practises: bool) -> Event:
    if not reads_clinical(by, row.who_id, practises):
        return Event(row, f"Évaluation, {RESERVED}")
    return Event(row, "Entretien d’évaluation", who=row.who)


def _entry(row: Row, by, practises: bool) -> Event:
    return Event(row, f"Début du suivi à {row.code}", look="done")


def _exit(row: Row, by, practises: bool) -> Event:
    reason = EXIT_REASONS.label(row.code)
    return Event(row, "Fin du suivi", state=reason, text=_open(Episode, "exit_comment", row))


def _module_start(row: Row, by, practises: bool) -> Event:
    return Event(row, f"Début du module « {MODULES.label(row.code)} »", who=row.who)


def _module_end(row: Row, by, practises: bool) -> Event:
    return Event(row, f"Fin du module « {MODULES.label(row.code)} »")


def situation_lines(codes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The three codes of a situation, in words."""
    lists = (
        ("Situation conjugale", MARITAL_STATUSES),
        ("Situation professionnelle", EMPLOYMENTS),
        ("Ressources", RESOURCES),
    )
    return tuple((name, terms.label(c)) for (name, terms), c in zip(lists, codes, strict=True))


def _situation(row: Row, by, practises: bool) -> Event:
    lines = situation_lines(row.code.split("|"))
    return Event(row, "Changement de situation", lines=lines, who=row.who)


_SHOWN: dict[str, Callable[[Row, Any, bool], Event]] = {
    "step": _step,
    "appointment": _appointment,
    "contact": _contact,
    "note": _note,
    "assessment": _assessment,
    "entry": _entry,
    "exit": _exit,
    "module_start": _module_start,
    "module_end": _module_end,
    "situation": _situation,
}


def _with_assessments(events: list[Event], by, practises: bool) -> list[Event]:
    """The interviews that the reader may read, with their content, by one more query."""
    readable = {
        event.row.id
        for event in events
        if event.row.source == "assessment" and reads_clinical(by, event.row.who_id, practises)
    }
    if not readable:
        return events
    found = Assessment.objects.in_bulk(readable)
    return [
        replace(event, **_content(found[event.row.id]))
        if event.row.source == "assessment" and event.row.id in found
        else event
        for event in events
    ]


def _content(assessment: Assessment) -> dict[str, Any]:
    understood = {True: "oui", False: "non", None: ""}[assessment.measure_understood]
    signed = assessment.contract_signed_on
    lines = (
        ("Position face aux violences", assessment.get_position_display()),
        ("Motivation", assessment.get_motivation_display()),
        ("Demande de la personne", assessment.request),
        ("Freins", assessment.obstacles),
        ("Suivis en cours ailleurs", assessment.care_partners),
        ("Mesure expliquée et comprise", understood),
        ("Contrat de participation signé le", f"{signed:%d/%m/%Y}" if signed else ""),
    )
    return {
        "state": assessment.get_conclusion_display(),
        "text": assessment.summary,
        "lines": tuple((name, value) for name, value in lines if value),
    }
