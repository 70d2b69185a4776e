"""Who is sent, by whom, under which legal frame, and what became of it before the follow-up."""

import uuid
from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.calendar import add_months, full_years
from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.vault import SealedDateField, SealedTextField
from maillage.network.models import Membership, Organisation, Site
from maillage.network.roles import Permission, Side
from maillage.network.vocabularies import (
    EMPLOYMENTS,
    LEGAL_FRAMEWORKS,
    MARITAL_STATUSES,
    MODULES,
    MOTIVATIONS,
    OBLIGATIONS,
    REFERRER_CATEGORIES,
    RESOURCES,
    RETURN_REASONS,
    SEXES,
)

WAIT_LIMIT_MONTHS = 6  # R88, R153
ADULT_AGE = 18


def works_today(by) -> bool:
    """Whether a membership is in force; whoever has the machine and its keys always works."""
    if not isinstance(by, Membership):
        return True
    return by.starts_on <= timezone.localdate() <= (by.ends_on or date.max)


def visible_files(by) -> Q:
    """The condition under which a membership may know that a file exists."""
    if by.side != Side.PROGRAMME or not works_today(by) or not by.holds(Permission.FILE_READ):
        return Q(pk__in=[])
    return Q(organisation_id=by.organisation_id)


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def visible_to(self, by) -> "ParticipantQuerySet":
        """Participants this membership may know exist. Every page starts here."""
        return self.filter(visible_files(by))


class Participant(models.Model):
    """A person followed on the programme side, as one organisation knows them."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="participants"
    )
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    reference = models.CharField("dossier", max_length=60)
    person_key = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    last_name = SealedTextField("nom", default="", blank=True)
    first_name = SealedTextField("prénom", default="", blank=True)
    birth_date = SealedDateField("date de naissance", null=True, blank=True)
    sex = models.CharField("sexe", max_length=1, choices=SEXES.choices())
    town = SealedTextField("commune", default="", blank=True)
    phone = SealedTextField("téléphone", default="", blank=True)
    phone_is_shared = models.BooleanField("téléphone partagé avec un tiers", default=False)
    email = SealedTextField("courriel", default="", blank=True)
    language = SealedTextField("langue, interprète", default="", blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["organisation", "reference"], name="participant_reference_once"
            ),
            CheckConstraint(name="participant_sex_known", condition=SEXES.known("sex")),
            CheckConstraint(name="participant_has_a_reference", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def display_name(self) -> str:
        """« NOM Prénom » as known; without either, the reference."""
        return f"{self.last_name.upper()} {self.first_name}".strip() or f"Dossier {self.reference}"

    def age(self, on: date | None = None) -> int | None:
        return full_years(self.birth_date, on or timezone.localdate()) if self.birth_date else None

    @property
    def is_minor(self) -> bool:
        age = self.age()
        return age is not None and age < ADULT_AGE


class NameKey(models.Model):
    """One blind index of a name: a prefix of a word, a sound or a date, in one organisation."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="name_keys")
    digest = models.BigIntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["digest", "participant"], name="name_key_once_a_participant")
        ]

    def __str__(self) -> str:
        return str(self.digest)


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, by) -> "ReferralQuerySet":
        """Referrals this membership may know exist. Every page starts here."""
        return self.filter(visible_files(by))

    def pending(self) -> "ReferralQuerySet":
        return self.filter(status__in=Referral.PENDING)

    def waiting_list(self) -> "ReferralQuerySet":
        """In order of arrival, urgent ones first (R88, R153)."""
        return self.filter(status=Referral.Status.WAITING).order_by(
            "-is_urgent", "received_on", "pk"
        )

    def late(self, on: date | None = None) -> "ReferralQuerySet":
        """Those of which `is_late` is true: the limit of a place is behind (R88)."""
        day = on or timezone.localdate()
        oldest = add_months(day, -WAIT_LIMIT_MONTHS)
        if add_months(oldest, WAIT_LIMIT_MONTHS) >= day:
            oldest -= timedelta(days=1)
        return self.pending().filter(
            Q(due_on__lt=day) | Q(due_on__isnull=True, received_on__lte=oldest)
        )

    def for_list(self) -> "ReferralQuerySet":
        """Everything a row of a list reads, in a fixed number of queries."""
        return self.select_related("participant", "site", "referrer")


