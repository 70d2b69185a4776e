"""Who confirms an erasure, keeps a file, answers a person; each check raises its reason.

The data protection officer sees references, dates and states: the texts of a file, of a copy and of
a request are for the manager and for whoever reads the file (decision 0013).
"""

from django.core.exceptions import PermissionDenied

from maillage.barriers.walls import wall_of
from maillage.network.roles import Permission, check_holds
from maillage.protection.models import RightsRequest


def check_can_see_retention(by) -> None:
    check_holds(
        by,
        Permission.RETENTION_READ,
        "La conservation est suivie par le ou la responsable et la protection des données.",
    )


def check_can_erase(by) -> None:
    check_can_see_retention(by)
    check_holds(
        by, Permission.RETENTION_CONFIRM, "Un effacement est confirmé par le ou la responsable."
    )


def check_can_hold(by) -> None:
    check_holds(
        by,
        Permission.LEGAL_HOLD,
        "Un dossier est retenu par le ou la responsable ou la protection des données.",
    )


def check_can_see_requests(by) -> None:
    check_holds(
        by, Permission.RIGHTS_READ, "Votre rôle ne permet pas de voir les demandes des personnes."
    )


def check_can_register(by) -> None:
    check_can_see_requests(by)
    check_holds(
        by,
        Permission.RIGHTS_HANDLE,
        "Une demande est enregistrée par le ou la responsable ou la protection des données.",
    )


def _check_state(request: RightsRequest, *transitions: str) -> None:
    if not any(request.can(transition) for transition in transitions):
        state = request.get_state_display().lower()
        raise PermissionDenied(f"Impossible\u00a0: cette demande est «\u202f{state}\u202f».")


def reads_files(by) -> bool:
    """Whether one reads files of one's side; each side has its own permission for it."""
    return by.holds(wall_of(by.side).reads)


def _check_reads_the_copy(by) -> None:
    check_holds(
        by,
        Permission.RIGHTS_PREPARE,
        "Une copie est préparée et relue par le ou la responsable et les intervenant·es.",
    )
    if not reads_files(by):
        raise PermissionDenied("Votre rôle ne donne pas accès aux dossiers.")


def check_can_prepare(by, request: RightsRequest, *, reads_all: bool) -> None:
    """`reads_all`: whether one may read every text of the file, the clinical ones included."""
    _check_reads_the_copy(by)
    _check_state(request, "prepare")
    if not reads_all:
        raise PermissionDenied(
            "Ce dossier contient des textes cliniques\u00a0: la copie est préparée par un·e"
            " intervenant·e du dossier."
        )


def _check_sees_what_leaves(by, reads_all: bool) -> None:
    """The manager answers for what leaves the house; a practitioner sees it of their own files."""
    _check_reads_the_copy(by)
    if not (reads_all or by.holds(Permission.RIGHTS_ANSWER)):
        raise PermissionDenied("Cette copie est relue par le ou la responsable.")


def check_can_review(by, request: RightsRequest, *, reads_all: bool) -> None:
    _check_sees_what_leaves(by, reads_all)
    _check_state(request, "review")
    if request.prepared_by_id == by.user.pk:
        raise PermissionDenied("La copie est relue par une autre personne que qui l’a préparée.")


def check_can_send_back(by, request: RightsRequest, *, reads_all: bool) -> None:
    _check_sees_what_leaves(by, reads_all)
    _check_state(request, "send_back")


def check_can_take_copy(by, request: RightsRequest, *, reads_all: bool) -> None:
    _check_sees_what_leaves(by, reads_all)
    if not request.is_copy or request.state not in (
        RightsRequest.State.REVIEWED,
        RightsRequest.State.GRANTED,
    ):
        raise PermissionDenied("La copie n’est pas encore relue.")


def check_can_give(by, request: RightsRequest) -> None:
    check_can_answer(by, request)
    _check_state(request, "give")


def check_can_decide(by, request: RightsRequest) -> None:
    check_can_answer(by, request)
    _check_state(request, "grant", "refuse")


def check_can_answer(by, request: RightsRequest) -> None:
    check_holds(by, Permission.RIGHTS_ANSWER, "La réponse revient au ou à la responsable.")


def check_can_read_texts(by) -> None:
    """What a person wrote, and what was answered."""
    if not reads_files(by):
        raise PermissionDenied("Ces textes sont pour qui lit les dossiers.")
