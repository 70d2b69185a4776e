"""Somebody asked, from the public site, to be called back; which counter reads it."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone

from maillage.core.forms import show_phone
from maillage.core.models import make_uid
from maillage.core.rows import Rows
from maillage.core.vault import SealedTextField
from maillage.network.models import Organisation, in_force, works_today
from maillage.network.roles import Permission, Side


class Need(models.TextChoices):
    TALK = "talk", "Parler à quelqu’un"
    COMPLAINT = "complaint", "Plainte, droits"
    HOUSING = "housing", "Un toit"
    MONEY = "money", "Argent, démarches"
    HEALTH = "health", "Soins"
    CHILDREN = "children", "Un enfant"
    WITNESS = "witness", "Inquiétude pour quelqu’un"


NEED_CODES = ["talk", "complaint", "housing", "money", "health", "children", "witness"]


class Desk(models.Model):
    """A counter that answers such requests: of which departments, for which needs, since when."""

    row_owner = Rows(organisation="organisation_id", side="support", read_by_all=True)

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    department = models.SmallIntegerField("département")
    need = models.CharField("besoin", max_length=10, choices=Need.choices)
    starts_on = models.DateField("depuis le", default=timezone.localdate)
    ends_on = models.DateField("jusqu’au", null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(name="desk_need_known", condition=Q(need__in=NEED_CODES)),
            CheckConstraint(
                name="desk_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
            ),
            UniqueConstraint(
                name="desk_one_a_place_and_need",
                fields=["department", "need"],
                condition=Q(ends_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.department}, {self.need}"


def department_number(code: str) -> int:
    """A department as a number: « 34 » is 34, « 2A » is 201 and « 2B » 202."""
    return {"2A": 201, "2B": 202}.get(code) or int(code)


def desk_for(department: str, need: str, on: date | None = None) -> Desk | None:
    """The one counter of a place and a need today, or nobody."""
    today = on or timezone.localdate()
    asked = Desk.objects.filter(in_force(today), need=need)
    return (
        asked.filter(department=department_number(department))
        .select_related("organisation")
        .first()
    )


class CallbackQuerySet(models.QuerySet["Callback"]):
    def visible_to(self, by) -> "CallbackQuerySet":
        """Those of one's own counter, on the support side."""
        may = by.side == Side.SUPPORT and by.holds(Permission.BENEFICIARY_READ) and works_today(by)
        return self.filter(organisation=by.organisation_id) if may else self.none()


class Callback(models.Model):
    """One request: how to call safely, and nothing more. What is done with it empties it."""

    class Outcome(models.TextChoices):
        OPEN = "open", "À rappeler"
        REACHED = "reached", "Personne jointe"
        UNREACHED = "unreached", "Injoignable"
        WRONG = "wrong", "Mauvais numéro"

    SIDE = Side.SUPPORT
    row_owner = Rows(organisation="organisation_id", side="support")

    uid = models.CharField(max_length=12, unique=True, default=make_uid, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    need = models.CharField("besoin", max_length=10, choices=Need.choices)
    town = SealedTextField("commune", null=True)
    phone = SealedTextField("numéro", null=True)
    hours = SealedTextField("quand appeler", null=True)
    code_word = SealedTextField("mot de reconnaissance", null=True)
    note = SealedTextField("à savoir", null=True)
    may_leave_message = models.BooleanField("un message peut être laissé", default=False)
    received_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField("suite", max_length=9, choices=Outcome.choices, default=Outcome.OPEN)
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = CallbackQuerySet.as_manager()

    class Meta:
        ordering = ["received_at", "pk"]
        constraints = [
            CheckConstraint(name="callback_need_known", condition=Q(need__in=NEED_CODES)),
            CheckConstraint(
                name="callback_outcome_known",
                condition=Q(outcome__in=["open", "reached", "unreached", "wrong"]),
            ),
            CheckConstraint(
                name="callback_handled_is_emptied",
                condition=Q(outcome="open", handled_at__isnull=True, phone__isnull=False)
                | Q(
                    ~Q(outcome="open"),
                    handled_at__isnull=False,
                    phone__isnull=True,
                    town__isnull=True,
                    hours__isnull=True,
                    code_word__isnull=True,
                    note__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.uid

    @property
    def vault_owner(self) -> tuple[int, str]:
        return self.organisation_id, self.SIDE

    @property
    def shown_phone(self) -> str:
        return show_phone(self.phone or "")

    @property
    def is_open(self) -> bool:
        return self.outcome == self.Outcome.OPEN
