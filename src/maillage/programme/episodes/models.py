"""The follow-up of a person, from entry to exit: who does what, when, and what was kept."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.calendar import add_months, hour, long_date
from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation, Site, dated
from maillage.network.vocabularies import (
    EMPLOYMENTS,
    EXIT_REASONS,
    LEGAL_FRAMEWORKS,
    MARITAL_STATUSES,
    MODULES,
    REFERRER_CATEGORIES,
    RESOURCES,
    SEXES,
)
from maillage.programme.intake.models import Participant, Referral, owner, visible_files


class EpisodeQuerySet(models.QuerySet["Episode"]):
    def visible_to(self, by) -> "EpisodeQuerySet":
        """Episodes this membership may know exist. Every page starts here."""
        return self.filter(visible_files(by))

    def open(self) -> "EpisodeQuerySet":
        return self.filter(exited_on__isnull=True)

    def silent(self, on: date | None = None) -> "EpisodeQuerySet":
        """Open files without any contact for the months that the settings say (I45)."""
        limit = add_months(on or timezone.localdate(), -settings.SILENT_MONTHS)
        return self.open().filter(last_contact_on__lt=limit)

    def for_list(self) -> "EpisodeQuerySet":
        """Everything a row of a list reads, in a fixed number of queries."""
        return self.select_related("participant", "referral", "site", "referent")


class Episode(models.Model):
    """One follow-up from entry to exit; a return after an exit is another one (R56, I49)."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="episode")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="episodes")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="episodes", db_index=False
    )
    site = models.ForeignKey(
        Site,
        verbose_name="lieu",
        on_delete=models.PROTECT,
        related_name="episodes",
        db_index=False,
    )
    referent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="episodes",
        db_index=False,
    )
    entered_on = models.DateField("entrée le")
    exited_on = models.DateField("sortie le", null=True, blank=True)
    exit_reason = models.CharField(
        "motif de sortie", max_length=30, blank=True, choices=EXIT_REASONS.choices()
    )
    exit_comment = SealedTextField("précisions", default="", blank=True)
    last_contact_on = models.DateField("dernier contact le")
    version = models.PositiveIntegerField(default=1)

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organisation", "exited_on", "-entered_on"], name="episode_caseload"
            ),
            models.Index(fields=["organisation", "-entered_on"], name="episode_by_entry"),
            models.Index(fields=["site", "-entered_on"], name="episode_by_site"),
            models.Index(fields=["referent", "exited_on"], name="episode_by_referent"),
            models.Index(
                fields=["organisation", "last_contact_on"],
                name="episode_open_by_contact",
                condition=Q(exited_on__isnull=True),
            ),
        ]
        constraints = [
            CheckConstraint(
                name="episode_exits_after_it_enters", condition=dated("entered_on", "exited_on")
            ),
            CheckConstraint(
                name="episode_exit_is_whole",
                condition=Q(exited_on__isnull=True, exit_reason="")
                | (Q(exited_on__isnull=False) & ~Q(exit_reason="")),
            ),
            CheckConstraint(
                name="episode_exit_reason_known",
                condition=EXIT_REASONS.known("exit_reason", or_empty=True),
            ),
            UniqueConstraint(
                name="episode_one_open_a_person",
                fields=["participant"],
                condition=Q(exited_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id}/{self.entered_on:%Y-%m-%d}"

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)

    @property
    def is_open(self) -> bool:
        return self.exited_on is None

    def is_silent(self, on: date | None = None) -> bool:
        limit = add_months(on or timezone.localdate(), -settings.SILENT_MONTHS)
        return self.is_open and self.last_contact_on < limit


class EpisodeModule(models.Model):
    """One module that is really followed, for a time, perhaps by its own practitioner."""

    row_owner = Rows(through="episode", in_figures=True)

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="modules")
    code = models.CharField("module", max_length=40, choices=MODULES.choices())
    starts_on = models.DateField("depuis le")
    ends_on = models.DateField("jusqu’au", null=True, blank=True)
    practitioner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        ordering = ["starts_on", "pk"]
        constraints = [
            CheckConstraint(name="episode_module_known", condition=MODULES.known("code")),
            CheckConstraint(name="episode_module_ends_after_it_starts", condition=dated()),
            UniqueConstraint(
                name="episode_module_once_while_open",
                fields=["episode", "code"],
                condition=Q(ends_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.get_code_display()


class SituationChange(models.Model):
    """A situation that changed after the entry; what was true at the entry stays (R170)."""

    row_owner = Rows(through="episode")

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="situation_changes")
    on = models.DateField("depuis le", default=timezone.localdate)
    marital_status = models.CharField(
        "situation conjugale", max_length=20, choices=MARITAL_STATUSES.choices()
    )
    employment = models.CharField(
        "situation professionnelle", max_length=20, choices=EMPLOYMENTS.choices()
    )
    resources = models.CharField("ressources", max_length=20, choices=RESOURCES.choices())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            UniqueConstraint(fields=["episode", "on"], name="situation_once_a_day"),
            CheckConstraint(
                name="situation_marital_status_known",
                condition=MARITAL_STATUSES.known("marital_status"),
            ),
            CheckConstraint(
                name="situation_employment_known", condition=EMPLOYMENTS.known("employment")
            ),
            CheckConstraint(
                name="situation_resources_known", condition=RESOURCES.known("resources")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d}"


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, by) -> "AppointmentQuerySet":
        """Appointments this membership may know exist."""
        return self.filter(visible_files(by))

    def current(self) -> "AppointmentQuerySet":
        """Those that no later one supersedes."""
        return self.exclude(status=Appointment.Status.POSTPONED)

    def for_list(self) -> "AppointmentQuerySet":
        return self.select_related("participant", "referral", "site", "practitioner")


class Appointment(models.Model):
    """A meeting fixed with the person; a postponed one stays and is superseded (I68)."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    class Status(models.TextChoices):
        PLANNED = "planned", "Prévu"
        KEPT = "kept", "Honoré"
        EXCUSED = "excused", "Excusé"
        MISSED = "missed", "Absence"
        POSTPONED = "postponed", "Reporté"
        CANCELLED = "cancelled", "Annulé"

    class Kind(models.TextChoices):
        ASSESSMENT = "assessment", "Évaluation"
        FOLLOW_UP = "follow_up", "Suivi"
        REVIEW = "review", "Bilan"
        PHONE = "phone", "Entretien téléphonique"

    TRANSITIONS = {
        "keep": ({Status.PLANNED}, Status.KEPT),
        "excuse": ({Status.PLANNED}, Status.EXCUSED),
        "miss": ({Status.PLANNED}, Status.MISSED),
        "postpone": ({Status.PLANNED}, Status.POSTPONED),
        "cancel": ({Status.PLANNED}, Status.CANCELLED),
        "correct": ({Status.KEPT, Status.EXCUSED, Status.MISSED}, Status.PLANNED),
    }

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="appointments"
    )
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="appointments")
    practitioner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="appointments",
        db_index=False,
    )
    site = models.ForeignKey(
        Site,
        verbose_name="lieu",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    kind = models.CharField("objet", max_length=12, choices=Kind.choices, default=Kind.FOLLOW_UP)
    starts_at = models.DateTimeField("le")
    minutes = models.PositiveSmallIntegerField("durée", default=45)
    status = models.CharField("état", max_length=10, choices=Status.choices, default=Status.PLANNED)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "starts_at"], name="appointment_by_day"),
            models.Index(
                fields=["organisation", "status", "starts_at"], name="appointment_to_mark"
            ),
            models.Index(fields=["practitioner", "starts_at"], name="appointment_by_practitioner"),
        ]
        constraints = [
            CheckConstraint(
                name="appointment_status_known",
                condition=Q(
                    status__in=["planned", "kept", "excused", "missed", "postponed", "cancelled"]
                ),
            ),
            CheckConstraint(
                name="appointment_kind_known",
                condition=Q(kind__in=["assessment", "follow_up", "review", "phone"]),
            ),
            CheckConstraint(
                name="appointment_lasts", condition=Q(minutes__gte=5, minutes__lte=480)
            ),
            CheckConstraint(
                name="appointment_not_its_own_successor", condition=~Q(supersedes=F("id"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def day(self) -> date:
        return timezone.localdate(self.starts_at)

    @property
    def when(self) -> str:
        """« mardi 3 février 2026 à 18 h 15 »."""
        at = timezone.localtime(self.starts_at)
        return f"{long_date(at.date())} à {hour(at.time())}"

    @property
    def is_past(self) -> bool:
        return self.starts_at <= timezone.now()

    def can(self, transition: str) -> bool:
        return self.status in self.TRANSITIONS[transition][0]

    def move(self, transition: str) -> None:
        """Changes the status; raises `ValueError` where the table of transitions forbids it."""
        allowed, target = self.TRANSITIONS[transition]
        if self.status not in allowed:
            raise ValueError(f"{transition} from {self.status}")
        self.status = target


class Note(models.Model):
    """What a professional wrote; a clinical one is for the practitioners of the file alone."""

    row_owner = Rows(through="participant")

    class Kind(models.TextChoices):
        FACTUAL = "factual", "Note factuelle"
        CLINICAL = "clinical", "Note clinique"

    class Source(models.TextChoices):
        PROFESSIONAL = "professional", "Constat d’un·e professionnel·le"
        SELF = "self", "Propos de la personne"
        THIRD = "third", "Propos d’un tiers"
        VICTIM = "victim", "Propos de la victime ou sur elle"

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="notes")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField("nature", max_length=10, choices=Kind.choices)
    source = models.CharField(
        "d’après qui", max_length=12, choices=Source.choices, default=Source.PROFESSIONAL
    )
    text = SealedTextField("texte")
    on = models.DateField("le", default=timezone.localdate)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            CheckConstraint(name="note_kind_known", condition=Q(kind__in=["factual", "clinical"])),
            CheckConstraint(
                name="note_source_known",
                condition=Q(source__in=["professional", "self", "third", "victim"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on:%Y-%m-%d}"

    @property
    def vault_owner(self) -> Owner:
        return self.referral.vault_owner


class StatisticalRow(models.Model):
    """What the figures need of one referral of an erased file: months, ages and codes.

    `person` holds the rows of one person together and leads to nobody; no column tells a day, nor
    when or from what the row was made (decision 0013).
    """

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.BigIntegerField(db_index=True)
    seq = models.PositiveSmallIntegerField(null=True)
    referred_on = models.DateField()
    closed_on = models.DateField(null=True)
    entered_on = models.DateField(null=True)
    exited_on = models.DateField(null=True)
    last_contact_on = models.DateField(null=True)
    exit_reason = models.CharField(max_length=30, blank=True, choices=EXIT_REASONS.choices())
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    sex = models.CharField(max_length=1, choices=SEXES.choices())
    age_at_referral = models.PositiveSmallIntegerField(null=True)
    age_at_entry = models.PositiveSmallIntegerField(null=True)
    referrer_category = models.CharField(max_length=40, choices=REFERRER_CATEGORIES.choices())
    referrer = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    legal_framework = models.CharField(max_length=40, choices=LEGAL_FRAMEWORKS.choices())
    module = models.CharField(max_length=40, blank=True, choices=MODULES.choices())
    marital_status = models.CharField(max_length=20, choices=MARITAL_STATUSES.choices())
    employment = models.CharField(max_length=20, choices=EMPLOYMENTS.choices())
    resources = models.CharField(max_length=20, choices=RESOURCES.choices())

    class Meta:
        constraints = [
            CheckConstraint(
                name="statistical_entry_is_whole",
                condition=Q(entered_on__isnull=True, seq__isnull=True, exited_on__isnull=True)
                | Q(entered_on__isnull=False, seq__isnull=False, site__isnull=False),
            ),
            *(
                CheckConstraint(
                    name=f"statistical_{field}_known", condition=terms.known(field, or_empty=empty)
                )
                for field, terms, empty in (
                    ("sex", SEXES, False),
                    ("exit_reason", EXIT_REASONS, True),
                    ("referrer_category", REFERRER_CATEGORIES, False),
                    ("legal_framework", LEGAL_FRAMEWORKS, False),
                    ("module", MODULES, True),
                    ("marital_status", MARITAL_STATUSES, False),
                    ("employment", EMPLOYMENTS, False),
                    ("resources", RESOURCES, False),
                )
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referred_on:%Y-%m}"
