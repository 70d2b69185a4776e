"""Who may do what: one readable table. Code asks for a permission, never for a role."""

from enum import StrEnum

from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices


class Side(TextChoices):
    PROGRAMME = "programme", "Accompagnement des auteurs"
    SUPPORT = "support", "Aide aux victimes et aux familles"


class Role(TextChoices):
    RECEPTION = "reception", "Accueil"
    PRACTITIONER = "practitioner", "Intervenant·e"
    MANAGER = "manager", "Responsable d’antenne"
    COORDINATOR = "coordinator", "Coordination du réseau"
    DPO = "dpo", "Protection des données"
    ADMINISTRATOR = "administrator", "Administration technique"


class Permission(StrEnum):
    FILE_READ = "file_read"  # names and pages of the branch's files
    IDENTITY_WRITE = "identity_write"
    REFERRAL_REGISTER = "referral_register"
    REFERRAL_FOLLOW = "referral_follow"  # calls, waiting list
    REFERRAL_DECIDE = "referral_decide"  # assess, accept, return, redirect, close
    APPOINTMENT_PLAN = "appointment_plan"
    NOTE_FACTUAL = "note_factual"
    NOTE_CLINICAL = "note_clinical"  # and one must be a practitioner of that file
    DOCUMENT_ADD = "document_add"  # orders, certificates, letters of a file
    EPISODE_FOLLOW = "episode_follow"  # modules, situation, exit
    FILE_ASSIGN = "file_assign"  # give a file to another referent
    CASELOAD_READ = "caseload_read"  # who follows how many
    REPORT_READ = "report_read"  # the report of one's own organisation
    REPORT_OPEN_CELLS = "report_open_cells"  # the files behind a figure
    NETWORK_REPORT_READ = "network_report_read"  # the figures of every branch, no name
    TRAIL_READ = "trail_read"
    DIRECTORY_READ = "directory_read"
    BACKUPS_WATCH = "backups_watch"  # is told when backups stop


P = Permission
_EVERYBODY = {P.DIRECTORY_READ}
_FRONT = {
    P.FILE_READ,
    P.IDENTITY_WRITE,
    P.REFERRAL_REGISTER,
    P.REFERRAL_FOLLOW,
    P.APPOINTMENT_PLAN,
    P.NOTE_FACTUAL,
    P.DOCUMENT_ADD,
}
_DECIDING = {P.REFERRAL_DECIDE, P.EPISODE_FOLLOW}

GRANTS: dict[tuple[str, str], frozenset[Permission]] = {
    (Side.PROGRAMME, Role.RECEPTION): frozenset(_EVERYBODY | _FRONT),
    (Side.PROGRAMME, Role.PRACTITIONER): frozenset(
        _EVERYBODY | _FRONT | _DECIDING | {P.NOTE_CLINICAL}
    ),
    (Side.PROGRAMME, Role.MANAGER): frozenset(
        _EVERYBODY
        | _FRONT
        | _DECIDING
        | {P.FILE_ASSIGN, P.CASELOAD_READ, P.REPORT_READ, P.REPORT_OPEN_CELLS, P.TRAIL_READ}
    ),
    (Side.PROGRAMME, Role.COORDINATOR): frozenset(_EVERYBODY | {P.NETWORK_REPORT_READ}),
    (Side.PROGRAMME, Role.DPO): frozenset(_EVERYBODY | {P.TRAIL_READ, P.BACKUPS_WATCH}),
    (Side.PROGRAMME, Role.ADMINISTRATOR): frozenset(_EVERYBODY | {P.BACKUPS_WATCH}),
    (Side.SUPPORT, Role.RECEPTION): frozenset(_EVERYBODY),
    (Side.SUPPORT, Role.PRACTITIONER): frozenset(_EVERYBODY),
    (Side.SUPPORT, Role.MANAGER): frozenset(_EVERYBODY),
    (Side.SUPPORT, Role.COORDINATOR): frozenset(_EVERYBODY),
    (Side.SUPPORT, Role.DPO): frozenset(_EVERYBODY | {P.BACKUPS_WATCH}),
    (Side.SUPPORT, Role.ADMINISTRATOR): frozenset(_EVERYBODY | {P.BACKUPS_WATCH}),
}


def check_holds(by, permission: Permission, reason: str) -> None:
    """Raises `PermissionDenied(reason)` unless the membership grants the permission."""
    if not by.holds(permission):
        raise PermissionDenied(reason)


def can(check, *args, **kwargs) -> bool:
    """Whether a `check_…` would let it pass; for buttons."""
    try:
        check(*args, **kwargs)
    except PermissionDenied:
        return False
    return True
