"""One act on one enrolment, as the person who convenes would do it."""

from django.utils import timezone

from maillage.programme.groups.actions import convening, enrolling
from maillage.programme.intake import actions as intake


def today():
    return timezone.localdate()


def convene(house, group, enrolment, **given):
    return convening.convene(by=house.reception, group=group, enrolment=enrolment, **given)


def act(house, enrolment, what, **given):
    return enrolling.act(by=house.reception, enrolment=enrolment, act=what, **given)


def end(house, referral, how="return_to_referrer"):
    return getattr(intake, how)(
        by=house.manager, referral=referral, on=today(), reason="injoignable", comment="Refuse"
    )
