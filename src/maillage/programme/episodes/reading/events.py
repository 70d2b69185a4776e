"""What each row of a timeline says to whoever reads it, and what it keeps from them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils import timezone

from maillage.core.calendar import hour, long_date, short_date
from maillage.network.vocabularies import (
    EMPLOYMENTS,
    EXIT_REASONS,
    MARITAL_STATUSES,
    MODULES,
    RESOURCES,
    RETURN_REASONS,
)
from maillage.programme.episodes.access import reads_clinical
from maillage.programme.episodes.models import Appointment, Episode, Note
from maillage.programme.intake.models import Assessment, ContactAttempt, Document, ReferralStep

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
    def stands(self) -> str:
        return "to-come" if self.is_to_come else self.look

    @property
    def iso(self) -> str:
        return self.day.isoformat()

    @property
    def when(self) -> str:
        """« mardi 3 février 2026 à 18 h 15 »."""
        day = long_date(self.day)
        return f"{day} à {hour(timezone.localtime(self.hour).time())}" if self.hour else day

    @property
    def by_whom(self) -> str:
        return f" · {self.who}" if self.who else ""

    @property
    def anchor(self) -> str:
        return f"{self.row.source}-{self.row.id}"


def in_words(rows: Iterable[Row], by, practises: bool) -> list[Event]:
    """The rows as the reader may see them, with the interviews that they may read."""
    events = [SAID[row.source](row, by, practises) for row in rows]
    return _with_assessments(events, by, practises)


def open_text(model, column: str, row: Row) -> str:
    sealed = model._meta.get_field(column)
    return sealed.from_db_value(row.sealed, None, None) if row.sealed is not None else ""


_STEPS = {
    "received": "Orientation rouverte",
    "to_assess": "Évaluation à mener",
    "waiting": "Inscription sur la liste d’attente",
    "returned": "Retour à l’orienteur",
    "redirected": "Transmission à une autre antenne",
    "closed": "Clôture sans entrée",
}


def _received(row: Row, by, practises: bool) -> Event:
    return Event(row, "Orientation reçue")


def _end(row: Row, by, practises: bool) -> Event:
    reason = RETURN_REASONS.label(row.other) if row.other else ""
    return Event(row, _STEPS[row.code], state=reason)


def _step(row: Row, by, practises: bool) -> Event:
    return Event(row, _STEPS[row.code], text=open_text(ReferralStep, "reason", row), who=row.who)


APPOINTMENT_TITLES = {
    "assessment": "Rendez-vous d’évaluation",
    "follow_up": "Rendez-vous de suivi",
    "review": "Rendez-vous de bilan",
    "phone": "Entretien téléphonique",
}
APPOINTMENT_LOOKS = {"kept": "done", "missed": "late", "planned": "info"}


def _appointment(row: Row, by, practises: bool) -> Event:
    status = Appointment.Status(row.code)
    is_to_come = status == "planned" and row.at is not None and row.at > timezone.now()
    is_unmarked = status == "planned" and not is_to_come
    moved = ""
    if row.linked:
        moved = "reporté au" if status == "postponed" else "remplace celui du"
    acts: tuple[str, ...] = ()
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
        text=open_text(ContactAttempt, "comment", row),
        who=row.who,
        hour=row.at,
    )


def _note(row: Row, by, practises: bool) -> Event:
    kind = Note.Kind(row.code)
    if kind == Note.Kind.CLINICAL and not reads_clinical(by, row.who_id, practises):
        return Event(row, f"Note clinique, {RESERVED}")
    return Event(row, kind.label, text=open_text(Note, "text", row), who=row.who)


def _assessment(row: Row, by, practises: bool) -> Event:
    if not reads_clinical(by, row.who_id, practises):
        return Event(row, f"Évaluation, {RESERVED}")
    return Event(row, "Entretien d’évaluation", who=row.who)


def _document(row: Row, by, practises: bool) -> Event:
    kind = Document.Kind(row.code).label
    text = open_text(Document, "title", row)
    return Event(row, f"Pièce ajoutée\u00a0: {kind.lower()}", text=text, who=row.who)


def _document_removed(row: Row, by, practises: bool) -> Event:
    text = open_text(Document, "removal_reason", row)
    return Event(row, "Pièce retirée", text=text, who=row.who)


def _entry(row: Row, by, practises: bool) -> Event:
    return Event(row, f"Début du suivi à {row.code}", look="done")


def _exit(row: Row, by, practises: bool) -> Event:
    reason = EXIT_REASONS.label(row.code)
    return Event(row, "Fin du suivi", state=reason, text=open_text(Episode, "exit_comment", row))


def _module_start(row: Row, by, practises: bool) -> Event:
    return Event(row, f"Début du module «\u202f{MODULES.label(row.code)}\u202f»", who=row.who)


def _module_end(row: Row, by, practises: bool) -> Event:
    return Event(row, f"Fin du module «\u202f{MODULES.label(row.code)}\u202f»")


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


SAID: dict[str, Callable[[Row, Any, bool], Event]] = {
    "received": _received,
    "step": _step,
    "end": _end,
    "appointment": _appointment,
    "contact": _contact,
    "note": _note,
    "assessment": _assessment,
    "document": _document,
    "document_removed": _document_removed,
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
        ("Contrat de participation signé le", short_date(signed) if signed else ""),
    )
    return {
        "state": assessment.get_conclusion_display(),
        "text": assessment.summary,
        "lines": tuple((name, value) for name, value in lines if value),
    }
