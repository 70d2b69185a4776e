"""How a person wants to be reminded, and each reminder that left; nothing is overwritten."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, OuterRef, Q, Subquery, UniqueConstraint
from django.db.models.functions import Coalesce
from django.utils import timezone

from maillage.core.models import Delivery
from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation
from maillage.programme.intake.models import Participant, owner, visible_files


class Channel(models.TextChoices):
    SMS = "sms", "SMS"
    EMAIL = "email", "Courriel"


class State(models.TextChoices):
    SENDING = "sending", "Envoi en cours"
    HANDED = "handed", "Remis à l’opérateur"
    DELIVERED = "delivered", "Reçu"
    FAILED = "failed", "Non remis"
    WRONG = "wrong", "Numéro ou adresse inconnus"


_STATES = ["sending", "handed", "delivered", "failed", "wrong"]


class ContactChoice(models.Model):
    """What a person chose, once; the latest one stands, and without one nothing is sent."""

    row_owner = Rows(organisation="organisation_id", side="programme")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="contact_choices"
    )
    is_on = models.BooleanField("rappels activés")
    by_sms = models.BooleanField("par SMS")
    by_email = models.BooleanField("par courriel")
    mailbox_is_shared = models.BooleanField("courriel lu par un tiers")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("noté le", default=timezone.now)

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        get_latest_by = ["recorded_at", "pk"]

    def __str__(self) -> str:
        return str(self.participant_id)

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def visible_to(self, by) -> "ReminderQuerySet":
        """Reminders to the people of files that this membership may open."""
        return self.filter(visible_files(by))

    def wrong(self) -> "ReminderQuerySet":
        """Those to an address that nobody has, and that nobody checked since."""
        return self.filter(checked_at=None).with_outcome().filter(Q(outcome=State.WRONG))

    def with_outcome(self) -> "ReminderQuerySet":
        """Adds `outcome`: what the carrier said last, else what is known here."""
        said = Delivery.objects.filter(receipt=OuterRef("receipt")).exclude(receipt="")
        return self.annotate(outcome=Coalesce(Subquery(said.values("state")[:1]), "state"))


class Reminder(models.Model):
    """One message of one appointment; its words are those of its moment, and nothing else."""

    row_owner = Rows(organisation="organisation_id", side="programme")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="reminders")
    moment = models.DateTimeField("rendez-vous le")
    channel = models.CharField("par", max_length=5, choices=Channel.choices)
    address = SealedTextField("à")
    state = models.CharField("état", max_length=10, choices=State.choices, default=State.SENDING)
    receipt = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField("envoyé le", default=timezone.now)
    checked_at = models.DateTimeField("numéro vérifié le", null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ["-moment", "-pk"]
        indexes = [models.Index(fields=["organisation", "-moment"], name="reminder_by_moment")]
        constraints = [
            UniqueConstraint(fields=["participant", "moment"], name="reminder_once_a_moment"),
            CheckConstraint(
                name="reminder_channel_known", condition=Q(channel__in=["sms", "email"])
            ),
            CheckConstraint(name="reminder_state_known", condition=Q(state__in=_STATES)),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.moment:%Y-%m-%d %H:%M}"

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)
