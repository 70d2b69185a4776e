"""Questionnaires written, answered once by code or typed from paper."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from maillage.core import rowlock, trail
from maillage.core.errors import Refused
from maillage.core.seals import SIGNS
from maillage.network.actors import CommandLine
from maillage.network.models import OneTimeCode
from maillage.network.roles import Permission
from maillage.programme.groups.models import Group
from maillage.programme.questionnaires import access
from maillage.programme.questionnaires.models import Answer, Question, Questionnaire, Sheet
from maillage.programme.questionnaires.writing import Asked, check

LENGTH, MOST_CODES = 12, 60  # 59 bits a code
OPEN_FOR = timedelta(days=7)
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Respondent(CommandLine):
    """Whoever holds a code: adds one sheet to one organisation, and reads nothing of it."""

    role: str = "respondent"

    def holds(self, permission: Permission) -> bool:
        return False


@transaction.atomic
def write(
    *, by, title: str, asked: Sequence[Asked], before: Questionnaire | None = None
) -> Questionnaire:
    """A new questionnaire, or what follows one: in its place as long as nobody answered, else as
    its next version."""
    access.check_can_ask(by)
    check(list(asked))
    if not title.strip():
        raise Refused("Donnez un intitulé.", "title")
    if before is None:
        made = Questionnaire.objects.create(
            organisation_id=by.organisation_id, title=title.strip(), by=by.user
        )
    else:
        made = _again(before, title.strip(), by)
    Question.objects.bulk_create(
        Question(
            questionnaire=made,
            number=number,
            kind=one.kind,
            label=one.label,
            choices=one.choices,
            low=one.low,
            high=one.high,
            is_required=one.is_required,
        )
        for number, one in enumerate(asked, 1)
    )
    trail.record("questionnaire_written", by=by, target=made.uid, version=made.number)
    return made


def _again(before: Questionnaire, title: str, by) -> Questionnaire:
    mine = Questionnaire.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    before = mine.get(pk=before.pk)
    if hasattr(before, "next"):
        raise Refused("Une version plus récente existe déjà\u00a0: modifiez-la.")
    if not before.sheets.exists():
        before.questions.all().delete()
        before.title = title
        before.save(update_fields=["title"])
        return before
    before.is_current = False
    before.save(update_fields=["is_current"])
    return Questionnaire.objects.create(
        organisation_id=before.organisation_id,
        title=title,
        number=before.number + 1,
        follows=before,
        by=by.user,
    )


def digest_of(code: str) -> str:
    """Of a code as it is typed: case, spaces and hyphens do not count."""
    return sha256("".join(sign for sign in code.upper() if sign.isalnum()).encode()).hexdigest()


@transaction.atomic
def make_codes(*, by, questionnaire: Questionnaire, group: Group, count: int) -> list[str]:
    """So many codes, told this once; each opens the questionnaire once, for a week."""
    access.check_can_type(by)
    group = Group.objects.visible_to(by).get(pk=group.pk)
    questionnaire = Questionnaire.objects.visible_to(by).get(pk=questionnaire.pk)
    if not 1 <= count <= MOST_CODES:
        raise Refused(f"De 1 à {MOST_CODES} codes.", "count")
    signs = ["".join(secrets.choice(SIGNS) for _ in range(LENGTH)) for _ in range(count)]
    OneTimeCode.objects.bulk_create(
        OneTimeCode(
            organisation_id=by.organisation_id,
            digest=digest_of(one),
            opens=f"{questionnaire.uid}/{group.uid}",
            expires_on=timezone.localdate() + OPEN_FOR,
        )
        for one in signs
    )
    trail.record("codes_made", by=by, target=group.uid, count=count)
    return ["-".join(one[at : at + 4] for at in range(0, LENGTH, 4)) for one in signs]


@dataclass(frozen=True)
class Opened:
    """What a code opens."""

    code: OneTimeCode
    questionnaire: Questionnaire
    questions: list[Question]


def open_by_code(typed: str) -> Opened | None:
    """What the code opens, as long as it was not used and is not too old."""
    code = (
        OneTimeCode.objects.filter(
            digest=digest_of(typed), is_used=False, expires_on__gte=timezone.localdate()
        )
        .select_related("organisation")
        .first()
    )
    if code is None:
        return None
    with rowlock.acting(Respondent(code.organisation)):
        found = Questionnaire.objects.filter(
            uid=code.opens.partition("/")[0], organisation=code.organisation
        ).first()
        if found is None:
            return None
        return Opened(code, found, list(found.questions.all()))


def answer_by_code(*, opened: Opened, said: Mapping[int, Any]) -> None:
    """Keeps one sheet and uses the code up, both or none; raises `Refused` where it was used."""
    group_uid = opened.code.opens.partition("/")[2]
    respondent = Respondent(opened.code.organisation)
    with transaction.atomic(), rowlock.acting(respondent):
        fresh = OneTimeCode.objects.filter(pk=opened.code.pk, is_used=False)
        if not fresh.update(is_used=True):
            raise Refused("Ce code a déjà servi.")
        group = Group.objects.get(uid=group_uid, organisation=opened.code.organisation)
        _keep(opened.questionnaire, opened.questions, group, timezone.localdate(), said)
        trail.record("sheet_answered", by=respondent, target=group.uid)


@transaction.atomic
def type_sheet(
    *,
    by,
    questionnaire: Questionnaire,
    group: Group,
    said: Mapping[int, Any],
    uid: str,
    on: date | None = None,
) -> None:
    """A sheet of paper; the same form sent twice (`uid`) is one sheet."""
    access.check_can_type(by)
    group = Group.objects.visible_to(by).get(pk=group.pk)
    questionnaire = Questionnaire.objects.visible_to(by).get(pk=questionnaire.pk)
    if Sheet.objects.filter(uid=uid).exists():
        return
    questions = list(questionnaire.questions.all())
    _keep(questionnaire, questions, group, on or timezone.localdate(), said, uid=uid)
    trail.record("sheet_typed", by=by, target=group.uid)


def _keep(
    questionnaire: Questionnaire,
    questions: Sequence[Question],
    group: Group,
    on: date,
    said: Mapping[int, Any],
    **known: str,
) -> None:
    sheet = Sheet.objects.create(questionnaire=questionnaire, group=group, on=on, **known)
    answers = [_answer(sheet, one, said.get(one.number)) for one in questions]
    given = [answer for answer in answers if answer is not None]
    if not given:
        raise Refused("Aucune réponse\u00a0: cochez au moins une case.")
    for answer in given:
        answer.save(force_insert=True)


def _answer(sheet: Sheet, question: Question, said: Any) -> Answer | None:
    """`None` for a question passed over; raises `Refused` for what was not among the options."""
    if question.kind == Question.Kind.TEXT:
        text = str(said or "").strip()[:LONGEST_TEXT]
        picked: list[int] = []
    else:
        text, picked = "", sorted(set(said or []))
        known = {number for number, _ in question.options}
        if not known.issuperset(picked):
            raise Refused(f"Question {question.number}\u00a0: cette réponse n’existe pas.")
        if len(picked) > 1 and question.kind != Question.Kind.MULTIPLE:
            raise Refused(f"Question {question.number}\u00a0: une seule réponse.")
    if not text and not picked:
        if question.is_required:
            raise Refused(f"Question {question.number}\u00a0: répondez, elle est demandée.")
        return None
    return Answer(sheet=sheet, question=question, picked=picked, text=text)
