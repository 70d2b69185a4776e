"""How a person may be reached without putting them in danger."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.core.models import all_or_none
from maillage.core.rows import Rows
from maillage.core.vault import SealedTextField
from maillage.network.models import Organisation
from maillage.network.roles import Side
from maillage.support.reception.models.beneficiaries import Beneficiary

REVIEW_AFTER_MONTHS = 3


class SafeContactPlan(models.Model):
    """What was agreed with the person; a change is another plan, and the former one stays."""

    SIDE = Side.SUPPORT
    row_owner = Rows(organisation="organisation_id", side="support")
    CHANNELS = {
        "may_call": "Appel",
        "may_text": "SMS",
        "may_email": "Courriel",
        "may_write": "Courrier",
    }

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.CASCADE, related_name="plans")
    may_call = models.BooleanField("appel", default=False)
    may_text = models.BooleanField("SMS", default=False)
    may_email = models.BooleanField("courriel", default=False)
    may_write = models.BooleanField("courrier", default=False)
    phone = SealedTextField("téléphone", default="", blank=True)
    email = SealedTextField("courriel", default="", blank=True)
    hours = SealedTextField("heures", default="", blank=True)
    may_leave_message = models.BooleanField("message possible", default=False)
    may_answer = SealedTextField("qui peut répondre", default="", blank=True)
    code_word = SealedTextField("mot convenu", default="", blank=True)
    never = SealedTextField("à ne jamais faire", default="", blank=True)
    reviewed_on = models.DateField("revu avec la personne le", default=timezone.localdate)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            UniqueConstraint(
                name="safe_contact_plan_one_in_force",
                fields=["beneficiary"],
                condition=Q(superseded_at__isnull=True),
            ),
            CheckConstraint(
                name="safe_contact_plan_superseding_is_whole",
                condition=all_or_none("superseded_at", "superseded_by"),
            ),
            CheckConstraint(
                name="safe_contact_plan_message_needs_a_call",
                condition=Q(may_leave_message=False) | Q(may_call=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.beneficiary_id} {self.reviewed_on:%Y-%m-%d}"

    @property
    def vault_owner(self) -> tuple[int, str]:
        return self.organisation_id, self.SIDE

    @property
    def allowed(self) -> list[str]:
        return [label for field, label in self.CHANNELS.items() if getattr(self, field)]

    @property
    def forbidden(self) -> list[str]:
        return [label for field, label in self.CHANNELS.items() if not getattr(self, field)]

    def is_stale(self, on: date | None = None) -> bool:
        limit = add_months(on or timezone.localdate(), -REVIEW_AFTER_MONTHS)
        return self.reviewed_on < limit
