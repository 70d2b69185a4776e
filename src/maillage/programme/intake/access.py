"""Who may do what with a participant and a referral; each check raises its reason."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from maillage.network.models import works_today
from maillage.network.roles import Permission, Side, check_holds
from maillage.programme.intake.models import Assessment, Document, Participant, Referral


def _state(referral: Referral) -> str:
    return f"«\u202f{referral.get_status_display().lower()}\u202f»"


def check_can_register(by) -> None:
    if not works_today(by):
        raise PermissionDenied("Vous n’êtes plus rattaché·e à cette organisation.")
    check_holds(by, Permission.REFERRAL_REGISTER, "Votre rôle ne permet pas d’enregistrer.")


def check_can_edit_identity(by, participant: Participant) -> None:
    check_holds(by, Permission.IDENTITY_WRITE, "Votre rôle ne permet pas de modifier l’identité.")


def check_can_edit_referral(by, referral: Referral) -> None:
    check_holds(by, Permission.REFERRAL_REGISTER, "Votre rôle ne permet pas de modifier.")
    if not referral.is_pending:
        raise PermissionDenied(f"Une orientation {_state(referral)} ne se modifie plus.")


def check_can_read(by) -> None:
    """Lists and search hold names: who reads no file sees none of them."""
    if by.side != Side.PROGRAMME or not works_today(by):
        raise PermissionDenied("Ces pages sont celles de l’accompagnement des auteurs.")
    check_holds(by, Permission.FILE_READ, "Votre rôle ne donne pas accès aux dossiers.")


def check_can_export(by) -> None:
    """A list is taken out of the house by whoever works on it (REFERRAL_FOLLOW)."""
    check_holds(by, Permission.REFERRAL_FOLLOW, "Votre rôle ne permet pas d’exporter cette liste.")


def check_can_follow(by, referral: Referral) -> None:
    check_holds(by, Permission.REFERRAL_FOLLOW, "Votre rôle ne permet pas de suivre l’attente.")


def _check_can_move(by, referral: Referral, transition: str, permission: Permission) -> None:
    check_holds(by, permission, "Cette décision revient à l’intervenant·e ou au responsable.")
    if not referral.can(transition):
        raise PermissionDenied(f"Impossible\u00a0: l’orientation est {_state(referral)}.")


def check_can_plan_assessment(by, referral: Referral) -> None:
    _check_can_move(by, referral, "plan_assessment", Permission.REFERRAL_FOLLOW)


def check_can_put_on_waiting_list(by, referral: Referral) -> None:
    _check_can_move(by, referral, "wait", Permission.REFERRAL_FOLLOW)


def check_can_accept(by, referral: Referral) -> None:
    _check_can_move(by, referral, "accept", Permission.REFERRAL_DECIDE)


def check_can_return(by, referral: Referral) -> None:
    _check_can_move(by, referral, "return", Permission.REFERRAL_DECIDE)


def check_can_redirect(by, referral: Referral) -> None:
    _check_can_move(by, referral, "redirect", Permission.REFERRAL_DECIDE)


def check_can_close(by, referral: Referral) -> None:
    _check_can_move(by, referral, "close", Permission.REFERRAL_DECIDE)


def check_can_reopen(by, referral: Referral) -> None:
    _check_can_move(by, referral, "reopen", Permission.REFERRAL_DECIDE)


def check_can_assess(by, referral: Referral) -> None:
    check_holds(by, Permission.NOTE_CLINICAL, "L’évaluation est menée par un·e intervenant·e.")
    if not referral.is_pending:
        raise PermissionDenied(
            "L’évaluation précède la décision\u00a0: l’orientation n’est plus ouverte."
        )


def check_can_add_document(by) -> None:
    check_holds(by, Permission.DOCUMENT_ADD, "Votre rôle ne permet pas d’ajouter une pièce.")


def check_can_remove_document(by, document: Document) -> None:
    """Who added it takes it back; the rest is for whoever answers for the branch."""
    check_can_add_document(by)
    if document.added_by_id != by.user.pk and not by.holds(Permission.FILE_ASSIGN):
        raise PermissionDenied(
            "Une pièce est retirée par qui l’a ajoutée, ou par le ou la responsable."
        )


def practises_on(by, participant: Participant) -> bool:
    """Whether one is a practitioner of this very file: its referent or that of a module of it."""
    return (
        by.holds(Permission.NOTE_CLINICAL)
        and participant.episodes.filter(
            Q(referent=by.user) | Q(modules__practitioner=by.user)
        ).exists()
    )


def check_can_read_assessment(by, assessment: Assessment) -> None:
    """The content of an interview is for its author and the practitioners of the file."""
    check_holds(by, Permission.NOTE_CLINICAL, "Contenu réservé aux intervenant·es du dossier.")
    if assessment.by_id != by.user.pk and not practises_on(by, assessment.referral.participant):
        raise PermissionDenied("Contenu réservé aux intervenant·es du dossier.")
