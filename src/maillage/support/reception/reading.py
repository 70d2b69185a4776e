"""What the pages of this room tell, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from maillage.core.calendar import add_months
from maillage.support.reception.models import (
    Beneficiary,
    Contact,
    HouseholdMember,
    Need,
    SafeContactPlan,
)
from maillage.support.reception.models.plans import REVIEW_AFTER_MONTHS

CONTACTS_A_PAGE, SHOWN = 30, 12
HEADERS = [
    *("Dossier", "Nom", "Prénom", "Nom d’usage", "Âge", "Lieu", "Coordination"),
    *("Premier contact", "Dernier contact", "État"),
]


@dataclass(frozen=True)
class FilePage:
    """One person on one page; `plan` says first how they may be reached."""

    beneficiary: Beneficiary
    plan: SafeContactPlan
    needs: list[Need]
    past_needs: list[Need]
    household: list[HouseholdMember]
    contacts: Page


def plan_of(beneficiary: Beneficiary) -> SafeContactPlan:
    """The plan in force; every file has one from its first day."""
    return beneficiary.plans.select_related("by").get(superseded_at=None)


def read_file(beneficiary: Beneficiary, page: str | None) -> FilePage:
    needs = list(beneficiary.needs.all())
    contacts = beneficiary.contacts.select_related("by")
    return FilePage(
        beneficiary,
        plan_of(beneficiary),
        [need for need in needs if need.ended_on is None],
        [need for need in needs if need.ended_on is not None],
        list(beneficiary.household.filter(removed_at=None)),
        Paginator(contacts, CONTACTS_A_PAGE).get_page(page),
    )


def state(beneficiary: Beneficiary) -> tuple[str, str]:
    """The word of a row and its look."""
    if not beneficiary.is_open:
        return "Clos", ""
    return ("Sans nouvelles", "late") if beneficiary.is_silent() else ("En cours", "done")


def cells(beneficiary: Beneficiary) -> list[Any]:
    """One row of the list that leaves: no address, no number, nothing of the plan."""
    return [
        beneficiary.reference,
        beneficiary.last_name.upper(),
        beneficiary.first_name,
        beneficiary.alias,
        beneficiary.age(),
        str(beneficiary.site or ""),
        beneficiary.coordinator.name if beneficiary.coordinator else "",
        beneficiary.first_contact_on,
        beneficiary.last_contact_on,
        state(beneficiary)[0],
    ]


@dataclass(frozen=True)
class Some:
    items: list[Any]
    count: int

    @classmethod
    def of(cls, found: QuerySet) -> "Some":
        items = list(found[: SHOWN + 1])
        return cls(items[:SHOWN], len(items) if len(items) <= SHOWN else found.count())


@dataclass(frozen=True)
class Desk:
    """What the day asks for on this side."""

    day: date
    silent: Some
    stale: Some
    unassigned: Some
    tried: Some

    @property
    def pieces(self) -> tuple[Some, ...]:
        return self.tried, self.silent, self.stale, self.unassigned

    @property
    def names(self) -> int:
        return sum(len(each.items) for each in self.pieces)


def read_desk(by) -> Desk:
    """Whom to call, whose plan to go over again, who has nobody yet."""
    today = timezone.localdate()
    told = ("uid", "reference", "last_name", "first_name", "alias", "last_contact_on")
    people = Beneficiary.objects.visible_to(by).open()
    named = people.only(*told, "first_contact_on")
    limit = add_months(today, -REVIEW_AFTER_MONTHS)
    stale = SafeContactPlan.objects.filter(
        beneficiary=OuterRef("pk"), superseded_at=None, reviewed_on__lt=limit
    )
    return Desk(
        today,
        Some.of(named.silent(today).order_by("last_contact_on", "pk")),
        Some.of(named.filter(Exists(stale)).order_by("last_contact_on", "pk")),
        Some.of(named.filter(coordinator=None).order_by("first_contact_on", "pk")),
        Some.of(_tried(named)),
    )


def _tried(people: QuerySet) -> QuerySet:
    """Those whom somebody tried to reach in vain since the last exchange."""
    in_vain = Contact.objects.filter(
        beneficiary=OuterRef("pk"), was_reached=False, on__gte=OuterRef("last_contact_on")
    )
    return people.filter(Exists(in_vain)).order_by("last_contact_on", "pk")
