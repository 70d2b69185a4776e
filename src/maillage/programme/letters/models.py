"""What an organisation writes its letters with, and what was sent of them."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation
from maillage.programme.intake.models import Participant, owner, visible_files


class Kind(models.TextChoices):
    CONVOCATION = "convocation", "Convocation"
    REMINDER = "reminder", "Rappel"
    WARNING = "warning", "Avertissement"
    CERTIFICATE = "certificate", "Attestation de participation"
    NON_ATTENDANCE = "non_attendance", "Rapport de carence"
    NOTICE = "notice", "Avis à l’orienteur"
    RECEIPT = "receipt", "Reçu"


_KINDS = [
    *("convocation", "reminder", "warning", "certificate", "non_attendance", "notice"),
    "receipt",
]


class Letterhead(models.Model):
    """How the letters of an organisation begin and end; nothing of a followed person."""

    row_owner = Rows(organisation="organisation_id", side="programme")

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="+")
    address = SealedTextField("adresse", default="", blank=True)
    phone = SealedTextField("téléphone", default="", blank=True)
    email = SealedTextField("courriel", default="", blank=True)
    town = SealedTextField("fait à", default="", blank=True)
    signatory = SealedTextField("signataire", default="", blank=True)

    def __str__(self) -> str:
        return str(self.organisation_id)

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)


class LetterTemplate(models.Model):
    """One version of a letter in the words of an organisation; a change is the next version, so
    that a letter that was sent can be made again as it was."""

    row_owner = Rows(organisation="organisation_id", side="programme")

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField("lettre", max_length=16, choices=Kind.choices)
    number = models.PositiveIntegerField("version")
    subject = SealedTextField("objet")
    body = SealedTextField("texte")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["organisation", "kind", "number"], name="letter_template_version_once"
            ),
            CheckConstraint(name="letter_template_kind_known", condition=Q(kind__in=_KINDS)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.number}"

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, by) -> "LetterQuerySet":
        """Letters of files that this membership may open."""
        return self.filter(visible_files(by))


class Letter(models.Model):
    """One letter as it was made: its words are kept sealed, and how it left (R80)."""

    row_owner = Rows(organisation="organisation_id", side="programme")

    class Way(models.TextChoices):
        POST = "post", "Courrier"
        REGISTERED = "registered", "Lettre recommandée"
        HANDED = "handed", "Remise en main propre"
        EMAIL = "email", "Courriel"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="letters")
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    about = models.CharField("à propos de", max_length=UID_LENGTH, blank=True)  # a demand's uid
    kind = models.CharField("lettre", max_length=16, choices=Kind.choices)
    content = SealedTextField("contenu")  # JSON: what `render` draws
    made_at = models.DateTimeField("faite le", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    way = models.CharField("envoi", max_length=12, blank=True, choices=Way.choices)
    sent_on = models.DateField("envoyée le", null=True, blank=True)
    proof = SealedTextField("preuve d’envoi", default="", blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["organisation", "-made_at"], name="letter_by_day")]
        constraints = [
            CheckConstraint(name="letter_kind_known", condition=Q(kind__in=_KINDS)),
            CheckConstraint(
                name="letter_way_known",
                condition=Q(way__in=["", "post", "registered", "handed", "email"]),
            ),
            CheckConstraint(
                name="letter_sent_whole",
                condition=Q(sent_on__isnull=True, way="") | (Q(sent_on__isnull=False) & ~Q(way="")),
            ),
        ]

    def __str__(self) -> str:
        return self.uid

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)
