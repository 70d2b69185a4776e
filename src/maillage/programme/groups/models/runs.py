"""One run of an offer: where, when, by whom; its sessions, their modules and who speaks."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.calendar import hour, long_date
from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation, Site
from maillage.programme.groups.models.offers import (
    Audience,
    Offer,
    SpeakerFunction,
    Template,
    hours,
    of_branch,
)
from maillage.programme.intake.models import owner


class Room(models.Model):
    """A room of a site, in which one session is held at a time."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("salle", max_length=80)
    seats = models.PositiveSmallIntegerField("places assises", default=12)

    class Meta:
        ordering = ["site", "name"]
        constraints = [UniqueConstraint(fields=["site", "name"], name="room_once_a_site")]

    def __str__(self) -> str:
        return self.name


class GroupQuerySet(models.QuerySet["Group"]):
    def visible_to(self, by) -> "GroupQuerySet":
        """Groups this membership may know exist. Every page starts here."""
        return self.filter(of_branch(by))

    def open(self) -> "GroupQuerySet":
        return self.filter(status=Group.Status.PLANNED)

    def for_list(self) -> "GroupQuerySet":
        return self.select_related("template__offer", "site")


class Group(models.Model):
    """One run of a course, a talk group or a workshop, made of sessions."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    class Status(models.TextChoices):
        PLANNED = "planned", "Prévu ou en cours"
        FINISHED = "finished", "Terminé"
        CANCELLED = "cancelled", "Annulé"

    TRANSITIONS = {
        "finish": ({Status.PLANNED}, Status.FINISHED),
        "cancel": ({Status.PLANNED}, Status.CANCELLED),
        "reopen": ({Status.FINISHED}, Status.PLANNED),
    }

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    template = models.ForeignKey(
        Template, verbose_name="modèle", on_delete=models.PROTECT, related_name="groups"
    )
    site = models.ForeignKey(
        Site, verbose_name="lieu", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    number = models.CharField("numéro", max_length=20)  # « 2026-07 », neutral, once a branch
    audience = models.CharField("public", max_length=8, choices=Audience.choices)
    capacity = models.PositiveSmallIntegerField("places")
    most = models.PositiveSmallIntegerField("convocations au plus", null=True, blank=True)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    status = models.CharField("état", max_length=10, choices=Status.choices, default=Status.PLANNED)
    cancelled_because = SealedTextField("motif d’annulation", default="", blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = GroupQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        indexes = [models.Index(fields=["organisation", "-starts_on"], name="group_by_start")]
        constraints = [
            UniqueConstraint(fields=["organisation", "number"], name="group_number_once"),
            CheckConstraint(
                name="group_ends_after_it_starts", condition=Q(ends_on__gte=models.F("starts_on"))
            ),
            CheckConstraint(
                name="group_status_known",
                condition=Q(status__in=["planned", "finished", "cancelled"]),
            ),
            CheckConstraint(
                name="group_audience_known", condition=Q(audience__in=["men", "women", "mixed"])
            ),
            CheckConstraint(
                name="group_has_places", condition=Q(capacity__gte=1, capacity__lte=60)
            ),
            CheckConstraint(
                name="group_convenes_as_many_as_it_holds",
                condition=Q(most__isnull=True) | Q(most__gte=models.F("capacity")),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)

    @property
    def title(self) -> str:
        """« Stage de responsabilisation 2026-07 »: what staff read."""
        return f"{self.template.offer.name} {self.number}"

    @property
    def limit(self) -> int:
        """How many are convened at most: more than there are places, for not everybody comes."""
        return self.most or self.capacity

    @property
    def takes_people(self) -> bool:
        """Whether somebody may still be convened: a closed group has its people once it begins."""
        today = timezone.localdate()
        if self.status != self.Status.PLANNED or self.ends_on < today:
            return False
        return self.template.offer.entry != Offer.Entry.CLOSED or self.starts_on > today

    def can(self, transition: str) -> bool:
        return self.status in self.TRANSITIONS[transition][0]

    def move(self, transition: str) -> None:
        """Changes the status; raises `ValueError` where the table of transitions forbids it."""
        allowed, target = self.TRANSITIONS[transition]
        if self.status not in allowed:
            raise ValueError(f"{transition} from {self.status}")
        self.status = target


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, by) -> "SessionQuerySet":
        """Sessions this membership may know exist."""
        return self.filter(of_branch(by, "group__organisation_id"))


class Session(models.Model):
    """One meeting of a group; one that was moved keeps in `moves` when it was to be."""

    row_owner = Rows(through="group", in_figures=True)

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="sessions")
    number = models.PositiveSmallIntegerField("rang")
    starts_at = models.DateTimeField("le")
    minutes = models.PositiveSmallIntegerField("durée")
    room = models.ForeignKey(
        Room,
        verbose_name="salle",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sessions",
    )
    is_individual = models.BooleanField("bilan individuel", default=False)
    is_cancelled = models.BooleanField("annulée", default=False)
    held_at = models.DateTimeField("émargée le", null=True, blank=True)
    debrief = SealedTextField("bilan de la séance", default="", blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "number"]
        indexes = [models.Index(fields=["starts_at"], name="session_by_day")]
        constraints = [
            UniqueConstraint(fields=["group", "number"], name="session_number_once"),
            CheckConstraint(name="session_lasts", condition=Q(minutes__gte=15, minutes__lte=600)),
        ]

    def __str__(self) -> str:
        return self.when

    @property
    def vault_owner(self) -> Owner:
        return owner(self.group.organisation_id)

    @property
    def day(self) -> date:
        return timezone.localdate(self.starts_at)

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def when(self) -> str:
        """« mardi 3 février 2026 à 18 h 15 »."""
        at = timezone.localtime(self.starts_at)
        return f"{long_date(at.date())} à {hour(at.time())}"

    @property
    def length(self) -> str:
        """« 3 h 30 »."""
        return hours(self.minutes)


class SessionMove(models.Model):
    """When a session was to be before it was moved; never changed afterwards."""

    row_owner = Rows(through="session")

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="moves")
    was_at = models.DateTimeField("était prévue le")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["moved_at", "pk"]

    def __str__(self) -> str:
        return f"{self.was_at:%Y-%m-%d %H:%M}"


class SessionModule(models.Model):
    """One module as it is held in a session of a group."""

    row_owner = Rows(through="session", in_figures=True)

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="modules")
    number = models.PositiveSmallIntegerField("rang")
    title = models.CharField("module", max_length=120)
    minutes = models.PositiveSmallIntegerField("durée")

    class Meta:
        ordering = ["session", "number"]
        constraints = [UniqueConstraint(fields=["session", "number"], name="session_module_once")]

    def __str__(self) -> str:
        return self.title


class Speaker(models.Model):
    """Who leads a session: a worker of the branch, or a partner by its organisation."""

    row_owner = Rows(through="session", in_figures=True)

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="speakers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="led_sessions",
    )
    partner = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    function = models.CharField("fonction", max_length=20, choices=SpeakerFunction.choices)

    class Meta:
        constraints = [
            CheckConstraint(
                name="speaker_is_one_of_two",
                condition=Q(user__isnull=False, partner__isnull=True)
                | Q(user__isnull=True, partner__isnull=False),
            ),
            UniqueConstraint(
                fields=["session", "user"],
                name="speaker_once_a_session",
                condition=Q(user__isnull=False),
            ),
            CheckConstraint(
                name="speaker_function_known",
                condition=Q(
                    function__in=[
                        *("lawyer", "psychologist", "social_worker", "educator"),
                        *("prosecutor_delegate", "probation", "addiction", "other"),
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.get_function_display()
