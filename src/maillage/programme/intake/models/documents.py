"""The pieces of a file: court orders, certificates, letters, as they were received."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.models import UID_LENGTH, all_or_none, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import SealedBytesField, SealedTextField
from maillage.network.models import Organisation
from maillage.network.roles import Side
from maillage.programme.intake.models.participants import Participant, visible_files
from maillage.programme.intake.models.referrals import Referral


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, by) -> "DocumentQuerySet":
        """Documents this membership may know exist."""
        return self.filter(visible_files(by))

    def kept(self) -> "DocumentQuerySet":
        return self.filter(removed_at__isnull=True)


class Document(models.Model):
    """What was received about a referral; of one that was removed, only that it was is kept."""

    row_owner = Rows(organisation="organisation_id", side="programme")

    class Kind(models.TextChoices):
        ORDER = "order", "Décision de justice"
        CERTIFICATE = "certificate", "Attestation ou certificat"
        LETTER = "letter", "Courrier"
        OTHER = "other", "Autre pièce"

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        JPEG = "jpeg", "image JPEG"
        PNG = "png", "image PNG"

    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="documents")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField("nature", max_length=12, choices=Kind.choices)
    format = models.CharField("format", max_length=4, choices=Format.choices)
    title = SealedTextField("intitulé")
    size = models.PositiveIntegerField("taille")
    sha256 = SealedBytesField("empreinte")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField("ajoutée le", default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField("retirée le", null=True)
    removal_reason = SealedTextField("motif du retrait", null=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-added_at", "-pk"]
        constraints = [
            CheckConstraint(
                name="document_kind_known",
                condition=Q(kind__in=["order", "certificate", "letter", "other"]),
            ),
            CheckConstraint(
                name="document_format_known", condition=Q(format__in=["pdf", "jpeg", "png"])
            ),
            CheckConstraint(name="document_is_not_empty", condition=Q(size__gt=0)),
            CheckConstraint(
                name="document_removal_is_whole",
                condition=all_or_none("removed_by", "removed_at", "removal_reason"),
            ),
        ]

    def __str__(self) -> str:
        return self.uid

    @property
    def vault_owner(self) -> tuple[int, str]:
        return self.organisation_id, Side.PROGRAMME

    @property
    def file_name(self) -> str:
        """What the file is called where it is saved: no name of a person."""
        return f"piece-{self.uid}.{'jpg' if self.format == 'jpeg' else self.format}"


class DocumentPart(models.Model):
    """Some of the content, so that no row is too large to be re-encrypted or backed up."""

    row_owner = Rows(through="document")

    SIZE = 128 * 1024

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = SealedBytesField()

    class Meta:
        ordering = ["number"]
        constraints = [UniqueConstraint(fields=["document", "number"], name="document_part_once")]

    def __str__(self) -> str:
        return f"{self.document_id}/{self.number}"

    @property
    def vault_owner(self) -> tuple[int, str]:
        return self.document.vault_owner
