"""What the steps of a demand say, and what may be done next, in the words of the trade."""

from dataclasses import dataclass
from datetime import date

from maillage.core.calendar import short_date
from maillage.programme.groups.actions.convening import apart_from
from maillage.programme.groups.actions.steps import last_two
from maillage.programme.groups.models import Enrolment, EnrolmentStep
from maillage.programme.intake.models import Participant


@dataclass(frozen=True)
class Event:
    on: date
    words: str
    detail: str
    who: str
    is_undone: bool = False


def story(enrolment: Enrolment) -> list[Event]:
    """Every dated step, the newest first, with the reasons of each convocation; those noted by
    mistake too, and what undid them."""
    from maillage.programme.groups.reading.proposal import in_words

    found = list(enrolment.convocations.all())
    reasons = {
        one.step_id: "\u00a0; ".join(in_words(tuple(r)) for r in one.reasons) for one in found
    }
    steps = list(enrolment.steps.select_related("group", "by").order_by("-recorded_at", "-pk"))
    undone = {step.undoes_id for step in steps}
    return [_event(step, reasons.get(step.pk, ""), step.pk in undone) for step in steps]


def _event(step: EnrolmentStep, reasons: str, is_undone: bool) -> Event:
    until = f"pas avant le {short_date(step.until)}" if step.until else ""
    detail = "\u00a0; ".join(filter(None, (until, reasons, step.reason)))
    words = step.get_status_display()
    if step.group is not None:
        words = f"{words}, session {step.group.number}"
    if step.undoes_id:
        words = f"Étape annulée\u00a0: de nouveau «\u202f{step.get_status_display().lower()}\u202f»"
    return Event(step.on, words, detail, step.by.name, is_undone)


WORDS = (  # transition, word of the address, button
    ("confirm", "confirmer", "Présence confirmée"),
    ("postpone", "reporter", "Reporter"),
    ("excuse", "excuser", "Excuser"),
    ("miss", "absence", "Noter une absence"),
    ("withdraw", "retirer", "Retirer la convocation"),
    ("move", "depart", "Parti·e dans un autre département"),
    ("return", "renvoi", "Retour par la justice"),
    ("cancel", "annuler", "Annuler la demande"),
    ("reopen", "reprendre", "Reprendre"),
)


def acts_of(enrolment: Enrolment) -> list[tuple[str, str]]:
    """The acts that its state allows, by the word of their address."""
    found = [(word, label) for transition, word, label in WORDS if enrolment.can(transition)]
    is_answered = enrolment.extension_agreed_on or enrolment.extension_refused_on
    if enrolment.extension_asked_on is not None:
        if not is_answered:
            found += [("accord", "Accord de l’orienteur reçu"), ("refus", "Refus de l’orienteur")]
        found.append(("effacer-accord", "Accord noté par erreur"))
    elif enrolment.status not in Enrolment.ENDED and enrolment.is_past_limit():
        found.append(("demander-accord", "Accord demandé à l’orienteur"))
    if len(last_two(enrolment)) == 2:
        found.append(("defaire", "Annuler la dernière étape"))
    return found


def undoing(enrolment: Enrolment) -> str:
    """What taking back the last step would do."""
    steps = last_two(enrolment)
    if len(steps) < 2:
        return "Il n’y a pas d’étape à annuler."
    wrong, before = (step.get_status_display().lower() for step in steps)
    return (
        f"L’étape «\u202f{wrong}\u202f» du {short_date(steps[0].on)} a été notée par erreur\u00a0: "
        f"elle reste à l’historique, et la demande est de nouveau «\u202f{before}\u202f»."
    )


def apart_of(by, participant: Participant) -> tuple[list[Participant], int]:
    """The files one may see with whose people this one is never convened; how many others."""
    keys = apart_from(participant.pk)
    seen = list(Participant.objects.visible_to(by).filter(pk__in=keys).order_by("reference"))
    return seen, len(keys) - len(seen)
