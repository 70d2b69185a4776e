"""Participants are found by their names: digests are bound to one branch, so that those of two
branches cannot be compared."""

from datetime import date

from maillage.core import names
from maillage.core.names import SHOWN, Search, guess, sounds
from maillage.core.text import words
from maillage.core.vault import blind
from maillage.programme.intake.models import Participant, owner

__all__ = ["SHOWN", "digests", "guess", "index", "search"]

OWN_NAME = "own_name"  # the flag of a search that resembles the name of who asks
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


def index(participant: Participant) -> None:
    """Files a participant anew under their present name, birth date and telephone number."""
    wanted = digests(
        participant.organisation_id,
        participant.last_name,
        participant.first_name,
        participant.birth_date,
        participant.phone,
    )
    names.refile(participant.name_keys, wanted, participant=participant)


def _spelt(participant: Participant) -> set[str]:
    return names.spellings(participant.last_name, participant.first_name)


def digest_of_search(query: str, *, by) -> int:
    """By which the same words, asked again by the same person, are known again and nothing else."""
    asked = " ".join(sorted(words(query)))
    return blind(asked, f"search:{by.user.pk}", by.vault_owner)


def resembles(query: str, own_name: str) -> bool:
    """Whether a word that is searched sounds like one's own last name: « Prénom NOM », « NOM
    Prénom » where capitals tell it, else all words but the first."""
    typed = own_name.split()
    loud = [word for word in typed if len(word) > 1 and word.isupper()]
    last = loud if loud and len(loud) < len(typed) else typed[1:] or typed
    return bool(sounds(query) & sounds(" ".join(last)))


def search(query: str, *, by) -> list[Participant]:
    """Up to `SHOWN` + 1 visible participants whose name, birth date, telephone number or reference
    is meant."""
    visible = Participant.objects.visible_to(by).defer(*UNTOLD)
    return Search(visible, owner(by.organisation_id), _spelt).find(query)
