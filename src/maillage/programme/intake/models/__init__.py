"""Who is sent, by whom, under which legal frame, and what became of it before the follow-up."""

from maillage.programme.intake.models.barriers import (
    Barrier,
    ExceptionalAccess,
    NamedReader,
    Restriction,
)
from maillage.programme.intake.models.documents import Document, DocumentPart, DocumentQuerySet
from maillage.programme.intake.models.interviews import Assessment, ContactAttempt
from maillage.programme.intake.models.participants import (
    ADULT_AGE,
    NameKey,
    Participant,
    ParticipantQuerySet,
    owner,
    visible_files,
)
from maillage.programme.intake.models.referrals import (
    WAIT_LIMIT_MONTHS,
    Obligation,
    Referral,
    ReferralQuerySet,
    ReferralStep,
    RequestedModule,
)

__all__ = [
    "ADULT_AGE",
    "WAIT_LIMIT_MONTHS",
    "Assessment",
    "Barrier",
    "ContactAttempt",
    "ExceptionalAccess",
    "Document",
    "DocumentPart",
    "DocumentQuerySet",
    "NameKey",
    "NamedReader",
    "Obligation",
    "Participant",
    "ParticipantQuerySet",
    "Referral",
    "ReferralQuerySet",
    "ReferralStep",
    "RequestedModule",
    "Restriction",
    "owner",
    "visible_files",
]
