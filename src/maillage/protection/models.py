"""What a person asks about their file, what is given to them, what keeps a file from erasure."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import SealedTextField
from maillage.network.models import Organisation
from maillage.network.roles import Permission, Side

ANSWERED_WITHIN_MONTHS = 1  # RGPD, article 12-3


class OfAFileQuerySet(models.QuerySet):
    def visible_to(self, by):
        """Those of one's organisation and side, for whoever handles or watches over them."""
        if not by.holds(Permission.RIGHTS_READ):
            return self.none()
        return self.filter(organisation_id=by.organisation_id, side=by.side)


class OfAFile(models.Model):
    """A row about one file, known by its uid alone: no key of the database leads to a person."""

    row_owner = Rows(organisation="organisation_id", side_column="side")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    side = models.CharField("côté", max_length=12, choices=Side.choices)
    file = models.CharField("dossier", max_length=UID_LENGTH)
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)

    objects = OfAFileQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.uid

    @property
    def vault_owner(self) -> tuple[int, str]:
        return self.organisation_id, self.side


class LegalHold(OfAFile):
    """A reason for which a file is not erased although it is due, until a day (RGPD, 17-3)."""

    reason = SealedTextField("motif")
    starts_on = models.DateField("depuis le", default=timezone.localdate)
    ends_on = models.DateField("jusqu’au")
    lifted_on = models.DateField("levé le", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["ends_on", "pk"]
        indexes = [models.Index(fields=["organisation", "side", "file"], name="hold_by_file")]
        constraints = [
            CheckConstraint(name="hold_side_known", condition=Q(side__in=Side.values)),
            CheckConstraint(
                name="hold_ends_after_it_starts", condition=Q(ends_on__gte=F("starts_on"))
            ),
            CheckConstraint(
                name="hold_lifted_after_it_starts",
                condition=Q(lifted_on__isnull=True) | Q(lifted_on__gte=F("starts_on")),
            ),
            UniqueConstraint(
                name="hold_once_a_file", fields=["file"], condition=Q(lifted_on__isnull=True)
            ),
        ]

    def is_active(self, on: date | None = None) -> bool:
        day = on or timezone.localdate()
        return self.lifted_on is None and day <= self.ends_on


class RightsRequest(OfAFile):
    """What a person asks about what is held on them, and the answer, due within a month."""

    class Kind(models.TextChoices):
        ACCESS = "access", "Copie du dossier"
        RECTIFICATION = "rectification", "Rectification"
        OBJECTION = "objection", "Opposition"

    class State(models.TextChoices):
        REQUESTED = "requested", "À traiter"
        PREPARED = "prepared", "À relire par une autre personne"
        REVIEWED = "reviewed", "Relue, à remettre"
        GRANTED = "granted", "Satisfaite"
        REFUSED = "refused", "Refusée"

    class How(models.TextChoices):
        HAND = "hand", "En main propre"
        POST = "post", "Par courrier, à l’adresse donnée par la personne"
        EMAIL = "email", "Par courriel chiffré"
        SPOKEN = "spoken", "De vive voix"

    OPEN = (State.REQUESTED, State.PREPARED, State.REVIEWED)
    TRANSITIONS = {
        "prepare": ({State.REQUESTED, State.PREPARED}, State.PREPARED),
        "review": ({State.PREPARED}, State.REVIEWED),
        "send_back": ({State.PREPARED, State.REVIEWED}, State.REQUESTED),
        "give": ({State.REVIEWED}, State.GRANTED),
        "grant": ({State.REQUESTED}, State.GRANTED),
        "refuse": (set(OPEN), State.REFUSED),
    }

    OF_A_COPY = ("prepare", "review", "send_back", "give")

    kind = models.CharField("nature", max_length=13, choices=Kind.choices)
    state = models.CharField("état", max_length=10, choices=State.choices, default=State.REQUESTED)
    received_on = models.DateField("reçue le", default=timezone.localdate)
    due_on = models.DateField("réponse due le")
    asked = SealedTextField("ce qui est demandé", default="", blank=True)
    answer = SealedTextField("réponse donnée", default="", blank=True)
    answered_on = models.DateField("répondu le", null=True, blank=True)
    answered_to = SealedTextField("remis à", default="", blank=True)
    answered_how = models.CharField("remis comment", max_length=6, blank=True, choices=How.choices)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(
                fields=["organisation", "side", "state", "due_on"], name="rights_by_state"
            ),
            models.Index(fields=["file"], name="rights_by_file"),
        ]
        constraints = [
            CheckConstraint(name="rights_side_known", condition=Q(side__in=Side.values)),
            CheckConstraint(
                name="rights_kind_known",
                condition=Q(kind__in=["access", "rectification", "objection"]),
            ),
            CheckConstraint(
                name="rights_state_known",
                condition=Q(state__in=["requested", "prepared", "reviewed", "granted", "refused"]),
            ),
            CheckConstraint(
                name="rights_how_known",
                condition=Q(answered_how__in=["hand", "post", "email", "spoken", ""]),
            ),
            CheckConstraint(
                name="rights_due_after_received", condition=Q(due_on__gte=F("received_on"))
            ),
            CheckConstraint(
                name="rights_answered_iff_ended",
                condition=Q(
                    state__in=["granted", "refused"],
                    answered_on__isnull=False,
                    answered_on__gte=F("received_on"),
                )
                | (~Q(state__in=["granted", "refused"]) & Q(answered_on__isnull=True)),
            ),
            CheckConstraint(
                name="rights_only_a_copy_is_prepared",
                condition=Q(kind="access") | Q(prepared_by__isnull=True, reviewed_by__isnull=True),
            ),
            CheckConstraint(
                name="rights_reviewed_by_another",
                condition=Q(reviewed_by__isnull=True)
                | Q(prepared_by__isnull=False) & ~Q(reviewed_by=F("prepared_by")),
            ),
            CheckConstraint(
                name="rights_copy_given_once_reviewed",
                condition=~Q(kind="access", state__in=["reviewed", "granted"])
                | Q(reviewed_by__isnull=False),
            ),
        ]

    @staticmethod
    def due_date(received_on: date) -> date:
        return add_months(received_on, ANSWERED_WITHIN_MONTHS)

    @property
    def is_copy(self) -> bool:
        return self.kind == self.Kind.ACCESS

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_late(self) -> bool:
        return self.is_open and timezone.localdate() > self.due_on

    def can(self, transition: str) -> bool:
        fits = transition == "refuse" or self.is_copy == (transition in self.OF_A_COPY)
        return fits and self.state in self.TRANSITIONS[transition][0]

    def move(self, transition: str) -> None:
        """Changes the state; raises `ValueError` where the table of transitions forbids it."""
        if not self.can(transition):
            raise ValueError(f"{transition} from {self.state}")
        self.state = self.TRANSITIONS[transition][1]


