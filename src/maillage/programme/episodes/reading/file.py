"""One file on one page: the person, why they are here, what is due, what happened."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from django.db.models import CharField, DateField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from maillage.core.calendar import months_between, short_date
from maillage.core.prepared import Prepared
from maillage.network.roles import can
from maillage.network.vocabularies import MODULES, OBLIGATIONS
from maillage.programme.episodes.models import (
    Appointment,
    Episode,
    EpisodeModule,
    SituationChange,
)
from maillage.programme.episodes.reading.events import Event, situation_lines
from maillage.programme.episodes.reading.timeline import Timeline
from maillage.programme.intake.access import check_can_remove_document
from maillage.programme.intake.models import (
    Assessment,
    Document,
    Obligation,
    Participant,
    Referral,
    RequestedModule,
)


class Fact(NamedTuple):
    """An obligation, a module or a situation, since when and from whom."""

    source: str
    id: int
    referral: int
    code: str
    starts_on: date | None
    ends_on: date | None
    who: str

    @property
    def label(self) -> str:
        return (OBLIGATIONS if self.source == "obligation" else MODULES).label(self.code)


def _facts(key: int) -> QuerySet:
    """Six small tables in one query, for the participant of this key."""

    def rows(queryset, source, to, starts=None, ends=None, who=None, code="code"):
        nothing = Cast(Value(None), output_field=DateField())
        named = {
            "f_source": Value(source, output_field=CharField()),
            "f_id": F("pk"),
            "f_referral": F(to),
            "f_code": Cast(code, output_field=CharField()),
            "f_starts": F(starts) if starts else nothing,
            "f_ends": F(ends) if ends else nothing,
            "f_who": Coalesce(F(who), Value("")) if who else Value("", output_field=CharField()),
        }
        return queryset.order_by().annotate(**named).values_list(*named)

    situation = Concat(
        "marital_status",
        Value("|"),
        "employment",
        Value("|"),
        "resources",
        output_field=CharField(),
    )
    mine = {"referral__participant": key}
    union = rows(
        Obligation.objects.filter(**mine), "obligation", "referral_id", ends="ends_on"
    ).union(
        rows(RequestedModule.objects.filter(**mine), "requested", "referral_id"),
        rows(
            EpisodeModule.objects.filter(episode__participant=key),
            "module",
            "episode__referral_id",
            "starts_on",
            "ends_on",
            "practitioner__name",
        ),
        rows(
            SituationChange.objects.filter(episode__participant=key),
            "situation",
            "episode__referral_id",
            "on",
            who="by__name",
            code=situation,
        ),
        rows(
            Appointment.objects.filter(participant=key, status__in=_MARKED),
            "meeting",
            "referral_id",
            code="status",
        ),
        rows(Assessment.objects.filter(**mine), "assessment", "referral_id", code="pk"),
        all=True,
    )
    return union.order_by("f_starts", "f_id")


_MARKED = (Appointment.Status.KEPT, Appointment.Status.MISSED)
_FACTS = Prepared(_facts)


@dataclass
class Chapter:
    """One referral, the follow-up that it opened if any, and what belongs to them."""

    referral: Referral
    episode: Episode | None
    facts: list[Fact]
    planned: list[Appointment]

    @property
    def title(self) -> str:
        """« Suivi du 3 février 2025 au 12 mai 2026, Sète » or how the referral stands."""
        referral, episode = self.referral, self.episode
        if episode is None:
            status = referral.get_status_display().lower()
            return f"Orientation reçue le {short_date(referral.received_on)}, {status}"
        if episode.exited_on is None:
            return f"Suivi depuis le {short_date(episode.entered_on)}, {episode.site}"
        entered, exited = short_date(episode.entered_on), short_date(episode.exited_on)
        return f"Suivi du {entered} au {exited}, {episode.site}"

    def _of(self, source: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.source == source]

    @property
    def is_live(self) -> bool:
        return self.referral.is_pending or (self.episode is not None and self.episode.is_open)

    @property
    def obligations(self) -> list[Fact]:
        return self._of("obligation")

    @property
    def obligations_in_force(self) -> list[Fact]:
        today = timezone.localdate()
        return [o for o in self.obligations if o.ends_on is None or o.ends_on >= today]

    @cached_property
    def missed(self) -> int:
        """Absences without excuse."""
        return [m.code for m in self._of("meeting")].count(Appointment.Status.MISSED)

    @property
    def was_met(self) -> bool:
        return any(m.code == Appointment.Status.KEPT for m in self._of("meeting"))

    @property
    def is_assessed(self) -> bool:
        return bool(self._of("assessment"))

    @property
    def requested(self) -> list[Fact]:
        return self._of("requested")

    @property
    def modules(self) -> list[Fact]:
        return self._of("module")

    @property
    def open_modules(self) -> list[Fact]:
        return [module for module in self.modules if module.ends_on is None]

    @property
    def situation_at_start(self):
        referral = self.referral
        return situation_lines((referral.marital_status, referral.employment, referral.resources))

    @property
    def situation(self) -> list[tuple[str, str, date, str]]:
        """Each answer as it stands, since when, and who recorded the change."""
        since = self.episode.entered_on if self.episode else self.referral.received_on
        answers = [(name, label, since, "") for name, label in self.situation_at_start]
        for change in self._of("situation"):
            changed = situation_lines(change.code.split("|"))
            since = change.starts_on or since
            answers = [
                old if old[1] == label else (name, label, since, change.who)
                for old, (name, label) in zip(answers, changed, strict=True)
            ]
        return answers

    @cached_property
    def unmarked(self) -> Appointment | None:
        """The oldest meeting of the past of which nobody said what became."""
        now = timezone.now()
        return next((a for a in self.planned if a.starts_at <= now), None)

    @cached_property
    def upcoming(self) -> Appointment | None:
        now = timezone.now()
        return next((a for a in self.planned if a.starts_at > now), None)


@dataclass
class Alert:
    word: str
    look: str = ""


@dataclass
class FilePage:
    """What the page of one file shows beside its timeline."""

    participant: Participant
    chapters: list[Chapter] = field(default_factory=list)

    @cached_property
    def current(self) -> Chapter:
        """The follow-up that goes on, else the latest referral."""
        going_on = (c for c in self.chapters if c.episode is not None and c.episode.is_open)
        return next(going_on, self.chapters[0])

    @property
    def live(self) -> list[Chapter]:
        """What asks for an act: the current chapter, and a new referral beside it."""
        return [self.current, *(c for c in self.chapters if c.is_live and c is not self.current)]

    @property
    def alerts(self) -> list[Alert]:
        chapter, person = self.current, self.participant
        referral, episode = chapter.referral, chapter.episode
        found = []
        if person.is_minor:
            found.append(Alert("Personne mineure", "late"))
        if chapter.is_live:
            found += [Alert(o.label, "info") for o in chapter.obligations_in_force]
            if referral.care_obligation:
                found.append(Alert("Obligation de soins", "info"))
            if referral.is_urgent:
                found.append(Alert("Urgence ou renvoi par la justice", "soon"))
        if episode and episode.is_silent():
            months = months_between(episode.last_contact_on, timezone.localdate())
            found.append(Alert(f"Sans contact depuis {months}\u00a0mois", "late"))
        if referral.is_late():
            found.append(Alert("Délai d’attente dépassé", "late"))
        elif referral.is_soon_late():
            found.append(Alert("Délai d’attente bientôt atteint", "soon"))
        if chapter.is_live and chapter.missed:
            s = "s" if chapter.missed > 1 else ""
            found.append(Alert(f"{chapter.missed}\u00a0absence{s} sans excuse", "soon"))
        return found

    def story(self, timeline: Timeline) -> list[tuple[Chapter, list[Event]]]:
        """The events of a page of the timeline, under their chapters."""
        chapters = {chapter.referral.pk: chapter for chapter in self.chapters}
        found: dict[int, list[Event]] = {}
        for event in timeline.events:
            found.setdefault(event.row.referral, []).append(event)
        return [(chapters[pk], events) for pk, events in found.items()]


def read_file(participant: Participant) -> FilePage:
    """The page of a file, in three queries."""
    referrals = participant.referrals.select_related(
        "referrer", "site", "episode__site", "episode__referent"
    ).order_by("-number")
    facts = [Fact._make(row) for row in _FACTS.rows(participant.pk)]
    planned = list(
        participant.appointments.filter(status=Appointment.Status.PLANNED)
        .select_related("practitioner", "site")
        .order_by("starts_at")
    )
    chapters = []
    for referral in referrals:
        referral.participant = participant
        episode = getattr(referral, "episode", None)
        if episode:
            episode.participant = participant
        chapters.append(
            Chapter(
                referral,
                episode,
                [fact for fact in facts if fact.referral == referral.pk],
                [a for a in planned if a.referral_id == referral.pk],
            )
        )
    return FilePage(participant, chapters)


def read_documents(by, participant: Participant) -> list[tuple[Document, bool]]:
    """The pieces of a file, newest first, each with whether one may remove it; no content."""
    found = participant.documents.kept().select_related("added_by")
    return [(each, can(check_can_remove_document, by, each)) for each in found]
