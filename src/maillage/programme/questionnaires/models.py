"""What is asked at the end of a course, and what nobody in particular answered (R102, I59)."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation
from maillage.programme.groups.models import Group, of_branch
from maillage.programme.intake.models import owner


class QuestionnaireQuerySet(models.QuerySet["Questionnaire"]):
    def visible_to(self, by) -> "QuestionnaireQuerySet":
        """Those of one's own branch."""
        return self.filter(of_branch(by))


class Questionnaire(models.Model):
    """One version of what is asked; once somebody answered it never changes, it is followed."""

    row_owner = Rows(organisation="organisation_id", side="programme")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    title = models.CharField("intitulé", max_length=120)
    number = models.PositiveSmallIntegerField("version", default=1)
    follows = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="next"
    )
    is_current = models.BooleanField("proposé", default=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    objects = QuestionnaireQuerySet.as_manager()

    class Meta:
        ordering = ["title", "-number"]
        constraints = [
            CheckConstraint(
                name="questionnaire_is_not_its_own_next", condition=~Q(follows=models.F("id"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)


class Question(models.Model):
    """One question, of one of five kinds."""

    row_owner = Rows(through="questionnaire")

    class Kind(models.TextChoices):
        SCALE = "scale", "Échelle"
        SINGLE = "single", "Un choix"
        MULTIPLE = "multiple", "Choix multiple"
        YES_NO = "yes_no", "Oui ou non"
        TEXT = "text", "Texte libre"

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.CASCADE, related_name="questions"
    )
    number = models.PositiveSmallIntegerField("rang")
    kind = models.CharField("nature", max_length=8, choices=Kind.choices)
    label = models.CharField("question", max_length=300)
    choices = models.JSONField("réponses proposées", default=list)
    low = models.PositiveSmallIntegerField("de", default=1)
    high = models.PositiveSmallIntegerField("à", default=5)
    is_required = models.BooleanField("réponse demandée", default=False)

    class Meta:
        ordering = ["questionnaire", "number"]
        constraints = [
            UniqueConstraint(fields=["questionnaire", "number"], name="question_number_once"),
            CheckConstraint(
                name="question_kind_known",
                condition=Q(kind__in=["scale", "single", "multiple", "yes_no", "text"]),
            ),
            CheckConstraint(name="question_scale_goes_up", condition=Q(high__gt=models.F("low"))),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def options(self) -> list[tuple[int, str]]:
        """What may be answered, each with the number under which it is kept; none for a text."""
        if self.kind == self.Kind.YES_NO:
            return [(1, "Oui"), (0, "Non")]
        if self.kind == self.Kind.SCALE:
            return [(one, str(one)) for one in range(self.low, self.high + 1)]
        return list(enumerate(self.choices))


class Sheet(models.Model):
    """The answers of one person, nobody knows which: neither name nor account nor hour."""

    row_owner = Rows(through="questionnaire")

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.PROTECT, related_name="sheets"
    )
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="sheets")
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    on = models.DateField("le", default=timezone.localdate)

    def __str__(self) -> str:
        return self.uid

    @property
    def vault_owner(self) -> Owner:
        return self.questionnaire.vault_owner


class Answer(models.Model):
    """One answer; a question that was passed over has none."""

    row_owner = Rows(through="sheet")

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    picked = models.JSONField("choix", default=list)  # numbers among the options
    text = SealedTextField("texte", default="", blank=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["sheet", "question"], name="answer_once")]

    def __str__(self) -> str:
        return f"{self.sheet_id}/{self.question_id}"

    @property
    def vault_owner(self) -> Owner:
        return self.sheet.vault_owner
