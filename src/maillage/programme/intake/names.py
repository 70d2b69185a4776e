"""Participants are found by their names: digests are bound to one branch, so that those of two
branches cannot be compared."""

from datetime import date

from maillage.core import names
from maillage.core.names import SHOWN, Search, guess
from maillage.programme.intake.models import Participant, owner

__all__ = ["SHOWN", "digests", "guess", "index", "search"]

UNTOLD = ("town", "phone", "email", "language")  # sealed, and not told of whoever is found


def digests(
    organisation_id: int,
    last_name: str,
    first_name: str,
    birth_date: date | None,
    phone: str = "",
) -> set[int]:
    """Every blind index under which one participant is filed."""
    return names.digests(owner(organisation_id), last_name, first_name, birth_date, phone)


def index(participant: Participant, *, is_new: bool = False) -> None:
    """Files a participant anew under their present name, birth date and telephone number."""
    wanted = digests(
        participant.organisation_id,
        participant.last_name,
        participant.first_name,
        participant.birth_date,
        participant.phone,
    )
    keep = names.file if is_new else names.refile
    keep(participant.name_keys, wanted, participant=participant)


def _spelt(participant: Participant) -> set[str]:
    return names.spellings(participant.last_name, participant.first_name)


def search(query: str, *, by) -> list[Participant]:
    """Up to `SHOWN` + 1 visible participants whose name, birth date, telephone number or reference
    is meant."""
    visible = Participant.objects.visible_to(by).defer(*UNTOLD)
    return Search(visible, owner(by.organisation_id), _spelt).find(query)
