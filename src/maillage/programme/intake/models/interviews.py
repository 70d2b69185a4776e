"""What was tried to reach the person, and what the first interviews found."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils import timezone

from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.vocabularies import MOTIVATIONS
from maillage.programme.intake.models.referrals import Referral


class ContactAttempt(models.Model):
    """One try to reach the person, before the first interview or before a drop-out (R70, R158)."""

    row_owner = Rows(through="referral")

    class Channel(models.TextChoices):
        PHONE = "phone", "Appel"
        SMS = "sms", "SMS"
        EMAIL = "email", "Courriel"
        LETTER = "letter", "Courrier"

    class Outcome(models.TextChoices):
        REACHED = "reached", "Joint·e"
        VOICEMAIL = "voicemail", "Message laissé"
        NO_ANSWER = "no_answer", "Sans réponse"
        WRONG_NUMBER = "wrong_number", "Faux numéro"
        SENT = "sent", "Envoyé"

    referral = models.ForeignKey(
        Referral, on_delete=models.CASCADE, related_name="contact_attempts"
    )
    at = models.DateTimeField("le", default=timezone.now)
    channel = models.CharField("moyen", max_length=8, choices=Channel.choices)
    outcome = models.CharField("résultat", max_length=14, choices=Outcome.choices)
    comment = SealedTextField("précisions", default="", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            CheckConstraint(
                name="contact_channel_known",
                condition=Q(channel__in=["phone", "sms", "email", "letter"]),
            ),
            CheckConstraint(
                name="contact_outcome_known",
                condition=Q(
                    outcome__in=["reached", "voicemail", "no_answer", "wrong_number", "sent"]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} : {self.get_outcome_display()}"

    @property
    def vault_owner(self) -> Owner:
        return self.referral.vault_owner


class Assessment(models.Model):
    """The first interviews, by the grid that APEX, AERS and Via Voltaire share (R61–R67)."""

    row_owner = Rows(through="referral")

    class Position(models.TextChoices):
        ACTOR = "actor", "Se reconnaît acteur ou actrice des faits"
        PARTIAL = "partial", "Reconnaît en partie"
        MINIMISES = "minimises", "Minimise"
        DENIES = "denies", "Nie"
        UNKNOWN = "unknown", "Non abordé"

    class Conclusion(models.TextChoices):
        ACCEPT = "accept", "Accompagnement possible"
        ANOTHER_INTERVIEW = "another", "Un autre entretien est nécessaire"
        NOT_SUITABLE = "not_suitable", "Accompagnement inadapté"

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="assessments")
    held_on = models.DateField("entretien du", default=timezone.localdate)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    position = models.CharField(
        "position face aux violences", max_length=10, choices=Position.choices
    )
    motivation = models.CharField("motivation", max_length=20, choices=MOTIVATIONS.choices())
    request = SealedTextField("demande de la personne", default="", blank=True)
    obstacles = SealedTextField("freins", default="", blank=True)
    care_partners = SealedTextField("suivis en cours ailleurs", default="", blank=True)
    summary = SealedTextField("synthèse", default="", blank=True)
    measure_understood = models.BooleanField("mesure expliquée et comprise", null=True, blank=True)
    contract_signed_on = models.DateField(
        "contrat de participation signé le", null=True, blank=True
    )
    conclusion = models.CharField("conclusion", max_length=14, choices=Conclusion.choices)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["held_on", "pk"]
        constraints = [
            CheckConstraint(
                name="assessment_position_known",
                condition=Q(position__in=["actor", "partial", "minimises", "denies", "unknown"]),
            ),
            CheckConstraint(
                name="assessment_motivation_known", condition=MOTIVATIONS.known("motivation")
            ),
            CheckConstraint(
                name="assessment_conclusion_known",
                condition=Q(conclusion__in=["accept", "another", "not_suitable"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.held_on:%Y-%m-%d}"

    @property
    def vault_owner(self) -> Owner:
        return self.referral.vault_owner
