"""Who is sent, by whom, under which legal frame, and what became of it before the follow-up."""

from maillage.programme.intake.models.documents import Document, DocumentPart, DocumentQuerySet
from maillage.programme.intake.models.interviews import Assessment, ContactAttempt
from maillage.programme.intake.models.participants import (
    ADULT_AGE,
    NameKey,
    Participant,
    ParticipantQuerySet,
    visible_files,
    works_today,
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
    "ContactAttempt",
    "Document",
    "DocumentPart",
    "DocumentQuerySet",
    "NameKey",
    "Obligation",
    "Participant",
    "ParticipantQuerySet",
    "Referral",
    "ReferralQuerySet",
    "ReferralStep",
    "RequestedModule",
    "visible_files",
    "works_today",
]
