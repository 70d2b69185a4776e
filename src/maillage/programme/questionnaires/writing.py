"""Questions as one types them, a line each, and back.

    * Le stage vous a-t-il été utile ? | échelle 1 à 5
    Comment avez-vous été accueilli·e ? | choix : Bien ; Moyennement ; Mal
    Qu’avez-vous apprécié ? | plusieurs : Les échanges ; Les intervenants ; Le lieu
    Le recommanderiez-vous ? | oui/non
    Que changeriez-vous ? | texte

A star before a question asks for an answer.
"""

import re
from dataclasses import dataclass, field

from maillage.core.errors import Refused
from maillage.programme.questionnaires.models import Question

MOST_QUESTIONS, MOST_CHOICES = 60, 20
LONGEST, LONGEST_CHOICE = 300, 120
_SCALE = re.compile(r"échelle\s+(?:de\s+)?(\d{1,2})\s+à\s+(\d{1,2})", re.IGNORECASE)
_CHOICES = re.compile(r"(choix|plusieurs)\s*:\s*(.+)", re.IGNORECASE)
_KINDS = {"choix": Question.Kind.SINGLE, "plusieurs": Question.Kind.MULTIPLE}
_HELP = "échelle 1 à 5, choix : A ; B, plusieurs : A ; B, oui/non ou texte"


@dataclass(frozen=True)
class Asked:
    """One question before it is kept."""

    kind: str
    label: str
    choices: list[str] = field(default_factory=list)
    low: int = 1
    high: int = 5
    is_required: bool = False


def read(text: str) -> list[Asked]:
    """The questions in order; raises `Refused` with the line that is not understood."""
    lines = list(filter(None, map(str.strip, text.splitlines())))
    found = [_read(line, number) for number, line in enumerate(lines, 1)]
    check(found)
    return found


def check(asked: list[Asked]) -> None:
    """What holds of questions wherever they come from; the line is their rank."""
    if not asked:
        raise Refused("Écrivez au moins une question.", "questions")
    if len(asked) > MOST_QUESTIONS:
        raise Refused(f"{MOST_QUESTIONS} questions au plus.", "questions")
    labels: set[str] = set()
    for number, one in enumerate(asked, 1):
        if reason := _fault(one, labels):
            raise Refused(f"Ligne {number}\u00a0: {reason}", "questions")
        labels.add(one.label.casefold())


def _fault(one: Asked, before: set[str]) -> str:
    if not one.label or len(one.label) > LONGEST:
        return f"une question a de 1 à {LONGEST} signes."
    if "|" in one.label or len(one.label.splitlines()) > 1:
        return "une question tient sur une ligne, sans «\u202f|\u202f»."
    if one.label.casefold() in before:
        return "cette question est déjà posée."
    if one.kind == Question.Kind.SCALE and not (0 <= one.low < one.high <= 10):
        return "une échelle va de 0 au moins à 10 au plus, en montant."
    if one.kind in (Question.Kind.SINGLE, Question.Kind.MULTIPLE):
        if not 2 <= len(one.choices) <= MOST_CHOICES:
            return f"de 2 à {MOST_CHOICES} réponses, séparées par «\u202f;\u202f»."
        if len({choice.casefold() for choice in one.choices}) < len(one.choices):
            return "deux réponses sont les mêmes."
        if any(";" in choice for choice in one.choices):
            return "une réponse ne contient pas «\u202f;\u202f»."
        if any(not choice or len(choice) > LONGEST_CHOICE for choice in one.choices):
            return f"une réponse a de 1 à {LONGEST_CHOICE} signes."
    return ""


def _read(line: str, number: int) -> Asked:
    label, bar, kind = line.rpartition("|")
    if not bar:
        raise Refused(
            f"Ligne {number}\u00a0: après la question, «\u202f|\u202f» puis {_HELP}.", "questions"
        )
    label, kind = label.strip(), " ".join(kind.split())
    is_required = label.startswith("*")
    label = label.removeprefix("*").strip()
    if match := _SCALE.fullmatch(kind):
        low, high = int(match[1]), int(match[2])
        return Asked(Question.Kind.SCALE, label, [], low, high, is_required)
    if match := _CHOICES.fullmatch(kind):
        choices = [choice.strip() for choice in match[2].split(";")]
        return Asked(_KINDS[match[1].lower()], label, choices, is_required=is_required)
    if kind.lower() in ("oui/non", "oui ou non"):
        return Asked(Question.Kind.YES_NO, label, is_required=is_required)
    if kind.lower() in ("texte", "texte libre"):
        return Asked(Question.Kind.TEXT, label, is_required=is_required)
    raise Refused(
        f"Ligne {number}\u00a0: «\u202f{kind[:40]}\u202f» n’est pas {_HELP}.", "questions"
    )


def written(questions) -> str:
    """The questions as `read` reads them."""
    return "\n".join(_written(one) for one in questions)


def _written(one: Question | Asked) -> str:
    kinds = {
        Question.Kind.SCALE: f"échelle {one.low} à {one.high}",
        Question.Kind.SINGLE: f"choix : {' ; '.join(one.choices)}",
        Question.Kind.MULTIPLE: f"plusieurs : {' ; '.join(one.choices)}",
        Question.Kind.YES_NO: "oui/non",
        Question.Kind.TEXT: "texte",
    }
    return f"{'* ' if one.is_required else ''}{one.label} | {kinds[Question.Kind(one.kind)]}"
