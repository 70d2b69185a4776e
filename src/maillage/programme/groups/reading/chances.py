"""How probably each person comes, learned from who came before in the same branch (R87)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from maillage.programme.episodes.models import Appointment
from maillage.programme.groups.models import Convocation, Enrolment
from maillage.programme.groups.planner import chance
from maillage.programme.intake.models import ContactAttempt

CAME = (Enrolment.Status.ATTENDING, Enrolment.Status.COMPLETED)
SOME = 12  # a circumstance that was met less often says nothing of its own


@dataclass(frozen=True)
class Attendance:
    """Convened and come, of the groups that are over, all told and by circumstance."""

    convened: int
    came: int
    by_circumstance: dict[str, tuple[int, int]]

    def chance(self, circumstance: str) -> float:
        convened, came = self.by_circumstance.get(circumstance, (0, 0))
        if convened < SOME:
            convened, came = self.convened, self.came
        return chance(convened, came)


def counted(status: str, steps: str = "steps__") -> Q:
    """The condition under which a step of this state is one that stands."""
    standing = {f"{steps}undoes__isnull": True, f"{steps}undone_by__isnull": True}
    return Q(**{f"{steps}status": status, **standing})


def _with_circumstance(rows):
    """Whether somebody was spoken with before, and was absent before."""
    spoken = ContactAttempt.objects.filter(
        referral=OuterRef("enrolment__referral"), outcome=ContactAttempt.Outcome.REACHED
    )
    met = Appointment.objects.filter(
        referral=OuterRef("enrolment__referral"), status=Appointment.Status.KEPT
    )
    return rows.annotate(
        was_spoken_with=Exists(spoken) | Exists(met),
        absences=Count("enrolment__steps", counted("absent", "enrolment__steps__")),
    )


def circumstance(*, spoken: bool, absences: int) -> str:
    if absences:
        return "absent_before"
    return "spoken_with" if spoken else "first_time"


def measured(organisation_id: int) -> Attendance:
    """Each convocation to a run that is over counts once: whether the person then began."""
    past = Convocation.objects.filter(
        group__organisation_id=organisation_id, group__status="finished"
    ).exclude(step__undone_by__isnull=False)
    told = ("was_spoken_with", "absences", "enrolment__status", "enrolment__group", "group")
    once = {
        (row[0], row[-1]): row[1:]
        for row in _with_circumstance(past).values_list("enrolment", *told)
    }  # a second summons to the same run is of the same person
    total, came_in_all = 0, 0
    found: dict[str, tuple[int, int]] = {}
    for spoken, absences, status, last_group, group in once.values():
        came = status in CAME and last_group == group
        total, came_in_all = total + 1, came_in_all + came
        which = circumstance(spoken=spoken, absences=absences - (status == "absent"))
        convened, so_far = found.get(which, (0, 0))
        found[which] = (convened + 1, so_far + came)
    return Attendance(total, came_in_all, found)


def circumstances_of(enrolments: Iterable[Enrolment]) -> dict[int, str]:
    """By enrolment, in one query."""
    keys = [one.pk for one in enrolments]
    spoken = ContactAttempt.objects.filter(
        referral=OuterRef("referral"), outcome=ContactAttempt.Outcome.REACHED
    )
    met = Appointment.objects.filter(referral=OuterRef("referral"), status=Appointment.Status.KEPT)
    rows = (
        Enrolment.objects.filter(pk__in=keys)
        .annotate(
            was_spoken_with=Exists(spoken) | Exists(met),
            absences=Count("steps", counted("absent")),
        )
        .values_list("pk", "was_spoken_with", "absences")
    )
    return {pk: circumstance(spoken=talked, absences=n) for pk, talked, n in rows}


def chances_of(organisation_id: int, enrolments: Iterable[Enrolment]) -> dict[int, float]:
    """By enrolment; whoever began already comes."""
    listed = list(enrolments)
    if not listed:
        return {}
    known, which = measured(organisation_id), circumstances_of(listed)
    return {
        one.pk: 1.0 if one.status == Enrolment.Status.ATTENDING else known.chance(which[one.pk])
        for one in listed
    }
