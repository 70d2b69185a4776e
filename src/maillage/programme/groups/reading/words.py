"""What the steps of a demand say, and what may be done next, in the words of the trade."""

from dataclasses import dataclass
from datetime import date

from maillage.programme.groups.models import Enrolment, EnrolmentStep


@dataclass(frozen=True)
class Event:
    on: date
    words: str
    detail: str
    who: str


def story(enrolment: Enrolment) -> list[Event]:
    """Every dated step, the newest first, with the reasons of each convocation."""
    from maillage.programme.groups.reading.proposal import in_words

    reasons = {
        convocation.group_id: " ; ".join(in_words(tuple(one)) for one in convocation.reasons)
        for convocation in enrolment.convocations.all()
    }
    steps = enrolment.steps.select_related("group", "by").order_by("-recorded_at", "-pk")
    return [_event(step, reasons) for step in steps]


def _event(step: EnrolmentStep, reasons: dict[int, str]) -> Event:
    detail = step.reason
    if step.status == Enrolment.Status.CONVENED and step.group_id:
        detail = reasons.get(step.group_id, "") or detail
    if step.until:
        detail = f"pas avant le {step.until:%d/%m/%Y}" + (f" ; {detail}" if detail else "")
    words = step.get_status_display()
    if step.group is not None:
        words = f"{words}, session {step.group.number}"
    return Event(step.on, words, detail, step.by.name)


WORDS = (  # transition, word of the address, button
    ("confirm", "confirmer", "Présence confirmée"),
    ("postpone", "reporter", "Reporter"),
    ("excuse", "excuser", "Excuser"),
    ("miss", "absence", "Noter une absence"),
    ("withdraw", "retirer", "Retirer la convocation"),
    ("move", "depart", "Parti·e ailleurs"),
    ("return", "renvoi", "Retour par la justice"),
    ("cancel", "annuler", "Annuler"),
    ("reopen", "reprendre", "Reprendre"),
)


def acts_of(enrolment: Enrolment) -> list[tuple[str, str]]:
    """The acts that its state allows, by the word of their address."""
    found = [(word, label) for transition, word, label in WORDS if enrolment.can(transition)]
    if enrolment.status not in Enrolment.ENDED and enrolment.referral.is_late():
        if enrolment.extension_asked_on is None:
            found.append(("demander-accord", "Accord demandé à l’orienteur"))
        elif enrolment.extension_agreed_on is None:
            found.append(("accord", "Accord de l’orienteur reçu"))
    return found
