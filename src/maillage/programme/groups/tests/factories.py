"""The smallest valid rows of courses and groups."""

from datetime import datetime, time, timedelta
from uuid import uuid4

from django.utils import timezone

from maillage.programme.groups.models import (
    Attendance,
    Enrolment,
    EnrolmentStep,
    Group,
    Offer,
    Session,
    SessionModule,
    Template,
    TemplateModule,
    TemplateSession,
)


def offer(organisation, **given) -> Offer:
    rank = Offer.objects.count() + 1
    return Offer.objects.create(
        organisation=organisation,
        **{"kind": Offer.Kind.COURSE, "name": f"Stage {rank}", **given},
    )


def template(organisation, *, sessions: int = 2, minutes: int = 420, **given) -> Template:
    """Two days of seven hours, unless told otherwise."""
    made = Template.objects.create(
        offer=given.pop("offer", None) or offer(organisation),
        **{
            "number": 1,
            "capacity": 12,
            "smallest": 6,
            "required_minutes": sessions * minutes,
            **given,
        },
    )
    for number in range(1, sessions + 1):
        one = TemplateSession.objects.create(
            template=made,
            number=number,
            gap=0 if number == 1 else 1,
            starts_at=time(9),
            minutes=minutes,
        )
        TemplateModule.objects.create(
            session=one, number=1, title=f"Module {number}", minutes=minutes
        )
    return made


def group(organisation, site, *, starts_on=None, **given) -> Group:
    """A run that begins in three weeks, its sessions at nine."""
    made_from = given.pop("template", None) or template(organisation)
    first = starts_on or timezone.localdate() + timedelta(days=21)
    plan = list(made_from.sessions.all())
    days, day = [], first
    for one in plan:
        day += timedelta(days=one.gap)
        days.append(day)
    run = Group.objects.create(
        organisation=organisation,
        template=made_from,
        site=site,
        **{
            "number": f"{first.year}-{Group.objects.count() + 1:02}",
            "audience": made_from.offer.audience,
            "capacity": made_from.capacity,
            "starts_on": days[0],
            "ends_on": days[-1],
            **given,
        },
    )
    for one, on in zip(plan, days, strict=True):
        held = Session.objects.create(
            group=run,
            number=one.number,
            starts_at=timezone.make_aware(datetime.combine(on, one.starts_at)),
            minutes=one.minutes,
            is_individual=one.is_individual,
        )
        for part in one.modules.all():
            SessionModule.objects.create(
                session=held, number=part.number, title=part.title, minutes=part.minutes
            )
    return run


def enrolment(referral, *, user, group: Group | None = None, **given) -> Enrolment:
    """A demand for a course; with a group, somebody convened to it."""
    asked = given.pop("asked_on", referral.received_on)
    status = "convened" if group else "to_convene"
    made = Enrolment.objects.create(
        organisation=referral.organisation,
        participant=referral.participant,
        referral=referral,
        group=group,
        **{"kind": Offer.Kind.COURSE, "status": status, "asked_on": asked, **given},
    )
    EnrolmentStep.objects.create(enrolment=made, status=made.status, group=group, on=asked, by=user)
    return made


def attendance(session, enrolment, *, user, is_present: bool = True, **given) -> Attendance:
    absent = {} if is_present else {"reason": Attendance.Reason.UNKNOWN}
    return Attendance.objects.create(
        session=session,
        enrolment=enrolment,
        is_present=is_present,
        by=user,
        **{"tick": uuid4(), "ticked_at": timezone.now(), **absent, **given},
    )
