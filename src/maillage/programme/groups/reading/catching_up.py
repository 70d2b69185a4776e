"""Who of other groups may catch up, at one session, what they missed there."""

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Abs

from maillage.programme.groups.models import Attendance, Enrolment, Session

MOST = 60


def missed_elsewhere(by, session: Session) -> QuerySet[Attendance]:
    """Absences, not caught up yet, of whoever goes on with an offer of the same kind in another
    group of the branch; first those at the same place in the course, then the oldest."""
    again = Attendance.objects.filter(
        enrolment=OuterRef("enrolment"), catches_up=OuterRef("session"), is_present=True
    )
    here = Attendance.objects.filter(enrolment=OuterRef("enrolment"), session=session)
    going_on = Enrolment.objects.visible_to(by).filter(
        status=Enrolment.Status.ATTENDING, kind=session.group.template.offer.kind
    )
    return (
        Attendance.objects.filter(enrolment__in=going_on, is_present=False)
        .exclude(session__group=session.group)
        .exclude(session__is_cancelled=True)
        .filter(~Exists(again), ~Exists(here), session__starts_at__lt=session.starts_at)
        .select_related("session__group__template__offer", "enrolment__participant")
        .annotate(distance=Abs(F("session__number") - session.number))
        .order_by("distance", "session__starts_at", "pk")[:MOST]
    )
