"""Every write of the room, each ready to be done by whoever one says."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.apps import apps
from django.utils import timezone

from maillage.network.tests.factories import OrganisationFactory, SiteFactory
from maillage.programme.intake import actions
from maillage.programme.intake.models import Referral
from maillage.programme.intake.tests.factories import ReferralFactory

NAME = {"last_name": "Salamandre", "first_name": "Ondine"}
GIVEN = {
    "received_on": date(2025, 9, 1),
    "referrer_category": "spip",
    "legal_framework": "postsentenciel",
}
GRID = {
    "held_on": date(2025, 9, 15),
    "position": "partial",
    "motivation": "adhesion",
    "conclusion": "accept",
}


@dataclass(frozen=True)
class Act:
    verbs: tuple[str, ...]  # what the trail keeps, in order
    trait: str  # the state of the referral before, as a trait of the factory
    refused_to: tuple[str, ...] = ()  # roles of the branch that may not


DECIDING = ("reception",)
ACTS = {
    "register_referral": Act(("referral_registered",), "closed"),
    "update_identity": Act(("identity_updated",), ""),
    "update_referral": Act(("enrolment_asked", "referral_updated"), ""),  # of the course it asks
    "record_contact_attempt": Act(("contact_attempted",), ""),
    "plan_assessment": Act(("assessment_due",), ""),
    "put_on_waiting_list": Act(("referral_waiting",), ""),
    "return_to_referrer": Act(("referral_returned",), "", DECIDING),
    "close_without_entry": Act(("referral_closed",), "", DECIDING),
    "redirect": Act(("referral_redirected", "referral_received_from_branch"), "", DECIDING),
    "reopen": Act(("referral_reopened",), "closed", DECIDING),
    "record_assessment": Act(("assessment_recorded",), "", ("reception", "manager")),
}


def prepare(name: str, organisation) -> Referral:
    trait = ACTS[name].trait
    return ReferralFactory(
        participant__organisation=organisation,
        participant__last_name=NAME["last_name"],
        participant__first_name=NAME["first_name"],
        participant__phone="+33639981234",
        comment="Phrase confidentielle",
        **({trait: True} if trait else {}),
    )


def do(name: str, referral: Referral, by) -> Any:
    return getattr(actions, name)(by=by, **_given(name, referral))


def _given(name: str, referral: Referral) -> dict[str, Any]:
    today, of = timezone.localdate(), {"referral": referral}
    match name:
        case "register_referral":
            return {"participant": referral.participant, "referral": {**GIVEN, "comment": "Secret"}}
        case "update_identity":
            identity = {"first_name": "Ondine-Lou", "phone": "+33639981235"}
            person = referral.participant
            return {"participant": person, "version": person.version, **identity}
        case "update_referral":
            codes = {"obligations": ["arme"], "modules": ["stage"]}
            return {**of, "version": referral.version, **codes, **GIVEN, "comment": "Secret"}
        case "record_contact_attempt":
            return {**of, "channel": "phone", "outcome": "voicemail", "comment": "Salamandre"}
        case "plan_assessment":
            return of
        case "put_on_waiting_list":
            return {**of, "site": SiteFactory(organisation=referral.organisation)}
        case "return_to_referrer" | "close_without_entry":
            return {**of, "on": today, "reason": "injoignable", "comment": "Salamandre"}
        case "redirect":
            return {**of, "on": today, "to": OrganisationFactory(branch=True), "comment": "Secret"}
        case "reopen":
            return {**of, "comment": "Salamandre"}
    return {**of, **GRID, "summary": "Salamandre"}


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of the room, and of the trail."""
    models = [*apps.get_app_config("intake").get_models(), apps.get_model("core.TrailEntry")]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
