"""How some people want to be reminded, and what those who finished a course answered; invented."""

import random

from maillage.core.models import User
from maillage.network.models import Organisation
from maillage.programme.groups.models import Enrolment, Group, Offer
from maillage.programme.intake.models import Participant
from maillage.programme.questionnaires.models import Answer, Question, Questionnaire, Sheet
from maillage.programme.questionnaires.writing import read
from maillage.programme.reminders.models import ContactChoice

TITLE = "Fin de stage"
QUESTIONS = """* Le stage vous a-t-il été utile ? | échelle 1 à 5
Comment avez-vous été accueilli·e ? | choix : Bien ; Moyennement ; Mal
Qu’avez-vous apprécié ? | plusieurs : Les échanges ; Les intervenant·es ; Le rythme ; Le lieu
Le recommanderiez-vous ? | oui/non
Que changeriez-vous ? | texte"""
WORDS = ("Plus de temps pour parler.", "Commencer plus tard.", "Rien.", "Une salle plus calme.")
PEOPLE, SHARED_PHONE = 60, 10  # how many chose; one in ten shares a telephone
PASSED_OVER = 0.15
RUNS = 6


def load_feedback(organisation: Organisation, workers: list[User]) -> None:
    rng = random.Random(f"feedback {organisation.slug}")
    _choices(organisation, workers[0], rng)
    courses = Group.objects.filter(organisation=organisation, status=Group.Status.FINISHED)
    latest = courses.filter(template__offer__kind=Offer.Kind.COURSE).order_by("-starts_on")[:RUNS]
    if latest:
        _answers(organisation, workers[0], list(latest), rng)


def _choices(organisation: Organisation, by: User, rng: random.Random) -> None:
    expected = Enrolment.objects.filter(
        organisation=organisation, status__in=(*Enrolment.SEATED, *Enrolment.WAITING)
    )
    people = list(
        Participant.objects.filter(pk__in=expected.values("participant")).order_by("pk")[:PEOPLE]
    )
    for rank, person in enumerate(people):
        person.phone = f"+336399810{rank:02}"
        person.phone_is_shared = rank % SHARED_PHONE == 0
        person.save(update_fields=["phone", "phone_is_shared"])
    ContactChoice.objects.bulk_create(
        ContactChoice(
            organisation=organisation,
            participant=person,
            is_on=rng.random() < 0.85,
            by_sms=True,
            by_email=False,
            mailbox_is_shared=False,
            by=by,
        )
        for person in people
    )


def _answers(organisation: Organisation, by: User, runs: list[Group], rng: random.Random) -> None:
    asked = Questionnaire.objects.create(organisation=organisation, title=TITLE, by=by)
    questions = Question.objects.bulk_create(
        Question(questionnaire=asked, number=number, **vars(one))
        for number, one in enumerate(read(QUESTIONS), 1)
    )
    done = Enrolment.objects.filter(group__in=runs, status=Enrolment.Status.COMPLETED)
    ended = {run.pk: run.ends_on for run in runs}
    sheets = Sheet.objects.bulk_create(
        Sheet(questionnaire=asked, group_id=key, on=ended[key])
        for key in done.values_list("group", flat=True)
    )
    Answer.objects.bulk_create(
        Answer(sheet=sheet, question=question, **_said(question, rng))
        for sheet in sheets
        for question in questions
        if question.is_required or rng.random() > PASSED_OVER
    )


def _said(question: Question, rng: random.Random) -> dict:
    if question.kind == Question.Kind.TEXT:
        return {"text": rng.choice(WORDS)}
    numbers = [number for number, _ in question.options]
    if question.kind == Question.Kind.MULTIPLE:
        return {"picked": sorted(rng.sample(numbers, rng.randint(1, 3)))}
    better = question.kind == Question.Kind.SCALE
    weights = numbers if better else [len(numbers) - at for at in range(len(numbers))]
    return {"picked": rng.choices(numbers, weights)}