class Passage(models.Model):
    """What is decided of one free text of a file: given, given in part, or withheld, and why."""

    row_owner = Rows(through="request")

    class Decision(models.TextChoices):
        GIVE = "give", "Remettre en entier"
        REDACT = "redact", "Remettre en partie"
        WITHHOLD = "withhold", "Ne pas remettre"

    class Reason(models.TextChoices):
        VICTIM = "victim", "Sécurité ou parole de la victime"
        THIRD = "third", "Parle d’une autre personne"
        PROFESSIONAL = "professional", "Sécurité d’un·e professionnel·le"
        INQUIRY = "inquiry", "Procédure ou enquête en cours"

    request = models.ForeignKey(RightsRequest, on_delete=models.CASCADE, related_name="passages")
    model = models.CharField(max_length=60)  # « episodes.Note »
    row = models.BigIntegerField()
    column = models.CharField(max_length=40)
    decision = models.CharField("décision", max_length=8, choices=Decision.choices)
    reason = models.CharField("motif", max_length=12, blank=True, choices=Reason.choices)
    given = SealedTextField("texte remis", default="", blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            CheckConstraint(
                name="passage_decision_known",
                condition=Q(decision__in=["give", "redact", "withhold"]),
            ),
            CheckConstraint(
                name="passage_reason_known",
                condition=Q(reason__in=["victim", "third", "professional", "inquiry", ""]),
            ),
            CheckConstraint(
                name="passage_has_a_reason_unless_given_whole",
                condition=Q(decision="give", reason="") | ~Q(decision="give") & ~Q(reason=""),
            ),
            UniqueConstraint(
                name="passage_once_a_text", fields=["request", "model", "row", "column"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model}.{self.column}"

    @property
    def vault_owner(self) -> tuple[int, str]:
        return self.request.vault_owner
