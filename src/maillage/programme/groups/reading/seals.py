"""What anybody may ask: whether the code on a paper is that of a document in force."""

from maillage.programme.groups.actions.certificates import digest_of
from maillage.programme.groups.models import Seal


def is_valid(code: str) -> bool:
    """Of a code as it is typed; it says nothing of whose, nor of when, nor of where."""
    return Seal.objects.filter(digest=digest_of(code), is_valid=True).exists()
