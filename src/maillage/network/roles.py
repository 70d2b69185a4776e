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
    GROUP_OFFER = "group_offer"  # describe courses and groups, their templates and prices
    GROUP_PLAN = "group_plan"  # plan a run, move its sessions
    GROUP_CONVENE = "group_convene"  # enrol, convene, postpone, cancel a place
    ATTENDANCE_TICK = "attendance_tick"  # tick who is there
    GROUP_CERTIFY = "group_certify"  # issue and revoke certificates and reports of non-attendance
    LETTER_EDIT = "letter_edit"  # the organisation's letterhead and letters
    LETTER_SEND = "letter_send"  # make, print and send the letters of a file
    FEE_TAKE = "fee_take"  # what is due and paid, receipts, the cash book
    FEE_WAIVE = "fee_waive"  # forgo a fee, with a reason; pay back
    CASELOAD_READ = "caseload_read"  # who follows how many
    REPORT_READ = "report_read"  # the report of one's own organisation
    REPORT_OPEN_CELLS = "report_open_cells"  # the files behind a figure
    NETWORK_REPORT_READ = "network_report_read"  # the figures of every branch, no name
    BENEFICIARY_READ = "beneficiary_read"  # names and pages of the people helped
    BENEFICIARY_WRITE = "beneficiary_write"
    BARRIER_MANAGE = "barrier_manage"  # who is shut out of a file, who opens a restricted one
    TRAIL_READ = "trail_read"
    TRAIL_NAMES = "trail_names"  # tell a person the names of who read their file
    DIRECTORY_READ = "directory_read"
    ACCOUNT_MANAGE = "account_manage"  # invite, renew, end; never a followed person's name
    ACCOUNT_END_ANY = "account_end_any"  # shut anybody of the organisation out, at once
    RETENTION_READ = "retention_read"  # the files due, by their references
    RETENTION_CONFIRM = "retention_confirm"  # erase them for good
    LEGAL_HOLD = "legal_hold"  # keep a file that is due
    RIGHTS_READ = "rights_read"  # that a person asked, by when to answer
    RIGHTS_HANDLE = "rights_handle"  # register what a person asks
    RIGHTS_ANSWER = "rights_answer"  # decide, give the answer
    RIGHTS_PREPARE = "rights_prepare"  # prepare and review a copy, and one must read its texts
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
    P.GROUP_PLAN,
    P.GROUP_CONVENE,
    P.ATTENDANCE_TICK,
    P.LETTER_SEND,
    P.FEE_TAKE,
}
_ACCOUNTS = {P.ACCOUNT_MANAGE, P.ACCOUNT_END_ANY}
_DECIDING = {P.REFERRAL_DECIDE, P.EPISODE_FOLLOW, P.GROUP_CERTIFY}
_OFFERING = {P.GROUP_OFFER, P.LETTER_EDIT, P.FEE_WAIVE}
_HELPING = {P.BENEFICIARY_READ, P.BENEFICIARY_WRITE}
_WATCHING = {P.RETENTION_READ, P.LEGAL_HOLD, P.RIGHTS_READ, P.RIGHTS_HANDLE}

GRANTS: dict[tuple[str, str], frozenset[Permission]] = {
    (Side.PROGRAMME, Role.RECEPTION): frozenset(_EVERYBODY | _FRONT),
    (Side.PROGRAMME, Role.PRACTITIONER): frozenset(
        _EVERYBODY | _FRONT | _DECIDING | {P.NOTE_CLINICAL, P.RIGHTS_READ, P.RIGHTS_PREPARE}
    ),
    (Side.PROGRAMME, Role.MANAGER): frozenset(
        _EVERYBODY
        | _FRONT
        | _DECIDING
        | _OFFERING
        | {P.FILE_ASSIGN, P.CASELOAD_READ, P.REPORT_READ, P.REPORT_OPEN_CELLS, P.TRAIL_READ}
        | _WATCHING
        | {P.ACCOUNT_MANAGE, P.BARRIER_MANAGE}
        | {P.RETENTION_CONFIRM, P.RIGHTS_ANSWER, P.RIGHTS_PREPARE}
    ),
    (Side.PROGRAMME, Role.COORDINATOR): frozenset(_EVERYBODY | {P.NETWORK_REPORT_READ}),
    (Side.PROGRAMME, Role.DPO): frozenset(
        _EVERYBODY | {P.TRAIL_READ, P.TRAIL_NAMES, P.BACKUPS_WATCH} | _WATCHING
    ),
    (Side.PROGRAMME, Role.ADMINISTRATOR): frozenset(_EVERYBODY | _ACCOUNTS | {P.BACKUPS_WATCH}),
    (Side.SUPPORT, Role.RECEPTION): frozenset(_EVERYBODY | _HELPING),
    (Side.SUPPORT, Role.PRACTITIONER): frozenset(
        _EVERYBODY | _HELPING | {P.RIGHTS_READ, P.RIGHTS_PREPARE}
    ),
    (Side.SUPPORT, Role.MANAGER): frozenset(
        _EVERYBODY
        | _HELPING
        | {P.TRAIL_READ, P.BARRIER_MANAGE, P.ACCOUNT_MANAGE}
        | _WATCHING
        | {P.RETENTION_CONFIRM, P.RIGHTS_ANSWER, P.RIGHTS_PREPARE}
    ),
    (Side.SUPPORT, Role.COORDINATOR): frozenset(_EVERYBODY),
    (Side.SUPPORT, Role.DPO): frozenset(
        _EVERYBODY | {P.TRAIL_READ, P.TRAIL_NAMES, P.BACKUPS_WATCH} | _WATCHING
    ),
    (Side.SUPPORT, Role.ADMINISTRATOR): frozenset(_EVERYBODY | _ACCOUNTS | {P.BACKUPS_WATCH}),
}


NEEDS_SECOND_FACTOR = frozenset({P.FILE_READ, P.BENEFICIARY_READ, P.TRAIL_READ, P.ACCOUNT_MANAGE})

# Whose account each role opens, renews and resets, in its own organisation and on its own side.
ANSWERS_FOR: dict[str, frozenset[str]] = {
    Role.MANAGER: frozenset({Role.RECEPTION, Role.PRACTITIONER}),
    Role.ADMINISTRATOR: frozenset({Role.MANAGER, Role.COORDINATOR, Role.DPO, Role.ADMINISTRATOR}),
}


def needs_second_factor(side: str, role: str) -> bool:
    """Whoever sees names, reads the trail or manages accounts never enters by password alone."""
    return role == Role.DPO or bool(GRANTS[side, role] & NEEDS_SECOND_FACTOR)


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
