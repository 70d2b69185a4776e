"""Beneficiaries are found by their names, in one organisation: digests are bound to it and to this
side, so that those of a person known on both sides cannot be compared."""

from dataclasses import dataclass
from datetime import date

from maillage.core import names
from maillage.core.likeness import LIKELY, likeness
from maillage.core.names import SHOWN, Search, guess, resembling
from maillage.core.vault import Owner
from maillage.network.roles import Side
from maillage.support.reception.models import Beneficiary, NameKey
from maillage.support.reception.models.beneficiaries import UNLISTED

__all__ = ["SHOWN", "Likeness", "guess", "index", "probable_duplicates", "search"]

MOST, COMPARED = 10, 300


def _owner(organisation_id: int) -> Owner:
    return organisation_id, Side.SUPPORT.value


def index(beneficiary: Beneficiary) -> None:
    """Files somebody anew under their present name, alias and birth date."""
    wanted = names.digests(
        _owner(beneficiary.organisation_id),
        beneficiary.last_name,
        beneficiary.first_name,
        beneficiary.birth_date,
        alias=beneficiary.alias,
    )
    of = {"beneficiary": beneficiary, "organisation_id": beneficiary.organisation_id}
    names.refile(beneficiary.name_keys, wanted, **of)


def _spelt(beneficiary: Beneficiary) -> set[str]:
    named = names.spellings(beneficiary.last_name, beneficiary.first_name)
    return named | names.spellings(beneficiary.alias, "")


def search(query: str, *, by) -> list[Beneficiary]:
    """Up to `SHOWN` + 1 visible beneficiaries whose name, alias, birth date or reference is
    meant."""
    visible = Beneficiary.objects.visible_to(by).for_list()
    return Search(visible, _owner(by.organisation_id), _spelt).find(query)


@dataclass(frozen=True)
class Likeness:
    """A beneficiary who may be the person being registered, and why one may think so."""

    beneficiary: Beneficiary
    score: int
    reasons: tuple[str, ...]


def probable_duplicates(
    *, by, last_name: str, first_name: str, birth_date: date | None
) -> list[Likeness]:
    """Visible beneficiaries who may be the same person, likeliest first, own organisation only."""
    typed = (last_name, first_name, birth_date)
    keys = NameKey.objects.filter(organisation_id=by.organisation_id)
    near = resembling(keys, "beneficiary", _owner(by.organisation_id), *typed)
    found = Beneficiary.objects.visible_to(by).filter(pk__in=near).defer(*UNLISTED)
    likely = (
        Likeness(b, *likeness((b.last_name, b.first_name), b.birth_date, *typed))
        for b in found.order_by("-pk")[:COMPARED]
    )
    return sorted(
        (each for each in likely if each.score >= LIKELY),
        key=lambda each: (-each.score, -each.beneficiary.pk),
    )[:MOST]
