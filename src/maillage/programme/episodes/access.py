"""Who may do what with a follow-up; each check raises its reason."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from maillage.barriers.walls import wall_of
from maillage.network.roles import Permission, Side, check_holds
from maillage.programme.episodes.models import Appointment, Episode, Note
from maillage.programme.intake.access import practises_on
from maillage.programme.intake.models import Participant


def check_can_follow(by, episode: Episode) -> None:
    check_holds(by, Permission.EPISODE_FOLLOW, "Le suivi est tenu par l’intervenant·e.")
    if not episode.is_open:
        raise PermissionDenied("Ce suivi est terminé\u00a0: un retour ouvre un nouveau suivi.")


def check_can_exit(by, episode: Episode) -> None:
    check_can_follow(by, episode)


def check_can_cancel_exit(by, episode: Episode) -> None:
    check_holds(by, Permission.FILE_ASSIGN, "Seul·e le ou la responsable annule une sortie.")
    if episode.is_open:
        raise PermissionDenied("Ce suivi est déjà en cours.")


def check_can_assign(by, episode: Episode) -> None:
    """A manager gives a file to anyone; a practitioner takes one that nobody follows."""
    if by.holds(Permission.FILE_ASSIGN):
        return
    if episode.is_open and episode.referent_id is None and by.holds(Permission.EPISODE_FOLLOW):
        return
    raise PermissionDenied("L’attribution d’un dossier revient au ou à la responsable.")


def check_can_staff(by, episode: Episode, practitioner) -> None:
    """Who is given a module reads the clinical notes: one does not give it to oneself."""
    if practitioner is None or by.holds(Permission.FILE_ASSIGN):
        return
    if episode.referent_id is None and practitioner == by.user:
        return
    if not practises_on(by, episode.participant):
        raise PermissionDenied("Un module est confié par les intervenant·es du dossier.")


def check_can_plan(by) -> None:
    check_holds(
        by, Permission.APPOINTMENT_PLAN, "Votre rôle ne permet pas de fixer un rendez-vous."
    )


def check_can_mark(by, appointment: Appointment, transition: str) -> None:
    check_can_plan(by)
    if not appointment.can(transition):
        raise PermissionDenied(
            f"Ce rendez-vous est déjà «\u202f{appointment.get_status_display().lower()}\u202f»."
        )


def check_can_write_note(by, participant: Participant, kind: str) -> None:
    if kind == Note.Kind.FACTUAL:
        check_holds(by, Permission.NOTE_FACTUAL, "Votre rôle ne permet pas d’écrire une note.")
        return
    if not practises_on(by, participant):
        raise PermissionDenied("Une note clinique s’écrit par les intervenant·es du dossier.")


def reads_clinical(by, author_id: int, practises: bool) -> bool:
    """What is clinical is for its author and the practitioners of the file, told by `practises`."""
    return by.holds(Permission.NOTE_CLINICAL) and (author_id == by.user.pk or practises)


def check_can_read_note(by, note: Note) -> None:
    check_holds(by, Permission.FILE_READ, "Votre rôle ne permet pas de lire les notes.")
    if note.kind == Note.Kind.FACTUAL:
        return
    if not reads_clinical(by, note.by_id, practises_on(by, note.participant)):
        raise PermissionDenied("Note réservée aux intervenant·es du dossier.")


def traceable_files(by) -> Q:
    """The files whose trail a membership may read: those of its organisation and side, restricted
    ones too, but none that one is shut out of."""
    if by.side != Side.PROGRAMME or not by.holds(Permission.TRAIL_READ):
        return Q(pk__in=[])
    mine = Q(organisation_id=by.organisation_id)
    return mine & wall_of(Side.PROGRAMME).unbarred(by, "pk")
