"""By whom a person is sent, under which legal frame, and what became of it before the follow-up."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation, Site
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
)
from maillage.programme.intake.models.participants import Participant, owner, visible_files

WAIT_LIMIT_MONTHS = 6  # R88, R153


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
        """Everything a row of a list reads, in a fixed number of queries; each sealed column that
        no list shows would cost its opening."""
        return self.select_related("participant", "site", "referrer").defer(
            *("comment", "referrer_contact", "participant__person_key", "participant__town"),
            *("participant__email", "participant__language"),
            *("referrer__role", "referrer__source", "referrer__note"),
        )


class Referral(models.Model):
    """One sending of a person to an organisation; its acceptance opens a follow-up."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

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
        Organisation, on_delete=models.PROTECT, related_name="referrals", db_index=False
    )
    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="referrals", db_index=False
    )
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
        Site,
        verbose_name="lieu",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    is_urgent = models.BooleanField("urgence ou renvoi par la justice", default=False)
    referrer_category = models.CharField(
        "orienteur", max_length=40, choices=REFERRER_CATEGORIES.choices()
    )
    referrer = models.ForeignKey(
        Organisation,
        verbose_name="organisme orienteur",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
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
            models.Index(fields=["site", "-received_on"], name="referral_by_site"),
            models.Index(
                fields=["organisation", "received_on"],
                name="referral_pending",
                condition=Q(status__in=["received", "to_assess", "waiting"]),
            ),
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
                name="referral_linked_only_if_redirected",  # the other file may be erased first
                condition=Q(status="redirected") | Q(redirected_to__isnull=True),
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

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)

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

    row_owner = Rows(through="referral")

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

    row_owner = Rows(through="referral", in_figures=True)

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

    row_owner = Rows(through="referral")

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField("état", max_length=12, choices=Referral.Status.choices)
    on = models.DateField("le")
    recorded_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = SealedTextField("motif", default="", blank=True)

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            CheckConstraint(
                name="referral_step_status_known", condition=Q(status__in=Referral.Status.values)
            )
        ]

    def __str__(self) -> str:
        return self.get_status_display()

    @property
    def vault_owner(self) -> Owner:
        return self.referral.vault_owner
