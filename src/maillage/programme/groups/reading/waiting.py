"""Who waits for a group of one nature, in the order in which places are owed."""

from typing import Any

from django.db.models import Count

from maillage.core.forms import show_phone
from maillage.programme.groups.models import Enrolment, EnrolmentQuerySet
from maillage.programme.groups.reading.chances import counted

HEADERS = [
    *("Rang", "Dossier", "Nom", "Prénom", "Date de naissance", "Âge", "Téléphone", "Lieu"),
    *("Nature", "Demandé le", "Limite", "Limite dépassée", "Renvoi par la justice", "Urgente"),
    *("État", "Pas avant le", "Reports", "Absences", "Accord demandé le", "Accord reçu le"),
]


def waiting(by, kind: str) -> EnrolmentQuerySet:
    return Enrolment.objects.visible_to(by).to_convene().filter(kind=kind).in_order()


def with_counts(enrolments: EnrolmentQuerySet) -> EnrolmentQuerySet:
    """Adds how often each was postponed and absent, and all that a row reads."""
    return (
        enrolments.select_related("participant", "referral__site")
        .annotate(n_postponed=Count("steps", counted("postponed"), distinct=True))
        .annotate(n_absent=Count("steps", counted("absent"), distinct=True))
    )


def ranks(by, kind: str) -> dict[int, int]:
    """The rank of each, whatever the list is narrowed to."""
    return {pk: rank for rank, pk in enumerate(waiting(by, kind).values_list("pk", flat=True), 1)}


def cells(one: Any, rank: int) -> list[Any]:
    """A row of the file, read with `with_counts`."""
    person, referral = one.participant, one.referral
    return [
        rank,
        person.reference,
        person.last_name,
        person.first_name,
        person.birth_date or "inconnue",
        person.age(),
        show_phone(person.phone),
        str(referral.site or ""),
        one.get_kind_display(),
        one.asked_on,
        referral.wait_limit,
        one.is_past_limit(),
        one.is_returned_by_court,
        referral.is_urgent,
        one.get_status_display(),
        one.not_before,
        one.n_postponed,
        one.n_absent,
        one.extension_asked_on,
        one.extension_agreed_on,
    ]
