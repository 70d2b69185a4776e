"""The way of a person to a course: asked, convened once or more, done or ended otherwise.

One enrolment is one demand of one referral for one kind of offer, so that the funnel of a cohort
closes: oriented = done + postponed + absent + cancelled + moved + returned + waiting (R89, I6–I8).
"""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation
from maillage.programme.groups.models.offers import Offer
from maillage.programme.groups.models.runs import Group
from maillage.programme.intake.models import Participant, Referral, owner, visible_files
from maillage.programme.intake.models.referrals import WAIT_LIMIT_MONTHS


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def visible_to(self, by) -> "EnrolmentQuerySet":
        """Enrolments this membership may know exist: those of files it may open."""
        return self.filter(visible_files(by))

    def to_convene(self) -> "EnrolmentQuerySet":
        """Those to whom a place is owed: on the list, postponed, excused, or absent once; whose
        referral goes on."""
        owed = (*Enrolment.WAITING, Enrolment.Status.ABSENT)
        return self.filter(status__in=owed).exclude(referral__status__in=Referral.ENDED)

    def past_limit(self, on: date | None = None) -> "EnrolmentQuerySet":
        """Those of which `is_past_limit` is true: the day by which a place was owed is behind."""
        day = on or timezone.localdate()
        oldest = add_months(day, -WAIT_LIMIT_MONTHS)
        if add_months(oldest, WAIT_LIMIT_MONTHS) >= day:
            oldest -= timedelta(days=1)
        return self.filter(
            Q(referral__due_on__lt=day)
            | Q(referral__due_on__isnull=True, referral__received_on__lte=oldest)
        )

    def in_order(self) -> "EnrolmentQuerySet":
        """Whom justice sent back and the urgent ones first, then by arrival (R88, R153)."""
        return self.order_by("-is_returned_by_court", "-referral__is_urgent", "asked_on", "pk")

    def for_list(self) -> "EnrolmentQuerySet":
        return self.select_related("participant", "referral", "group__template__offer")


