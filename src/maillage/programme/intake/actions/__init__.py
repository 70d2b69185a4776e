"""Every write on a participant or a referral: one transaction, one trail entry."""

from maillage.programme.intake.actions.decisions import (
    close_without_entry,
    plan_assessment,
    put_on_waiting_list,
    redirect,
    reopen,
    return_to_referrer,
)
from maillage.programme.intake.actions.documents import (
    add_document,
    read_document,
    remove_document,
)
from maillage.programme.intake.actions.exports import record_export
from maillage.programme.intake.actions.interviews import (
    record_assessment,
    record_contact_attempt,
)
from maillage.programme.intake.actions.participants import (
    IDENTITY,
    OLDEST_AGE,
    check_dates,
    locked_participant,
    next_reference,
    update_identity,
)
from maillage.programme.intake.actions.referrals import (
    REFERRAL,
    locked_referral,
    register_referral,
    update_referral,
)

__all__ = [
    "IDENTITY",
    "OLDEST_AGE",
    "REFERRAL",
    "add_document",
    "check_dates",
    "close_without_entry",
    "locked_participant",
    "locked_referral",
    "next_reference",
    "plan_assessment",
    "put_on_waiting_list",
    "record_assessment",
    "record_contact_attempt",
    "read_document",
    "record_export",
    "redirect",
    "register_referral",
    "remove_document",
    "reopen",
    "return_to_referrer",
    "update_identity",
    "update_referral",
]
