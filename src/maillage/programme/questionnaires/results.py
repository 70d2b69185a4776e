"""What was answered: each question with its own base, n and share a respondent (I59)."""

from collections import Counter
from dataclasses import dataclass, field
from random import SystemRandom
from statistics import median
from typing import Any

from maillage.programme.questionnaires.models import Answer, Question, Questionnaire, Sheet

FEWEST = 3  # sheets under which nothing is shown: one of two would know what the other said


@dataclass(frozen=True)
class Line:
    label: str
    n: int
    share: float  # of the respondents of the question, for the bar; 0 without any


@dataclass(frozen=True)
class Result:
    """One question: `base` answered it, `passed_over` did not."""

    question: Question
    base: int
    passed_over: int
    lines: list[Line] = field(default_factory=list)
    middle: float | None = None
    texts: list[str] = field(default_factory=list)

    @property
    def is_multiple(self) -> bool:
        return self.question.kind == Question.Kind.MULTIPLE


@dataclass(frozen=True)
class Results:
    sheets: int
    questions: list[Result]

    @property
    def are_too_few(self) -> bool:
        return self.sheets < FEWEST


def results(questionnaire: Questionnaire, sheets: Any) -> Results:
    """Of these sheets of a questionnaire, in three queries; nothing under `FEWEST` sheets."""
    count = sheets.count()
    if count < FEWEST:
        return Results(count, [])
    by_question: dict[int, list[Answer]] = {}
    for answer in Answer.objects.filter(sheet__in=sheets):
        by_question.setdefault(answer.question_id, []).append(answer)
    questions = questionnaire.questions.all()
    return Results(count, [_result(one, by_question.get(one.pk, []), count) for one in questions])


def _result(question: Question, answers: list[Answer], sheets: int) -> Result:
    base = len(answers)
    passed_over = sheets - base
    if question.kind == Question.Kind.TEXT:
        texts = [one.text for one in answers]
        SystemRandom().shuffle(texts)  # no two questions show one person at the same place
        return Result(question, base, passed_over, texts=texts)
    counted = Counter(number for one in answers for number in one.picked)
    lines = [
        Line(label, counted[number], counted[number] / base if base else 0)
        for number, label in question.options
    ]
    middle = None
    if question.kind == Question.Kind.SCALE and base:
        middle = median(one.picked[0] for one in answers)
    return Result(question, base, passed_over, lines, middle)


def sheets_of(questionnaire: Questionnaire, **narrowed: Any) -> Any:
    return Sheet.objects.filter(questionnaire=questionnaire, **narrowed)