class Enrolment(models.Model):
    """One demand of one person for one kind of offer, from the list to its end."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    class Status(models.TextChoices):
        TO_CONVENE = "to_convene", "À convoquer"
        CONVENED = "convened", "Convoqué·e"
        CONFIRMED = "confirmed", "Présence confirmée"
        POSTPONED = "postponed", "Report demandé"
        EXCUSED = "excused", "Excusé·e"
        ABSENT = "absent", "Absent·e"
        ATTENDING = "attending", "A commencé"
        COMPLETED = "completed", "Effectué"
        CANCELLED = "cancelled", "Annulé"
        MOVED = "moved", "Parti·e sur un autre département"
        RETURNED = "returned", "Retourné·e par la justice"

    WAITING = (Status.TO_CONVENE, Status.POSTPONED, Status.EXCUSED)
    SEATED = (Status.CONVENED, Status.CONFIRMED, Status.ATTENDING)  # each takes a place
    ENDED = (Status.COMPLETED, Status.CANCELLED, Status.MOVED, Status.RETURNED)
    LEAVING = {*WAITING, Status.CONVENED, Status.CONFIRMED, Status.ABSENT, Status.ATTENDING}
    TRANSITIONS = {
        "convene": ({*WAITING, Status.ABSENT}, Status.CONVENED),
        "confirm": ({Status.CONVENED}, Status.CONFIRMED),
        "withdraw": ({Status.CONVENED, Status.CONFIRMED}, Status.TO_CONVENE),
        "postpone": ({*WAITING, Status.CONVENED, Status.CONFIRMED}, Status.POSTPONED),
        "excuse": (
            {Status.CONVENED, Status.CONFIRMED, Status.ATTENDING, Status.ABSENT},
            Status.EXCUSED,
        ),
        "miss": ({Status.CONVENED, Status.CONFIRMED, Status.ATTENDING}, Status.ABSENT),
        "attend": ({Status.CONVENED, Status.CONFIRMED, Status.ABSENT}, Status.ATTENDING),
        "complete": ({Status.ATTENDING}, Status.COMPLETED),
        "cancel": (LEAVING, Status.CANCELLED),
        "move": (LEAVING, Status.MOVED),
        "return": (LEAVING, Status.RETURNED),
        "reopen": (set(ENDED), Status.TO_CONVENE),
    }

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    participant = models.ForeignKey(
        Participant, on_delete=models.PROTECT, related_name="enrolments"
    )
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="enrolments")
    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    kind = models.CharField("nature", max_length=16, choices=Offer.Kind.choices)
    status = models.CharField(
        "état", max_length=12, choices=Status.choices, default=Status.TO_CONVENE
    )
    asked_on = models.DateField("demandé le", default=timezone.localdate)
    group = models.ForeignKey(
        Group,
        verbose_name="session de groupe",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="enrolments",
    )
    not_before = models.DateField(
        "pas avant le", null=True, blank=True
    )  # a postponement's « until »
    stays_near = models.BooleanField("sans transport\u00a0: à son lieu seulement", default=False)
    is_returned_by_court = models.BooleanField("renvoyé·e par la justice", default=False)
    extension_asked_on = models.DateField(
        "accord demandé à l’orienteur le", null=True, blank=True
    )  # past six months (R88, R153)
    extension_agreed_on = models.DateField("accord reçu le", null=True, blank=True)
    extension_refused_on = models.DateField("accord refusé le", null=True, blank=True)
    ended_on = models.DateField("terminé le", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organisation", "kind", "status", "asked_on"], name="enrolment_by_status"
            )
        ]
        constraints = [
            UniqueConstraint(
                name="enrolment_once_while_open",
                fields=["referral", "kind"],
                condition=~Q(status__in=["completed", "cancelled", "moved", "returned"]),
            ),
            CheckConstraint(
                name="enrolment_kind_known",
                condition=Q(kind__in=["course", "talk_group", "socio_judicial", "workshop"]),
            ),
            CheckConstraint(
                name="enrolment_status_known",
                condition=Q(
                    status__in=[
                        *("to_convene", "convened", "confirmed", "postponed", "excused", "absent"),
                        *("attending", "completed", "cancelled", "moved", "returned"),
                    ]
                ),
            ),
            CheckConstraint(
                name="enrolment_seated_in_a_group",
                condition=~Q(status__in=["convened", "confirmed", "attending", "completed"])
                | Q(group__isnull=False),
            ),
            CheckConstraint(
                name="enrolment_waiting_without_a_group",
                condition=~Q(status__in=["to_convene", "postponed", "excused"])
                | Q(group__isnull=True),
            ),
            CheckConstraint(
                name="enrolment_ended_iff_dated",
                condition=Q(
                    status__in=["completed", "cancelled", "moved", "returned"],
                    ended_on__isnull=False,
                    ended_on__gte=F("asked_on"),
                )
                | (
                    ~Q(status__in=["completed", "cancelled", "moved", "returned"])
                    & Q(ended_on__isnull=True)
                ),
            ),
            CheckConstraint(
                name="enrolment_agreed_once_asked",
                condition=Q(extension_agreed_on__isnull=True)
                | Q(extension_agreed_on__gte=F("extension_asked_on")),
            ),
            CheckConstraint(
                name="enrolment_refused_once_asked",
                condition=Q(extension_refused_on__isnull=True)
                | Q(
                    extension_refused_on__gte=F("extension_asked_on"),
                    extension_agreed_on__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id}/{self.kind}"

    @property
    def vault_owner(self) -> Owner:
        return owner(self.organisation_id)

    @property
    def is_waiting(self) -> bool:
        return self.status in self.WAITING

    @property
    def takes_a_place(self) -> bool:
        return self.status in self.SEATED

    def is_past_limit(self, on: date | None = None) -> bool:
        """Whether the day by which a place was owed is behind, whatever became of the referral."""
        return (on or timezone.localdate()) > self.referral.wait_limit

    def can(self, transition: str) -> bool:
        return self.status in self.TRANSITIONS[transition][0]

    def back_to(self, step: "EnrolmentStep") -> None:
        """Stands again as that step left it: the one after it was noted by mistake."""
        self.status = step.status
        self.group = None if step.status in self.WAITING else step.group
        self.not_before = step.until
        self.ended_on = step.on if step.status in self.ENDED else None

    def move(self, transition: str) -> None:
        """Changes the status; raises `ValueError` where the table of transitions forbids it."""
        allowed, target = self.TRANSITIONS[transition]
        if self.status not in allowed:
            raise ValueError(f"{transition} from {self.status}")
        self.status = target


class EnrolmentStepQuerySet(models.QuerySet["EnrolmentStep"]):
    def standing(self) -> "EnrolmentStepQuerySet":
        """Those that were not noted by mistake; without those that say so."""
        return self.filter(undoes__isnull=True, undone_by__isnull=True)


class EnrolmentStep(models.Model):
    """One state that an enrolment entered, when, for which group and why; never changed.

    One that was noted by mistake stays, and the one that `undoes` it brings the state before back.
    """

    row_owner = Rows(through="enrolment", in_figures=True)

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField("état", max_length=12, choices=Enrolment.Status.choices)
    group = models.ForeignKey(
        Group,
        verbose_name="session de groupe",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    on = models.DateField("le")
    until = models.DateField("jusqu’au", null=True, blank=True)  # of a postponement
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    reason = SealedTextField("motif", default="", blank=True)
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="undone_by"
    )

    objects = EnrolmentStepQuerySet.as_manager()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            CheckConstraint(
                name="enrolment_step_status_known", condition=Q(status__in=Enrolment.Status.values)
            ),
            CheckConstraint(
                name="enrolment_step_not_its_own_undoing", condition=~Q(undoes=F("id"))
            ),
        ]

    def __str__(self) -> str:
        return self.get_status_display()

    @property
    def vault_owner(self) -> Owner:
        return self.enrolment.vault_owner


class Convocation(models.Model):
    """One summons of one person to one group, with the reasons for the choice; a second one to the
    same group stands beside the first.

    `reasons` holds codes and figures, no name and no text: what the planner said, kept whatever
    the person in charge then changed by hand.
    """

    row_owner = Rows(through="enrolment", in_figures=True)

    class Origin(models.TextChoices):
        PLANNER = "planner", "Proposée"
        HAND = "hand", "Choisie à la main"

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="convocations")
    group = models.ForeignKey(
        Group,
        verbose_name="session de groupe",
        on_delete=models.PROTECT,
        related_name="convocations",
    )
    step = models.OneToOneField(
        EnrolmentStep, null=True, blank=True, on_delete=models.CASCADE, related_name="convocation"
    )  # the step that it is; undone, nobody was convened
    origin = models.CharField("choix", max_length=8, choices=Origin.choices)
    rank = models.PositiveSmallIntegerField("rang")
    reasons = models.JSONField("raisons du choix", default=list)
    convened_on = models.DateField("convoqué·e le", default=timezone.localdate)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["convened_on", "pk"]
        constraints = [
            CheckConstraint(
                name="convocation_origin_known", condition=Q(origin__in=["planner", "hand"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} → {self.group_id}"


class KeptApart(models.Model):
    """Two files whose people are never convened together: a couple, or a contact ban (R84).

    Both are participants of one branch; nothing is said of anybody else, nor why.
    """

    row_owner = Rows(organisation="organisation_id", side="programme")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    one = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["one", "other"], name="kept_apart_once"),
            CheckConstraint(name="kept_apart_in_order", condition=Q(one__lt=F("other"))),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} | {self.other_id}"
