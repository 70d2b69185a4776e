"""What remains of erased files for the yearly figures of groups and interviews (decision 0013).

No column tells a day. A demand keeps the months of its states; how long somebody waited is kept
apart from it, in whole days with a year and nothing else, so that two months never lead back to
two days. Who came to a run or a session is a count of the run or the session, not of a person.
"""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from maillage.core.rows import Rows
from maillage.network.models import Organisation
from maillage.programme.episodes.models import Appointment
from maillage.programme.groups.models.enrolments import Enrolment
from maillage.programme.groups.models.offers import Offer
from maillage.programme.groups.models.runs import Group, Session


class StatisticalDemand(models.Model):
    """One demand for a kind of group, of an erased file."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=Offer.Kind.choices)
    asked_on = models.DateField()
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="statistical_demand_kind_known",
                condition=Q(kind__in=["course", "talk_group", "socio_judicial", "workshop"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.asked_on:%Y-%m}"


class StatisticalTurn(models.Model):
    """One state that such a demand entered, by its month."""

    row_owner = Rows(through="demand", in_figures=True)

    demand = models.ForeignKey(StatisticalDemand, on_delete=models.CASCADE, related_name="turns")
    rank = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=Enrolment.Status.choices)
    on = models.DateField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["demand", "rank"], name="statistical_turn_once"),
            CheckConstraint(
                name="statistical_turn_state_known",
                condition=Q(state__in=Enrolment.Status.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.on:%Y-%m}"


class StatisticalWait(models.Model):
    """How many days somebody waited, told by the year in which the wait ended."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    class What(models.TextChoices):
        COURSE = "course", "Jusqu’au stage"
        INTERVIEW = "interview", "Jusqu’au premier entretien"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=10, choices=What.choices)
    year = models.PositiveSmallIntegerField()
    days = models.PositiveIntegerField()
    is_long = models.BooleanField()  # over six calendar months

    class Meta:
        constraints = [
            CheckConstraint(
                name="statistical_wait_what_known", condition=Q(what__in=["course", "interview"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.year}"


class RunTally(models.Model):
    """How many people of erased files were convened to a run, and how many of them came."""

    row_owner = Rows(through="group", in_figures=True)

    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="tally")
    convened = models.PositiveIntegerField(default=0)
    attended = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.group_id)


class SessionTally(models.Model):
    """How many people of erased files were expected at a session, and how many were there."""

    row_owner = Rows(through="session", in_figures=True)

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="tally")
    expected = models.PositiveIntegerField(default=0)
    present = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.session_id)


class InterviewTally(models.Model):
    """How many interviews of erased files were fixed for a month."""

    row_owner = Rows(organisation="organisation_id", side="programme", in_figures=True)

    class Purpose(models.TextChoices):
        COURSE = "course", "Autour d’un stage"
        ASSESSMENT = "assessment", "Évaluation ou bilan"
        INDIVIDUAL = "individual", "Suivi individuel"
        PHONE = "phone", "Par téléphone"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    status = models.CharField(max_length=10, choices=Appointment.Status.choices)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["organisation", "on", "purpose", "status"], name="interview_tally_once"
            ),
            CheckConstraint(
                name="interview_tally_purpose_known",
                condition=Q(purpose__in=["course", "assessment", "individual", "phone"]),
            ),
            CheckConstraint(
                name="interview_tally_status_known",
                condition=Q(
                    status__in=["planned", "kept", "excused", "missed", "postponed", "cancelled"]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m} {self.purpose}"
