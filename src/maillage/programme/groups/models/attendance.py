"""Who came to a session, and whether what was asked was complied with: two axes (R102)."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation
from maillage.programme.groups.models.enrolments import Enrolment
from maillage.programme.groups.models.runs import Session
from maillage.programme.intake.models import owner


class Attendance(models.Model):
    """One person at one session: present or not, from when, for what reason, and complied or not.

    `tick` is made by the telephone on which it was ticked: sent twice, it is written once; the
    later of two ticks of one person stands.
    """

    row_owner = Rows(through="enrolment", in_figures=True)

    class Reason(models.TextChoices):
        """Why somebody was absent; all but the last two are legitimate."""

        ILLNESS = "illness", "Maladie, avec justificatif"
        WORK = "work", "Travail, avec justificatif"
        FAMILY = "family", "Événement familial, avec justificatif"
        HEARING = "hearing", "Audience ou convocation officielle"
        DETENTION = "detention", "Détention"
        TRANSPORT = "transport", "Transport impossible"
        UNJUSTIFIED = "unjustified", "Sans justificatif"
        UNKNOWN = "unknown", "Raison inconnue"

    LEGITIMATE = ("illness", "work", "family", "hearing", "detention", "transport")

    session = models.ForeignKey(
        Session, verbose_name="séance", on_delete=models.PROTECT, related_name="attendances"
    )
    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="attendances")
    is_present = models.BooleanField("présent·e")
    minutes_late = models.PositiveSmallIntegerField("retard en minutes", default=0)
    minutes_missed = models.PositiveSmallIntegerField("départ anticipé en minutes", default=0)
    complied = models.BooleanField("s’est conformé·e au cadre", null=True, blank=True)
    reason = models.CharField("raison", max_length=12, blank=True, choices=Reason.choices)
    catches_up = models.ForeignKey(
        Session,
        verbose_name="rattrape la séance",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="caught_up",
    )  # the missed session, of whatever group, that this one replaces
    tick = models.UUIDField(unique=True)
    ticked_at = models.DateTimeField("émargé le")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["session", "enrolment"], name="attendance_once"),
            CheckConstraint(
                name="attendance_reason_known",
                condition=Q(
                    reason__in=[
                        *("", "illness", "work", "family", "hearing", "detention"),
                        *("transport", "unjustified", "unknown"),
                    ]
                ),
            ),
            CheckConstraint(
                name="attendance_reason_of_an_absence",
                condition=Q(is_present=False) ^ Q(reason=""),
            ),
            CheckConstraint(
                name="attendance_absent_was_not_late",
                condition=Q(is_present=True) | Q(minutes_late=0, minutes_missed=0, complied=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.enrolment_id}: {self.is_present}"

    @property
    def is_justified(self) -> bool:
        return self.is_present or self.reason in self.LEGITIMATE

    @property
    def minutes(self) -> int:
        """How long one was there."""
        if not self.is_present:
            return 0
        return max(0, self.session.minutes - self.minutes_late - self.minutes_missed)


class Certificate(models.Model):
    """What is attested of an enrolment: that it was done, or that it was not (R75, R76).

    Made by the rules alone; one that turns out wrong is revoked, never changed.
    """

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    class Kind(models.TextChoices):
        COMPLETION = "completion", "Attestation de participation"
        NON_ATTENDANCE = "non_attendance", "Rapport de carence"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="certificates")
    kind = models.CharField("nature", max_length=16, choices=Kind.choices)
    number = models.CharField("numéro", max_length=20)
    code = SealedTextField("code de vérification")
    minutes = models.PositiveIntegerField("durée suivie")
    issued_on = models.DateField("établie le", default=timezone.localdate)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    revoked_on = models.DateField("annulée le", null=True, blank=True)
    revoked_because = SealedTextField("motif d’annulation", default="", blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["organisation", "number"], name="certificate_number_once"),
            UniqueConstraint(
                fields=["enrolment"],
                name="certificate_one_in_force",
                condition=Q(revoked_on__isnull=True),
            ),
            CheckConstraint(
                name="certificate_kind_known",
                condition=Q(kind__in=["completion", "non_attendance"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)
