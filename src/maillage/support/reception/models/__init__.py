"""Who is helped, as one organisation of the support side knows them."""

from maillage.support.reception.models.barriers import (
    Barrier,
    ExceptionalAccess,
    NamedReader,
    Restriction,
)
from maillage.support.reception.models.beneficiaries import (
    Beneficiary,
    BeneficiaryQuerySet,
    NameKey,
    visible_files,
)
from maillage.support.reception.models.life import Contact, HouseholdMember, Need
from maillage.support.reception.models.plans import SafeContactPlan

__all__ = [
    "Barrier",
    "Beneficiary",
    "BeneficiaryQuerySet",
    "Contact",
    "ExceptionalAccess",
    "HouseholdMember",
    "NameKey",
    "NamedReader",
    "Need",
    "Restriction",
    "SafeContactPlan",
    "visible_files",
]
