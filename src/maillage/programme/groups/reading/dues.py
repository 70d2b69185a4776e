"""What absences and limits ask of the branch: a warning to send, a notice to the referrer within
the delay of its agreement, an agreement to ask past six months (R80, R88, R153)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from maillage.core.calendar import age_of_thing, short_date
from maillage.network.models import Agreement
from maillage.programme.groups.models import Enrolment, EnrolmentStep
from maillage.programme.intake.models import Referral
from maillage.programme.letters.models import Kind, Letter

NOTICE_DAYS = (  # from which day on, and within how many days a referrer is told of an absence
    (date(2000, 1, 1), 15),
)
SOON = timedelta(days=5)
_AFTER_ABSENCE = ("absent", "to_convene", "convened", "confirmed")
_ANSWERED_BY = ("absent", "excused")  # a later absence speaks for the one before


@dataclass(frozen=True)
class Due:
    """One thing to do for one demand."""

    enrolment: Enrolment
    what: str
    title: str
    text: str
    by_when: date
    look: str

    @property
    def order(self) -> tuple:
        return (self.by_when, self.enrolment.pk, self.what)


def default_notice_days(on: date) -> int:
    return [days for since, days in NOTICE_DAYS if since <= on][-1]


def notice_days_of(organisation_id: int, on: date) -> dict[int, int]:
    """By referrer that has an agreement with the branch in force on a day; of two, the shorter."""
    asked = Agreement.objects.filter(
        Q(starts_on__isnull=True) | Q(starts_on__lte=on),
        Q(ends_on__isnull=True) | Q(ends_on__gte=on),
        Q(organisation=organisation_id) | Q(partner=organisation_id),
        notice_days__isnull=False,
    ).values_list("organisation_id", "partner_id", "notice_days")
    found: dict[int, int] = {}
    for organisation, partner, days in asked:
        other = partner if organisation == organisation_id else organisation
        found[other] = min(days or 0, found.get(other) or days or 0)
    return found


def missed(enrolments: QuerySet[Enrolment]) -> Any:
    """Those whose last absence nobody excused since, with its day, and whether the warning and the
    notice that answer it were sent."""
    absences = enrolments.filter(
        status__in=_AFTER_ABSENCE,
        steps__status=Enrolment.Status.ABSENT,
        steps__undoes__isnull=True,
        steps__undone_by__isnull=True,
    ).annotate(missed_step=F("steps__pk"), missed_on=F("steps__on"))
    later = EnrolmentStep.objects.standing().filter(
        enrolment=OuterRef("pk"), status__in=_ANSWERED_BY, pk__gt=OuterRef("missed_step")
    )
    letters = Letter.objects.filter(
        participant=OuterRef("participant"),
        about=OuterRef("uid"),
        sent_on__gte=OuterRef("missed_on"),
    )
    return absences.filter(~Exists(later)).annotate(
        is_warned=Exists(letters.filter(kind=Kind.WARNING)),
        is_told=Exists(letters.filter(kind=Kind.NOTICE)),
    )


def dues(
    by, *, only: Q | None = None, most: int | None = None, on: date | None = None
) -> list[Due]:
    """What there is to do for the demands one may see, the most pressing first; `most` of each."""
    day = on or timezone.localdate()
    mine = Enrolment.objects.visible_to(by).exclude(referral__status__in=Referral.ENDED)
    mine = mine.filter(only) if only is not None else mine
    found = [*_of_absences(mine, by.organisation_id, day, most), *_of_limits(mine, day, most)]
    return sorted(found, key=lambda due: due.order)


def _named(found: Any) -> Any:
    """What a line reads and the name of the person alone: each sealed column costs its opening."""
    told = ("uid", "kind", "status", "extension_asked_on", "extension_refused_on")
    referral = ("received_on", "due_on", "referrer_id")
    person = ("uid", "reference", "last_name", "first_name")
    return found.select_related("participant", "referral").only(
        *told, *(f"referral__{one}" for one in referral), *(f"participant__{one}" for one in person)
    )


def _of_absences(
    mine: QuerySet[Enrolment], branch: int, day: date, most: int | None
) -> Iterator[Due]:
    days = notice_days_of(branch, day)
    unanswered = missed(mine).exclude(is_told=True, is_warned=True).order_by("missed_on", "pk")
    for one in _named(unanswered)[:most]:
        when = f"absence du {short_date(one.missed_on)}"
        if one.status == Enrolment.Status.ABSENT and not one.is_warned:
            title = "Avertissement à envoyer"
            yield Due(one, "warning", title, when, one.missed_on, "soon")
        if not one.is_told:
            delay = days.get(one.referral.referrer_id, default_notice_days(one.missed_on))
            limit = one.missed_on + timedelta(days=delay)
            text = f"{when}, à signaler avant le {short_date(limit)}"
            yield Due(one, "notice", "Orienteur à aviser", text, limit, _look(limit, day))


def _of_limits(mine: Any, day: date, most: int | None) -> Iterator[Due]:
    late = mine.to_convene().past_limit(day).filter(extension_agreed_on__isnull=True)
    for one in _named(late.order_by("asked_on", "pk"))[:most]:
        limit = one.referral.wait_limit
        text = f"place due avant le {short_date(limit)}"
        if one.extension_refused_on:
            title = "Refus de l’orienteur\u00a0: suite à décider"
            yield Due(one, "refused", title, text, one.extension_refused_on, "late")
        elif one.extension_asked_on is None:
            yield Due(one, "agreement", "Accord de l’orienteur à demander", text, limit, "late")
        else:
            since = f"accord demandé {age_of_thing(one.extension_asked_on, day)}"
            title = "Réponse de l’orienteur attendue"
            yield Due(one, "answer", title, since, one.extension_asked_on, "info")


def _look(limit: date, day: date) -> str:
    if limit < day:
        return "late"
    return "soon" if limit - day <= SOON else "info"