class Referral(models.Model):
    """One sending of a person to an organisation; its acceptance opens a follow-up."""

    class Status(models.TextChoices):
        RECEIVED = "received", "Reçue"
        TO_ASSESS = "to_assess", "À évaluer"
        WAITING = "waiting", "En attente"
        ACCEPTED = "accepted", "Acceptée"
        RETURNED = "returned", "Retournée à l’orienteur"
        REDIRECTED = "redirected", "Redirigée vers une autre antenne"
        CLOSED = "closed", "Close sans entrée"

    PENDING = (Status.RECEIVED, Status.TO_ASSESS, Status.WAITING)
    ENDED = (Status.RETURNED, Status.REDIRECTED, Status.CLOSED)
    TRANSITIONS = {
        "plan_assessment": ({Status.RECEIVED, Status.WAITING}, Status.TO_ASSESS),
        "wait": ({Status.RECEIVED, Status.TO_ASSESS}, Status.WAITING),
        "accept": (set(PENDING), Status.ACCEPTED),
        "return": (set(PENDING), Status.RETURNED),
        "redirect": (set(PENDING), Status.REDIRECTED),
        "close": (set(PENDING), Status.CLOSED),
        "reopen": ({Status.RETURNED, Status.CLOSED}, Status.RECEIVED),
    }

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="referrals"
    )
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="referrals")
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    number = models.PositiveIntegerField("rang", default=1)
    status = models.CharField(
        "état", max_length=12, choices=Status.choices, default=Status.RECEIVED
    )
    received_on = models.DateField("reçue le", default=timezone.localdate)
    due_on = models.DateField("à faire avant le", null=True, blank=True)
    ended_on = models.DateField("terminée sans entrée le", null=True, blank=True)
    return_reason = models.CharField(
        "motif", max_length=40, blank=True, choices=RETURN_REASONS.choices()
    )
    redirected_to = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="redirected_from"
    )
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_urgent = models.BooleanField("urgence ou renvoi par la justice", default=False)
    referrer_category = models.CharField(
        "orienteur", max_length=40, choices=REFERRER_CATEGORIES.choices()
    )
    referrer = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    referrer_contact = SealedTextField("interlocuteur", default="", blank=True)
    legal_framework = models.CharField(
        "cadre juridique", max_length=40, choices=LEGAL_FRAMEWORKS.choices()
    )
    motivation = models.CharField(
        "motivation propre", max_length=20, choices=MOTIVATIONS.choices(), default="non_precise"
    )
    care_obligation = models.BooleanField("obligation de soins", null=True, blank=True)
    marital_status = models.CharField(
        "situation conjugale",
        max_length=20,
        choices=MARITAL_STATUSES.choices(),
        default="non_precise",
    )
    employment = models.CharField(
        "situation professionnelle",
        max_length=20,
        choices=EMPLOYMENTS.choices(),
        default="non_precise",
    )
    resources = models.CharField(
        "ressources", max_length=20, choices=RESOURCES.choices(), default="non_precise"
    )
    comment = SealedTextField("précisions", default="", blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organisation", "status", "received_on"], name="referral_by_status"
            ),
            models.Index(fields=["organisation", "-received_on"], name="referral_by_arrival"),
        ]
        constraints = [
            UniqueConstraint(fields=["participant", "number"], name="referral_number_once"),
            CheckConstraint(name="referral_number_is_positive", condition=Q(number__gte=1)),
            CheckConstraint(
                name="referral_status_known",
                condition=Q(
                    status__in=[
                        "received",
                        "to_assess",
                        "waiting",
                        "accepted",
                        "returned",
                        "redirected",
                        "closed",
                    ]
                ),
            ),
            CheckConstraint(
                name="referral_due_after_received",
                condition=Q(due_on__isnull=True) | Q(due_on__gte=F("received_on")),
            ),
            CheckConstraint(
                name="referral_ended_iff_dated",
                condition=Q(
                    status__in=["returned", "redirected", "closed"],
                    ended_on__isnull=False,
                    ended_on__gte=F("received_on"),
                )
                | (~Q(status__in=["returned", "redirected", "closed"]) & Q(ended_on__isnull=True)),
            ),
            CheckConstraint(
                name="referral_end_has_a_reason",
                condition=~Q(status__in=["returned", "closed"]) | ~Q(return_reason=""),
            ),
            CheckConstraint(
                name="referral_redirected_iff_linked",
                condition=Q(status="redirected", redirected_to__isnull=False)
                | (~Q(status="redirected") & Q(redirected_to__isnull=True)),
            ),
            CheckConstraint(
                name="referral_referrer_category_known",
                condition=REFERRER_CATEGORIES.known("referrer_category"),
            ),
            CheckConstraint(
                name="referral_legal_framework_known",
                condition=LEGAL_FRAMEWORKS.known("legal_framework"),
            ),
            CheckConstraint(
                name="referral_motivation_known", condition=MOTIVATIONS.known("motivation")
            ),
            CheckConstraint(
                name="referral_return_reason_known",
                condition=RETURN_REASONS.known("return_reason", or_empty=True),
            ),
            CheckConstraint(
                name="referral_marital_status_known",
                condition=MARITAL_STATUSES.known("marital_status"),
            ),
            CheckConstraint(
                name="referral_employment_known", condition=EMPLOYMENTS.known("employment")
            ),
            CheckConstraint(
                name="referral_resources_known", condition=RESOURCES.known("resources")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id}/{self.number}"

    def can(self, transition: str) -> bool:
        return self.status in self.TRANSITIONS[transition][0]

    def move(self, transition: str) -> None:
        """Changes the status; raises `ValueError` where the table of transitions forbids it."""
        allowed, target = self.TRANSITIONS[transition]
        if self.status not in allowed:
            raise ValueError(f"{transition} from {self.status}")
        self.status = target

    @property
    def is_pending(self) -> bool:
        return self.status in self.PENDING

    @property
    def wait_limit(self) -> date:
        """The day by which a place is owed: the legal due date, else six months (R88)."""
        return self.due_on or add_months(self.received_on, WAIT_LIMIT_MONTHS)

    def is_late(self, on: date | None = None) -> bool:
        return self.is_pending and (on or timezone.localdate()) > self.wait_limit

    def is_soon_late(self, on: date | None = None) -> bool:
        """Less than two months before the limit."""
        day = on or timezone.localdate()
        return self.is_pending and not self.is_late(day) and add_months(day, 2) > self.wait_limit


class Obligation(models.Model):
    """One duty or ban that comes with a referral, each on its own (R52, R127)."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="obligations")
    code = models.CharField("obligation", max_length=30, choices=OBLIGATIONS.choices())
    ends_on = models.DateField("jusqu’au", null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["referral", "code"], name="obligation_once_a_referral"),
            CheckConstraint(name="obligation_code_known", condition=OBLIGATIONS.known("code")),
        ]

    def __str__(self) -> str:
        return self.get_code_display()


class RequestedModule(models.Model):
    """One module that the referrer asks for; what is really followed is the episode's."""

    referral = models.ForeignKey(
        Referral, on_delete=models.CASCADE, related_name="requested_modules"
    )
    code = models.CharField("module", max_length=40, choices=MODULES.choices())

    class Meta:
        constraints = [
            UniqueConstraint(fields=["referral", "code"], name="requested_module_once"),
            CheckConstraint(name="requested_module_known", condition=MODULES.known("code")),
        ]

    def __str__(self) -> str:
        return self.get_code_display()


class ReferralStep(models.Model):
    """One state that a referral entered, when and why; never changed afterwards."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField(max_length=12, choices=Referral.Status.choices)
    on = models.DateField()
    recorded_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = SealedTextField(default="", blank=True)

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            CheckConstraint(
                name="referral_step_status_known", condition=Q(status__in=Referral.Status.values)
            )
        ]

    def __str__(self) -> str:
        return self.get_status_display()


class ContactAttempt(models.Model):
    """One try to reach the person, before the first interview or before a drop-out (R70, R158)."""

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


class Assessment(models.Model):
    """The first interviews, by the grid that APEX, AERS and Via Voltaire share (R61–R67)."""

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
