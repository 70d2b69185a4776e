"""What was noticed in the trail of reads, and what somebody answered."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from maillage.core.models import UID_LENGTH, make_uid
from maillage.core.rows import Rows
from maillage.core.vault import Owner, SealedTextField
from maillage.network.models import Organisation, works_today
from maillage.network.roles import Permission, Role, Side


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, by) -> "AlertQuerySet":
        """The alerts of one's organisation and side, for whoever watches over its trail."""
        if not works_today(by) or not by.holds(Permission.TRAIL_READ):
            return self.none()
        return self.filter(organisation_id=by.organisation_id, side=by.side)

    def to_look_at(self) -> "AlertQuerySet":
        return self.filter(state=Alert.State.TO_LOOK_AT)


class Alert(models.Model):
    """One rule met by one person on one day, about one file where the rule is about one."""

    class Rule(models.TextChoices):
        UNASSIGNED = "unassigned", "Dossier ouvert sans y être attribué·e"
        MANY_FILES = "many_files", "Beaucoup de dossiers en peu de temps"
        NIGHT = "night", "Lecture la nuit ou un jour non ouvré"
        OWN_NAME = "own_name", "Recherche d’un nom qui ressemble au sien"
        SAME_SEARCH = "same_search", "La même recherche, plusieurs fois"
        REFUSED = "refused", "A essayé d’ouvrir un dossier qui lui est fermé"

    class State(models.TextChoices):
        TO_LOOK_AT = "to_look_at", "À regarder"
        EXPLAINED = "explained", "Expliquée"
        PASSED_ON = "passed_on", "Transmise"

    row_owner = Rows(organisation="organisation_id", side_column="side")

    uid = models.CharField(max_length=UID_LENGTH, unique=True, default=make_uid, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    side = models.CharField("côté", max_length=12, choices=Side.choices)
    rule = models.CharField("motif", max_length=12, choices=Rule.choices)
    who = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    file = models.CharField(max_length=UID_LENGTH, blank=True)
    day = models.DateField("jour")
    first_at = models.DateTimeField("de")
    last_at = models.DateTimeField("à")
    count = models.PositiveIntegerField("combien de fois")
    state = models.CharField("état", max_length=12, choices=State.choices, default=State.TO_LOOK_AT)
    reason = SealedTextField("explication", default="", blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["organisation", "side", "state", "-last_at"], name="alert_by_state"
            )
        ]
        constraints = [
            UniqueConstraint(
                fields=["organisation", "side", "day", "rule", "who", "file"],
                name="alert_once_a_day",
            ),
            CheckConstraint(name="alert_side_known", condition=Q(side__in=Side.values)),
            CheckConstraint(
                name="alert_rule_known",
                condition=Q(
                    rule__in=[
                        *("unassigned", "many_files", "night", "own_name"),
                        *("same_search", "refused"),
                    ]
                ),
            ),
            CheckConstraint(
                name="alert_state_known",
                condition=Q(state__in=["to_look_at", "explained", "passed_on"]),
            ),
            CheckConstraint(
                name="alert_answer_is_whole",
                condition=Q(state="to_look_at", answered_by__isnull=True, answered_at__isnull=True)
                | (
                    ~Q(state="to_look_at") & Q(answered_by__isnull=False, answered_at__isnull=False)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.rule}"

    @property
    def vault_owner(self) -> Owner:
        return self.organisation_id, self.side

    @property
    def role_name(self) -> str:
        return str(Role(self.role).label) if self.role in Role.values else ""

    @property
    def is_answered(self) -> bool:
        return self.state != self.State.TO_LOOK_AT


class Watch(models.Model):
    """How far the reads of one organisation and side were examined: a position for each month."""

    row_owner = Rows(organisation="organisation_id", side_column="side")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    side = models.CharField("côté", max_length=12, choices=Side.choices)
    positions = models.JSONField(default=dict)
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["organisation", "side"], name="watch_once"),
            CheckConstraint(name="watch_side_known", condition=Q(side__in=Side.values)),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}/{self.side}"
