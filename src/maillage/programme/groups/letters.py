"""What the letters of a group say of one person; nothing of anybody else."""

from collections.abc import Mapping

from django.utils import timezone

from maillage.core.calendar import hour, long_date
from maillage.programme.groups.certifying import verdict
from maillage.programme.groups.models import Attendance, Certificate, Enrolment, Group, hours
from maillage.programme.letters.models import Kind

OF_A_RUN = (Kind.CONVOCATION, Kind.REMINDER)
OF_A_PERSON = (Kind.CONVOCATION, Kind.REMINDER, Kind.WARNING, Kind.NOTICE)
_CIVIL = {"H": "Monsieur", "F": "Madame"}


def _day(day) -> str:
    """« 3 février 2026 »: without the day of the week."""
    return long_date(day).split(" ", 1)[1] if day else ""


def group_of(enrolment: Enrolment) -> Group | None:
    """The group that a letter speaks of: the present one, else the last one convened to."""
    if enrolment.group is not None:
        return enrolment.group
    last = enrolment.convocations.select_related("group__template__offer", "group__site").last()
    return last.group if last is not None else None


def recipient(enrolment: Enrolment) -> list[str]:
    person = enrolment.participant
    name = f"{person.first_name} {person.last_name.upper()}".strip()
    return [line for line in (name or person.reference, person.town) if line]


def recipient_of(enrolment: Enrolment, kind: str) -> list[str]:
    """The person, or whoever referred them for a notice."""
    if kind != Kind.NOTICE:
        return recipient(enrolment)
    referral = enrolment.referral
    lines = [str(referral.referrer) if referral.referrer else "", referral.referrer_contact]
    return [line for line in lines if line] or [referral.get_referrer_category_display()]


def context(
    enrolment: Enrolment, group: Group, certificate: Certificate | None = None
) -> Mapping[str, str]:
    person = enrolment.participant
    sessions = list(group.sessions.filter(is_cancelled=False))
    missed = (
        Attendance.objects.filter(enrolment=enrolment, is_present=False)
        .select_related("session")
        .order_by("-session__starts_at")
        .first()
    )
    judged = verdict(enrolment) if enrolment.group is not None else None
    price = group.template.prices.filter(
        legal_framework=enrolment.referral.legal_framework, cents__gt=0
    ).first()
    return {
        "prenom_nom": f"{person.first_name} {person.last_name.upper()}".strip() or person.reference,
        "civilite": _CIVIL.get(person.sex, "Madame, Monsieur"),
        "naissance": _day(person.birth_date) or "date inconnue",
        "intitule": group.template.offer.name,
        "seances": "\n".join(
            f"{one.when}, {one.length} (jusqu’à {hour(timezone.localtime(one.ends_at).time())})"
            for one in sessions
        ),
        "lieu": str(group.site),
        "prix": _price(price.cents) if price else "",
        "debut": _day(group.starts_on),
        "fin": _day(group.ends_on),
        "absence_le": _day(missed.session.day if missed else group.starts_on),
        "duree": hours(certificate.minutes if certificate else judged.minutes if judged else 0),
        "manque": " ; ".join(judged.missing) if judged else "",
        "numero": certificate.number if certificate else "",
        "code": certificate.code if certificate else "",
    }


def _price(cents: int) -> str:
    whole, rest = divmod(cents, 100)
    return f"Une participation de {whole}{f',{rest:02}' if rest else ''} € vous est demandée."
