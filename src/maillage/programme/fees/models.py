"""What a course costs a person, and every movement of it; in cents, never rewritten (R71, I58)."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation
from maillage.programme.groups.models import Enrolment
from maillage.programme.intake.models import Participant, owner, visible_files


class FeeQuerySet(models.QuerySet["Fee"]):
    def visible_to(self, by) -> "FeeQuerySet":
        """Fees of files that this membership may open."""
        return self.filter(visible_files(by))


class Fee(models.Model):
    """What one enrolment owes, as the template said for its legal framework when it was asked."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="fees")
    enrolment = models.OneToOneField(Enrolment, on_delete=models.CASCADE, related_name="fee")
    cents = models.PositiveIntegerField("montant")
    asked_on = models.DateField("demandée le", default=timezone.localdate)
    instalments = models.PositiveSmallIntegerField("en plusieurs fois", default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = FeeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "asked_on"], name="fee_by_day")]
        constraints = [
            CheckConstraint(name="fee_is_something", condition=Q(cents__gte=1)),
            CheckConstraint(
                name="fee_instalments_are_possible",
                condition=Q(instalments__gte=1, instalments__lte=12),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cents}"

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)


class Entry(models.Model):
    """One movement: money received or given back, or a part that is forgone; a wrong one is
    cancelled by its counter-entry. A receipt is numbered without a gap."""

    row_owner = Rows(through="fee", in_figures=True)

    class Kind(models.TextChoices):
        PAYMENT = "payment", "Paiement"
        REFUND = "refund", "Remboursement"
        WAIVER = "waiver", "Remise"

    class Method(models.TextChoices):
        CASH = "cash", "Espèces"
        CHEQUE = "cheque", "Chèque"
        TRANSFER = "transfer", "Virement"
        CARD = "card", "Carte"

    fee = models.ForeignKey(Fee, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField("nature", max_length=8, choices=Kind.choices)
    cents = models.PositiveIntegerField("montant")
    method = models.CharField("moyen", max_length=8, blank=True, choices=Method.choices)
    receipt = models.PositiveIntegerField("reçu", null=True, blank=True)
    year = models.PositiveSmallIntegerField("année")
    on = models.DateField("le")
    reason = SealedTextField("motif", default="", blank=True)
    cancels = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="cancelled_by"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            CheckConstraint(
                name="fee_entry_kind_known", condition=Q(kind__in=["payment", "refund", "waiver"])
            ),
            CheckConstraint(
                name="fee_entry_method_known",
                condition=Q(method__in=["", "cash", "cheque", "transfer", "card"]),
            ),
            CheckConstraint(
                name="fee_entry_money_has_a_method",
                condition=Q(kind="waiver", method="") | (~Q(kind="waiver") & ~Q(method="")),
            ),
            CheckConstraint(name="fee_entry_is_something", condition=Q(cents__gte=1)),
            CheckConstraint(name="fee_entry_not_its_own_counter", condition=~Q(cancels=F("id"))),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cents}"

    @property
    def vault_owner(self) -> Owner:
        return self.fee.vault_owner

    @property
    def sign(self) -> int:
        """What it takes off what is due: a counter-entry gives it back."""
        away = -1 if self.kind == self.Kind.REFUND else 1
        return -away if self.cancels_id else away

    @property
    def receipt_number(self) -> str:
        return f"{self.year}-{self.receipt:04}" if self.receipt else ""


class ReceiptCounter(models.Model):
    """The last receipt of an organisation in a year; its row is locked by whoever writes one."""

    row_owner = Rows(organisation="organisation_id", side="programme")

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["organisation", "year"], name="receipt_counter_once_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class AccountingLine(models.Model):
    """What accounting keeps of money once the file is erased: ten years, nobody's (C. com.
    L123-22); with what was asked, so that the figures of a year do not change."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    ASKED = "asked"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(
        max_length=8, choices=[*Entry.Kind.choices, (ASKED, "Participation demandée")]
    )
    cents = models.IntegerField()
    method = models.CharField(max_length=8, blank=True, choices=Entry.Method.choices)
    receipt = models.PositiveIntegerField(null=True)
    year = models.PositiveSmallIntegerField()
    on = models.DateField()

    class Meta:
        constraints = [
            CheckConstraint(
                name="accounting_kind_known",
                condition=Q(kind__in=["payment", "refund", "waiver", "asked"]),
            ),
            CheckConstraint(
                name="accounting_method_known",
                condition=Q(method__in=["", "cash", "cheque", "transfer", "card"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}/{self.receipt}"
