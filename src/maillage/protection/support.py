"""The files of the support side: when they are due, how one is erased, who reads what of it."""

from collections.abc import Callable
from datetime import date

from django.db.models import Max, Model, Q, QuerySet

from maillage.core.models import Draft
from maillage.network.roles import Permission, Side
from maillage.protection.records import Due, RecordType
from maillage.protection.rules import rule_for
from maillage.support.reception.access import traceable_files
from maillage.support.reception.actions import record_dispute
from maillage.support.reception.models import (
    Barrier,
    Beneficiary,
    Contact,
    ExceptionalAccess,
    HouseholdMember,
    NamedReader,
    NameKey,
    Need,
    Restriction,
    SafeContactPlan,
)

HELPED = "support_helped"


def _watched_by(by) -> QuerySet[Beneficiary]:
    return Beneficiary.objects.filter(traceable_files(by))


def _read_by(by) -> QuerySet[Beneficiary]:
    return Beneficiary.objects.visible_to(by)


def _due(*, by, today: date) -> list[Due]:
    """Files without any contact for the time of the rule, closed or not: what nobody closed is not
    kept for ever. A plan gone over with the person is a contact; a try in vain is none."""
    rule = rule_for(HELPED, today)
    limit = rule.latest_trigger(today)
    silent = _watched_by(by).filter(last_contact_on__lte=limit)
    known = silent.values_list("uid", "reference", "last_contact_on")
    found = known.annotate(reviewed=Max("plans__reviewed_on"))
    quiet = found.filter(Q(reviewed__isnull=True) | Q(reviewed__lte=limit))
    dues = [
        Due(uid, reference, rule, max(last, reviewed or last))
        for uid, reference, last, reviewed in quiet
    ]
    return sorted(dues, key=lambda one: (one.last_event_on, one.uid))


def _erase(file: Model) -> None:
    """Deletes every row that tells of the person; no figure stands on them."""
    assert isinstance(file, Beneficiary)
    Draft.objects.filter(form__endswith=f":{file.uid}").delete()
    file.delete()


def _reader_of(by, file: Model) -> Callable[[Model], bool]:
    """Whoever reads the file reads all of it: nothing in it is clinical."""
    reads = by.holds(Permission.BENEFICIARY_READ)
    return lambda row: reads


def _source_of(row: Model) -> str:
    return "professional"


def _annotate(*, by, file: Model, text: str) -> None:
    assert isinstance(file, Beneficiary)
    record_dispute(
        by=by,
        beneficiary=file,
        text=f"La personne conteste ce qui est écrit\u00a0: {text}",
    )


FILES = RecordType(
    side=Side.SUPPORT,
    label="Dossiers de l’aide aux victimes et aux familles",
    root=Beneficiary,
    paths={
        Beneficiary: "pk",
        NameKey: "beneficiary",
        HouseholdMember: "beneficiary",
        Need: "beneficiary",
        Contact: "beneficiary",
        SafeContactPlan: "beneficiary",
        Barrier: "file",
        Restriction: "file",
        NamedReader: "restriction__file",
        ExceptionalAccess: "file",
    },
    titles={
        Beneficiary: "Identité et accueil",
        HouseholdMember: "Foyer",
        Need: "Besoins",
        Contact: "Contacts",
        SafeContactPlan: "Plans de contact sûr",
        Barrier: "Personnes écartées du dossier",
        Restriction: "Restrictions du dossier",
        ExceptionalAccess: "Accès exceptionnels",
    },
    rules=(HELPED,),
    erased="L’identité, le foyer, les besoins, les plans de contact sûr, les contacts, les"
    " brouillons et les demandes de ces personnes",
    has_figures=False,
    watched_by=_watched_by,
    read_by=_read_by,
    due=_due,
    erase=_erase,
    reader_of=_reader_of,
    source_of=_source_of,
    annotate=_annotate,
)
