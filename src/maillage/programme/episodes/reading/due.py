"""What a file asks for now, and all that one may do with it: one primary act, the others behind."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils import timezone

from maillage.core.calendar import age_of_thing, months_between, short_date
from maillage.network.roles import Permission, can
from maillage.programme.episodes import access
from maillage.programme.episodes.models import Appointment, Episode
from maillage.programme.episodes.reading.file import Chapter
from maillage.programme.intake import access as intake


@dataclass(frozen=True)
class Act:
    label: str
    url: str


@dataclass(frozen=True)
class Due:
    """A sentence, the act that answers it, and the other acts."""

    sentence: str
    look: str = ""
    primary: Act | None = None
    others: list[Act] = field(default_factory=list)
    to_mark: Appointment | None = None


def acts(by, chapter: Chapter) -> dict[str, Act]:
    """Every act that the role and the state allow, by route, in the order of the work."""
    referral, episode = chapter.referral, chapter.episode
    is_open = episode is not None and episode.is_open
    follows = is_open and can(access.check_can_follow, by, episode)
    table: Iterable[tuple[str, str, bool]] = (
        ("episode_accept", "Accueillir la personne", can(intake.check_can_accept, by, referral)),
        ("assessment_new", "Noter l’évaluation", can(intake.check_can_assess, by, referral)),
        ("note_new", "Écrire une note", by.holds(Permission.NOTE_FACTUAL)),
        (
            "contact_attempt_new",
            "Noter un appel ou un courrier",
            by.holds(Permission.REFERRAL_FOLLOW),
        ),
        (
            "appointment_new",
            "Fixer un rendez-vous" if chapter.episode else "Fixer l’évaluation",
            chapter.is_live and can(access.check_can_plan, by),
        ),
        ("module_start", "Commencer un module", follows),
        ("situation_change", "Noter un changement de situation", follows),
        (
            "episode_assign",
            "Attribuer le dossier" if by.holds(Permission.FILE_ASSIGN) else "Prendre ce dossier",
            episode is not None and can(access.check_can_assign, by, episode),
        ),
        (
            "referral_assess_plan",
            "Prévoir l’évaluation sans date",
            can(intake.check_can_plan_assessment, by, referral),
        ),
        (
            "referral_wait",
            "Mettre sur la liste d’attente",
            can(intake.check_can_put_on_waiting_list, by, referral),
        ),
        (
            "referral_edit",
            "Modifier l’orientation",
            can(intake.check_can_edit_referral, by, referral),
        ),
        ("referral_return", "Retourner à l’orienteur", can(intake.check_can_return, by, referral)),
        (
            "referral_redirect",
            "Transmettre à une autre antenne",
            can(intake.check_can_redirect, by, referral),
        ),
        ("referral_close", "Clore sans entrée", can(intake.check_can_close, by, referral)),
        ("referral_reopen", "Rouvrir l’orientation", can(intake.check_can_reopen, by, referral)),
        ("document_new", "Ajouter une pièce", can(intake.check_can_add_document, by)),
        ("episode_exit", "Terminer le suivi", is_open and can(access.check_can_exit, by, episode)),
        (
            "episode_exit_cancel",
            "Annuler la sortie",
            episode is not None and can(access.check_can_cancel_exit, by, episode),
        ),
    )
    found = {
        route: Act(label, reverse(route, args=[referral.uid]))
        for route, label, allowed in table
        if allowed
    }
    if not referral.is_pending and by.holds(Permission.REFERRAL_REGISTER):
        label = "Enregistrer une nouvelle orientation" if is_open else "Enregistrer un retour"
        url = reverse("referral_add", args=[referral.participant.uid])
        found["referral_add"] = Act(label, url)
    return found


def due(by, chapter: Chapter) -> Due:
    """The sentence of the state, and the first allowed act among those that answer it."""
    allowed = acts(by, chapter)
    sentence, look, answers = _state(chapter, allowed)
    to_mark = chapter.unmarked if can(access.check_can_plan, by) else None
    if to_mark:
        sentence = f"Que s’est-il passé au rendez-vous du {to_mark.when}\u202f?"
        return Due(sentence, "soon", None, list(allowed.values()), to_mark)
    route = next((route for route in answers if route in allowed), None)
    others = [act for name, act in allowed.items() if name != route]
    return Due(sentence, look, allowed[route] if route else None, others)


def _meeting(appointment: Appointment) -> str:
    where = f", {appointment.site}" if appointment.site else ""
    return f"{appointment.when}, avec {appointment.practitioner.name}{where}"


def _state(chapter: Chapter, allowed: dict[str, Act]) -> tuple[str, str, tuple[str, ...]]:
    if chapter.episode is not None:
        return _course(chapter, chapter.episode)
    if chapter.referral.is_pending:
        return _arrival(chapter)
    return _end(chapter)


def _arrival(chapter: Chapter) -> tuple[str, str, tuple[str, ...]]:
    referral, today = chapter.referral, timezone.localdate()
    look = "late" if referral.is_late() else "soon" if referral.is_soon_late() else ""
    since = age_of_thing(referral.received_on, today)
    if referral.status == referral.Status.WAITING:
        where = f" à {referral.site}" if referral.site else ""
        sentence = f"En attente d’une place{where}, orientation reçue {since}."
        return sentence, look, ("episode_accept", "contact_attempt_new")
    if chapter.is_assessed:
        sentence = (
            "L’évaluation est menée\u00a0: la personne peut être accueillie ou attendre une place."
        )
        return sentence, look, ("episode_accept", "referral_wait", "contact_attempt_new")
    if chapter.upcoming:
        sentence = f"Prochain rendez-vous\u00a0: {_meeting(chapter.upcoming)}."
        return sentence, look, ("contact_attempt_new",)
    if chapter.was_met:
        sentence = "La personne a été reçue\u00a0: l’évaluation reste à noter."
        return sentence, look, ("assessment_new", "episode_accept", "contact_attempt_new")
    sentence = f"Orientation reçue {since}\u00a0: aucun rendez-vous d’évaluation n’est fixé."
    return sentence, look, ("appointment_new", "contact_attempt_new")


def _course(chapter: Chapter, episode: Episode) -> tuple[str, str, tuple[str, ...]]:
    today = timezone.localdate()
    if episode.exited_on is not None:
        sentence = (
            f"Suivi terminé le {short_date(episode.exited_on)}\u00a0: "
            f"{episode.get_exit_reason_display().lower()}."
        )
        return sentence, "", ("referral_add",)
    if episode.referent_id is None:
        sentence = "Ce dossier n’a pas de référent·e."
        return sentence, "soon", ("episode_assign", "appointment_new", "contact_attempt_new")
    if episode.is_silent():
        months = months_between(episode.last_contact_on, today)
        sentence = (
            f"Aucun contact depuis {months}\u00a0mois\u00a0: "
            "appelez la personne ou terminez le suivi."
        )
        return sentence, "late", ("contact_attempt_new", "appointment_new")
    if chapter.upcoming is None:
        sentence = "Aucun rendez-vous n’est fixé pour la suite."
        return sentence, "soon", ("appointment_new", "note_new")
    return f"Prochain rendez-vous\u00a0: {_meeting(chapter.upcoming)}.", "", ("note_new",)


def _end(chapter: Chapter) -> tuple[str, str, tuple[str, ...]]:
    referral = chapter.referral
    ended = short_date(referral.ended_on or referral.received_on)
    reason = referral.get_return_reason_display().lower()
    why = f"\u00a0: {reason}" if reason else ""
    return f"{referral.get_status_display()} le {ended}{why}.", "", ("referral_add",)
